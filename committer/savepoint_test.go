package committer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// put writes one row to both stores.
func (w *world) put(id string) {
	w.t.Helper()
	w.must("Put", errors.Join(w.accounts.Put(account{ID: id}), w.savings.Put(account{ID: id})), nil)
}

// wantRows fails the test unless the session sees exactly the rows with these IDs
// in both stores.
func (w *world) wantRows(want string) {
	w.t.Helper()
	for name, s := range map[string]*accountStore{"accounts": w.accounts, "savings": w.savings} {
		var ids []string
		for id := range s.All() {
			ids = append(ids, id)
		}
		if got := strings.Join(ids, " "); got != want {
			w.t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

func (w *world) savepoint() committer.Savepoint {
	w.t.Helper()
	sp, err := w.m.Savepoint(w.t.Context())
	w.must("Savepoint", err, nil)
	return sp
}

// emptySession returns a world in its first session, without changes.
func emptySession(t testing.TB) *world {
	w := newWorld(t, setup{kv: kvtest.All})
	w.must("Begin", w.m.Begin(t.Context(), []byte(current)), nil)
	return w
}

func TestTryKeepsOrRollsBack(t *testing.T) {
	w := emptySession(t)
	w.put("a")
	w.must("Try", w.m.Try(t.Context(), func(context.Context) error {
		w.put("b")
		err := w.m.Try(t.Context(), func(context.Context) error {
			w.put("c")
			w.must("Try", w.m.Try(t.Context(), func(context.Context) error { w.put("d"); return nil }), nil)
			if _, err := w.savings.Delete("a"); err != nil {
				return err
			}
			return errBank
		})
		wantError(t, "the failing Try", err, errBank)
		w.wantRows("a b")
		w.put("e")
		return nil
	}), nil)
	w.wantRows("a b e")
	w.commit(current)
	w.wantRows("a b e")
}

func TestTryRollsBackWhateverEndsIt(t *testing.T) {
	for name, end := range map[string]func(){
		"panic":  func() { panic(errBank) },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			w := emptySession(t)
			w.put("a")
			var recovered any
			var wg sync.WaitGroup
			wg.Add(1)
			go func() { // a session may move to another goroutine
				defer wg.Done()
				defer func() { recovered = recover() }()
				_ = w.m.Try(t.Context(), func(context.Context) error {
					return w.m.Try(t.Context(), func(context.Context) error { w.put("b"); end(); return nil })
				})
				t.Error("Try returned")
			}()
			wg.Wait()
			if name == "panic" && recovered != error(errBank) {
				t.Errorf("the panic became %v", recovered)
			}
			w.wantRows("a")
			w.commit(current)
		})
	}
}

// Try rolls back even after its context has ended.
func TestTryRollsBackAfterItsContextHasEnded(t *testing.T) {
	w := emptySession(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := w.m.Try(ctx, func(context.Context) error { w.put("a"); cancel(); return ctx.Err() })
	wantError(t, "Try", err, context.Canceled)
	w.wantRows("")
	w.commit(current)
}

func TestSavepoints(t *testing.T) {
	w := emptySession(t)
	ended := func(name string, sp committer.Savepoint) {
		t.Helper()
		wantError(t, "Rollback to "+name, sp.Rollback(t.Context()), committer.ErrNoSavepoint)
		wantError(t, "Release of "+name, sp.Release(t.Context()), committer.ErrNoSavepoint)
	}
	w.put("a")
	outer := w.savepoint()
	w.put("b")
	middle := w.savepoint()
	w.put("c")
	inner := w.savepoint()
	w.put("d")

	// Rollback ends the savepoints made later, but not its own.
	for range 2 {
		w.must("Rollback", middle.Rollback(t.Context()), nil)
		w.wantRows("a b")
		ended("inner", inner)
		w.put("e")
	}
	w.wantRows("a b e")

	// Release keeps the changes. It ends its own savepoint and the later ones.
	later := w.savepoint()
	w.put("f")
	w.must("Release", middle.Release(t.Context()), nil)
	w.wantRows("a b e f")
	ended("middle", middle)
	ended("later", later)

	// The outer savepoint also rolls back changes that were released.
	w.must("Rollback", outer.Rollback(t.Context()), nil)
	w.wantRows("a")
	w.put("g")

	// Staging or ending the session ends all its savepoints.
	last := w.savepoint()
	w.stage()
	ended("outer", outer)
	ended("last", last)
	w.commit(current)
	ended("outer", outer)
	w.wantRows("a g")

	w.must("Begin", w.m.Begin(t.Context(), []byte(unused)), nil)
	ended("one of an earlier session", last)
	cancelled := w.savepoint()
	w.must("Cancel", w.m.Cancel(t.Context()), nil)
	w.must("Begin", w.m.Begin(t.Context(), []byte(unused)), nil)
	ended("one of a cancelled session", cancelled)
	w.commit(unused)
}

func TestErrNoSavepointNamesTheCommittable(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All, external: true})
	w.must("Begin", w.m.Begin(t.Context(), []byte(current)), nil)
	_, err := w.m.Savepoint(t.Context())
	wantError(t, "Savepoint", err, committer.ErrNoSavepoint)
	if !strings.Contains(fmt.Sprint(err), `"bank"`) {
		t.Errorf("the error does not name the committable: %v", err)
	}
	err = w.m.Try(t.Context(), func(context.Context) error { t.Error("Try ran without a savepoint"); return nil })
	wantError(t, "Try", err, committer.ErrNoSavepoint)
	w.must("write", w.write(current), nil)
	w.commit(current) // the session is still usable
}

func TestFailingRollbackLeavesOnlyCancel(t *testing.T) {
	for name, roll := range map[string]func(w *world) error{
		"Rollback": func(w *world) error { return w.savepoint().Rollback(w.t.Context()) },
		"Try": func(w *world) error {
			return w.m.Try(w.t.Context(), func(context.Context) error { w.put("c"); return errors.New("undo") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, setup{kv: kvtest.All})
			brittle := &brittleSavepoints{accountStore: newAccountStore()}
			w.reopenWith("brittle", brittle)
			w.must("Begin", w.m.Begin(t.Context(), []byte(current)), nil)
			w.put("a")
			brittle.fail = errBank
			err := roll(w)
			wantError(t, "Rollback", err, errBank)
			if !strings.Contains(fmt.Sprint(err), `"brittle"`) {
				t.Errorf("the error does not name the committable: %v", err)
			}
			brittle.fail = nil

			_, err = w.m.Commit(t.Context(), []byte(current))
			wantError(t, "Commit", err, errBank)
			_, err = w.m.Stage(t.Context(), []byte(current))
			wantError(t, "Stage", err, errBank)
			if _, err := w.m.Savepoint(t.Context()); err == nil {
				t.Error("the broken session makes savepoints")
			}
			if err := w.m.Try(t.Context(), func(context.Context) error { return nil }); err == nil {
				t.Error("the broken session tries")
			}
			w.must("Cancel", w.m.Cancel(t.Context()), nil)
			w.wantRows("")
			w.must("Begin", w.m.Begin(t.Context(), []byte(unused)), nil)
			w.put("a")
			w.commit(unused)
			w.wantRows("a")
		})
	}
}

// tryTree is a random tree of nested Try calls and writes.
type tryTree struct {
	steps []change
	fails bool
}

// change is a nested Try, a put or a delete.
type change struct {
	try   *tryTree
	store int
	row   account
	del   bool
}

func drawTree(t *rapid.T, depth int) *tryTree {
	n := rapid.IntRange(0, 4).Draw(t, "steps")
	made := &tryTree{fails: depth > 0 && rapid.Bool().Draw(t, "fails")}
	for range n {
		if depth < 4 && rapid.Bool().Draw(t, "nested") {
			made.steps = append(made.steps, change{try: drawTree(t, depth+1)})
			continue
		}
		made.steps = append(made.steps, change{
			store: rapid.IntRange(0, 1).Draw(t, "store"),
			row:   account{ID: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id"), Owner: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "owner")},
			del:   rapid.IntRange(0, 2).Draw(t, "delete") == 0,
		})
	}
	return made
}

// model represents two stores as maps.
type model [2]map[string]account

func (m model) clone() model { return model{maps.Clone(m[0]), maps.Clone(m[1])} }

// play applies the tree to a model and appends the surviving writes to writes.
func (tr *tryTree) play(m model, writes *[]change) model {
	after, kept := m.clone(), len(*writes)
	for _, s := range tr.steps {
		switch {
		case s.try != nil:
			after = s.try.play(after, writes)
		case s.del:
			delete(after[s.store], s.row.ID)
			*writes = append(*writes, s)
		default:
			after[s.store][s.row.ID] = s.row
			*writes = append(*writes, s)
		}
	}
	if tr.fails {
		*writes = (*writes)[:kept]
		return m
	}
	return after
}

// run applies the tree in the open session of a MultiCommitter.
func (tr *tryTree) run(ctx context.Context, m *committer.MultiCommitter, stores [2]*accountStore) error {
	for _, s := range tr.steps {
		var err error
		if s.try != nil {
			if err = m.Try(ctx, func(ctx context.Context) error { return s.try.run(ctx, m, stores) }); errors.Is(err, errBank) {
				err = nil
			}
		} else {
			err = s.write(stores)
		}
		if err != nil {
			return err
		}
	}
	if tr.fails {
		return errBank
	}
	return nil
}

func (s change) write(stores [2]*accountStore) error {
	if s.del {
		_, err := stores[s.store].Delete(s.row.ID)
		return err
	}
	return stores[s.store].Put(s.row)
}

// A random tree of Try calls leaves the rows of the model. Its commit ID equals
// that of a session with only the surviving writes.
func TestRandomTries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newSession := func() (*committer.MultiCommitter, [2]*accountStore) {
			stores := [2]*accountStore{newAccountStore(), newAccountStore()}
			return committer.NewCommitter(memkv.New(), members("0", stores[0], "1", stores[1])), stores
		}
		tried, triedStores := newSession()
		plain, plainStores := newSession()
		want := model{{}, {}}
		for i := range rapid.IntRange(1, 3).Draw(t, "sessions") {
			tree := drawTree(t, 0)
			var writes []change
			want = tree.play(want, &writes)
			key := fmt.Append(nil, "session-", i)
			got, _, err := tried.Do(t.Context(), key, func(ctx context.Context) error { return tree.run(ctx, tried, triedStores) })
			if err != nil {
				t.Fatal(err)
			}
			only, _, err := plain.Do(t.Context(), key, func(context.Context) error {
				for _, w := range writes {
					if err := w.write(plainStores); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != only.ID {
				t.Fatalf("session %d has ID %v, with the surviving writes only it is %v", i, got.ID, only.ID)
			}
			for j, s := range triedStores {
				rows := maps.Collect(s.All())
				if !maps.Equal(rows, want[j]) {
					t.Fatalf("session %d, store %d: %v, want %v", i, j, rows, want[j])
				}
				byOwner := slices.Sorted(func(yield func(string) bool) {
					for id := range s.IndexPrefix(0, nil) {
						if !yield(id) {
							return
						}
					}
				})
				if !slices.Equal(byOwner, slices.Sorted(maps.Keys(want[j]))) {
					t.Fatalf("session %d, store %d: the index has %v, want the keys of %v", i, j, byOwner, want[j])
				}
			}
		}
	})
}

// savepointContexts is a store that records the session in the context of each
// Savepoint.
type savepointContexts struct {
	*accountStore
	seqs *[]uint64
}

func (s savepointContexts) Savepoint(ctx context.Context) (committer.Savepoint, error) {
	of, _ := committer.SessionFromContext(ctx)
	*s.seqs = append(*s.seqs, of.Seq)
	return s.accountStore.Savepoint(ctx)
}

// The committables and Try's function get the context of the open session, even
// if the caller passes the context of an older session or of no session.
func TestContextOfSavepointsAndTry(t *testing.T) {
	var inSavepoint, inTry []uint64
	m := committer.NewCommitter(memkv.New(), members("accounts", savepointContexts{newAccountStore(), &inSavepoint}))
	older := t.Context()
	for _, key := range []string{"1", "2"} {
		_, _, err := m.Do(t.Context(), []byte(key), func(ctx context.Context) error {
			note := func(ctx context.Context) error {
				s, ok := committer.SessionFromContext(ctx)
				if !ok || string(s.Key) != key {
					t.Errorf("in session %s, the context of Try has session %v, %v", key, s, ok)
				}
				inTry = append(inTry, s.Seq)
				return nil
			}
			err := errors.Join(m.Try(older, note), m.Try(ctx, note), m.Try(t.Context(), note))
			older = ctx
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []uint64{0, 0, 0, 1, 1, 1}
	if !slices.Equal(inSavepoint, want) || !slices.Equal(inTry, want) {
		t.Errorf("savepoints were made in sessions %d and Try ran in sessions %d, want %d", inSavepoint, inTry, want)
	}
}
