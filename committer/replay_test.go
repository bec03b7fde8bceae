package committer_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// afterLast runs a test in two worlds: directly after the last session, and after
// reopening.
func afterLast(t *testing.T, s setup, test func(t *testing.T, w *world)) {
	for _, kind := range kvKinds() {
		s.kv = kind
		t.Run(kind.String(), func(t *testing.T) { test(t, loadedWorld(t, s, older, last)) })
		t.Run(kind.String()+", reopened", func(t *testing.T) {
			w := loadedWorld(t, s, older, last)
			w.reopen()
			w.load()
			test(t, w)
		})
	}
}

func TestReplayOfTheLastSessionWritesNothing(t *testing.T) {
	for name, external := range map[string]bool{"stores": false, "externals": true} {
		t.Run(name, func(t *testing.T) {
			afterLast(t, setup{external: external}, func(t *testing.T, w *world) {
				want := runAll(t, external, []string{older, last})
				calls := w.fault.Calls()
				for range 3 {
					if id := w.run(last); !bytes.Equal(id, want.ids[last]) {
						t.Errorf("the replay has ID %x, the session had %x", id, want.ids[last])
					}
				}
				if made := w.fault.Log()[calls:]; len(made) > 0 {
					t.Errorf("the replays made calls of the KV: %v", made)
				}
				if external && w.db.commits() != 2 {
					t.Errorf("the external has committed %d sessions, want 2", w.db.commits())
				}
				w.checkLoaded([]string{older, last})
			})
		})
	}
}

// A replay can be cancelled. A new session can begin instead.
func TestReplayCanBeCancelled(t *testing.T) {
	afterLast(t, setup{external: true}, func(t *testing.T, w *world) {
		w.begin(last)
		w.must("Cancel", w.m.Cancel(t.Context()), nil)
		w.checkLoaded([]string{older, last})
	})
}

func encodedRow(a account) []byte {
	def := accountDefinition()
	return def.AppendRow(nil, &a)
}

func encodedKey(id string) []byte { return codec.AppendKeyString(nil, id) }

// counterAfterTwo is the row counter after two sessions.
var counterAfterTwo = account{ID: "counter", Owner: last, Balance: 2}

func TestReplayThatDiverges(t *testing.T) {
	for name, c := range map[string]struct {
		write func(w *world) error
		want  committer.DivergenceError
	}{
		"another value": {
			func(w *world) error {
				return errors.Join(w.write(last), w.accounts.Put(account{ID: "counter", Balance: 7}))
			},
			committer.DivergenceError{Store: "accounts", Key: encodedKey("counter"), Recorded: encodedRow(counterAfterTwo), Replayed: encodedRow(account{ID: "counter", Balance: 7})},
		},
		"a delete for a put": {
			func(w *world) error {
				_, err := w.accounts.Delete("counter")
				return errors.Join(w.accounts.Put(account{ID: last, Balance: 2}), err, w.writeSavings())
			},
			committer.DivergenceError{Store: "accounts", Key: encodedKey("counter"), Recorded: encodedRow(counterAfterTwo)},
		},
		"a change less": {
			func(w *world) error {
				return errors.Join(w.accounts.Put(account{ID: last, Balance: 2}), w.writeSavings())
			},
			committer.DivergenceError{Store: "accounts", Key: encodedKey("counter"), Recorded: encodedRow(counterAfterTwo)},
		},
		"a put for a delete": {
			func(w *world) error {
				return errors.Join(w.write(last), w.savings.Put(account{ID: "opening", Balance: 1}))
			},
			committer.DivergenceError{Store: "savings", Key: encodedKey("opening"), Replayed: encodedRow(account{ID: "opening", Balance: 1})},
		},
		"a change more": {
			func(w *world) error { return errors.Join(w.write(last), w.savings.Put(account{ID: "more"})) },
			committer.DivergenceError{Store: "savings", Key: encodedKey("more"), Replayed: encodedRow(account{ID: "more"})},
		},
	} {
		t.Run(name, func(t *testing.T) {
			afterLast(t, setup{}, func(t *testing.T, w *world) {
				w.must("Begin", w.m.Begin(t.Context(), []byte(last)), nil)
				w.must("write", c.write(w), nil)
				for range 2 {
					_, err := w.m.Commit(t.Context(), []byte(last))
					wantError(t, "Commit", err, committer.ErrDivergence)
					var diverged *committer.DivergenceError
					if !errors.As(err, &diverged) {
						t.Fatalf("%v, want a DivergenceError", err)
					}
					if diff := cmp.Diff(c.want, *diverged); diff != "" {
						t.Errorf("DivergenceError (-want +got):\n%s", diff)
					}
				}
				w.must("Cancel", w.m.Cancel(t.Context()), nil)
				w.run(last) // a replay with the original code still succeeds
				w.checkLoaded([]string{older, last})
			})
		})
	}
}

// writeSavings is the part of write that concerns savings.
func (w *world) writeSavings() error {
	if _, err := w.savings.Delete("opening"); err != nil {
		return err
	}
	return w.savings.Put(account{ID: "newest", Owner: last, Sequence: 2})
}

// The error uses the name that the store is registered under, not the store's own.
func TestDivergenceNamesTheStoreAsRegistered(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All})
	w.load()
	w.run(last)
	w.begin(last)
	w.must("Put", w.savings.Put(account{ID: "more"}), nil)
	_, err := w.m.Stage(t.Context(), []byte(last))
	var diverged *committer.DivergenceError
	if !errors.As(err, &diverged) || diverged.Store != "savings" || w.savings.Name() != "accounts" {
		t.Errorf("%v of the store %s, want a DivergenceError of savings", err, w.savings.Name())
	}
}

func TestReplayOfAnExternalThatDiverges(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All})
	outside := &spy{id: []byte("first")}
	w.reopenWith("outside", outside)
	w.run(older)
	w.run(last)
	outside.taken()

	w.begin(last)
	outside.id = []byte("second")
	_, err := w.m.Commit(t.Context(), []byte(last))
	var diverged *committer.DivergenceError
	if !errors.As(err, &diverged) {
		t.Fatalf("%v, want a DivergenceError", err)
	}
	want := committer.DivergenceError{Store: "outside", Recorded: []byte("first"), Replayed: []byte("second")}
	if diff := cmp.Diff(want, *diverged); diff != "" {
		t.Errorf("DivergenceError (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"BeginRecovery last", "Commit last", "Cancel"}, outside.taken()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if s, _, _ := w.m.Last(); string(s.Key) != last || string(s.Parts[1].ID) != "first" {
		t.Errorf("the last session became %v", s)
	}
	outside.id = []byte("first")
	w.run(last)
	w.run(current)
}

// When the replay of a decided session diverges, the external does not commit.
func TestReplayOfADecidedSessionThatDiverges(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
	w.decide()
	commits := w.db.commits()
	w.begin(current)
	w.must("Put", w.savings.Put(account{ID: "more"}), nil)
	_, err := w.m.Commit(t.Context(), []byte(current))
	wantError(t, "Commit", err, committer.ErrDivergence)
	if w.db.commits() != commits {
		t.Error("the external has committed a session that differs from its record")
	}
	w.must("Cancel", w.m.Cancel(t.Context()), nil)
	w.check(situation{phase: atDecided, history: []string{older, last}, key: current})
}

// Do of a decided session cancels a replay that diverges.
func TestDoOfADecidedSessionThatDiverges(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
	w.decide()
	_, ran, err := w.m.Do(t.Context(), []byte(current), func(context.Context) error { return w.write(unused) })
	wantError(t, "Do", err, committer.ErrDivergence)
	if !ran {
		t.Error("Do did not run")
	}
	w.check(situation{phase: atDecided, history: []string{older, last}, key: current})
}

func TestReplayLeavesOutStoresRegisteredLater(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	late, outside := newAccountStore(), &spy{}
	w.must("Register", w.m.Register("late", late), nil)
	w.must("Register", w.m.Register("outside", outside), nil)
	want := runAll(t, false, []string{older, last}).ids[last]

	w.begin(last)
	wantError(t, "a write to the late store", late.Put(account{ID: "a"}), committable.ErrNotInSession)
	if id := w.commit(last); !bytes.Equal(id, want) {
		t.Errorf("the replay has ID %x, the session had %x", id, want)
	}
	if calls := outside.taken(); len(calls) > 0 {
		t.Errorf("the late external was asked to %v", calls)
	}

	// They take part in the next session.
	w.begin(current)
	w.must("a write to the late store", late.Put(account{ID: "a"}), nil)
	w.commit(current)
	if diff := cmp.Diff([]string{"Begin current", "Commit current"}, outside.taken()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestBeginOfAnOlderKeyReturnsItsSession(t *testing.T) {
	afterLast(t, setup{external: true}, func(t *testing.T, w *world) {
		var already *committer.AlreadyCommittedError
		if err := w.m.Begin(t.Context(), []byte(older)); !errors.As(err, &already) {
			t.Fatalf("%v, want an AlreadyCommittedError", err)
		}
		want, _, _ := w.m.Lookup([]byte(older))
		if diff := cmp.Diff(want, already.Session); diff != "" || want.ID.IsZero() || len(want.Parts) != 3 {
			t.Errorf("the session (-Lookup +error):\n%s", diff)
		}
		w.checkLoaded([]string{older, last})
	})
}

// A session left open by a crash runs again. Its code may have changed.
func TestSessionLeftOpenMayDoSomethingElse(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
	w.begin(current)
	w.reopen()
	s, ran, err := w.m.Do(t.Context(), []byte(current), func(context.Context) error { return nil })
	if err != nil || !ran || s.Seq != 2 {
		t.Errorf("Do: %v, ran %v, %v", s, ran, err)
	}
	if got, want := w.committed(), runAll(t, true, []string{older, last}).committed; got != want {
		t.Errorf("committed rows:\n%swant:\n%s", got, want)
	}
}
