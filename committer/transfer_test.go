package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
	"github.com/gencommittable/gencommittable/merkle"
)

// After an export and import, the state is the same, and so are later commit IDs.
func TestExportImport(t *testing.T) {
	keys := []string{older, last, current}
	from := loadedWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{committer.WithHistory(2)}}, keys...)
	var stream, again bytes.Buffer
	from.must("Export", from.m.Export(t.Context(), &stream), nil)
	from.must("Export", from.m.Export(t.Context(), &again), nil)
	if !bytes.Equal(stream.Bytes(), again.Bytes()) {
		t.Error("two exports of one state differ")
	}

	for _, kind := range kvKinds() {
		to := loadedWorld(t, setup{kv: kind}, "something", "else")
		view := to.accounts.View()
		to.must("Import", to.m.Import(t.Context(), bytes.NewReader(stream.Bytes())), nil)
		if view.Len() != 3 {
			t.Error("a view from before the import has changed")
		}
		check := func(when string) {
			t.Helper()
			if got, want := to.committed(), from.committed(); got != want {
				t.Errorf("%s the stores hold\n%swant\n%s", when, got, want)
			}
			for i, key := range keys {
				got, ok, err := to.m.Lookup([]byte(key))
				want, retained, _ := from.m.Lookup([]byte(key))
				if err != nil || ok != retained || retained != (i > 0) { // the length of the history is imported, too
					t.Errorf("%s Lookup(%s): %v, %v, want %v", when, key, ok, err, retained)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s session %s (-want +got):\n%s", when, key, diff)
				}
			}
			if _, ok, _ := to.m.Lookup([]byte("else")); ok {
				t.Errorf("%s the replaced history is still known", when)
			}
			to.must("Verify", to.m.Verify(t.Context()), nil)
			// An imported session cannot be replayed, because the state before it is
			// not exported.
			wantError(t, when+" Begin of the last key", to.m.Begin(t.Context(), []byte(current)), committer.ErrAlreadyCommitted)
		}
		check("after Import")
		to.reopen()
		to.load()
		check("after reopening,")
		if got, want := to.run("next"), loadedWorld(t, setup{kv: kvtest.All}, keys...).run("next"); !bytes.Equal(got, want) {
			t.Errorf("the next session has ID %x, want %x", got, want)
		}
		if s, _, _ := to.m.Last(); s.Seq != 3 {
			t.Errorf("the next session has sequence %d, want 3", s.Seq)
		}
		to.settled("at the end")
	}
}

// An empty database can be exported. Importing it removes all sessions and rows.
func TestImportNothing(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	w.must("Import", w.m.Import(t.Context(), bytes.NewReader(exportOf(t))), nil)
	if _, ok, err := w.m.Last(); ok || err != nil {
		t.Errorf("Last: %v, %v", ok, err)
	}
	w.settled("after the import of nothing")
	w.run(older) // the key is new again
	if s, _, _ := w.m.Last(); s.Seq != 0 {
		t.Errorf("the first session has sequence %d", s.Seq)
	}
}

// Import refuses a damaged stream and changes nothing, wherever the damage is.
func TestImportOfDamagedStreams(t *testing.T) {
	stream := exportOf(t, "a", "b", "c")
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	before := w.look()
	refuse := func(what string, damaged []byte) {
		t.Helper()
		err := w.m.Import(t.Context(), bytes.NewReader(damaged))
		if !errors.Is(err, committer.ErrCorrupt) {
			t.Fatalf("%s: %v, want an error that wraps ErrCorrupt", what, err)
		}
		if got := w.look(); got != before {
			t.Fatalf("%s: after a failed Import there is\n%swant\n%s", what, got, before)
		}
	}
	for i := range stream {
		damaged := bytes.Clone(stream)
		damaged[i] ^= 1 << (i % 8)
		refuse(fmt.Sprintf("byte %d flipped", i), damaged)
		refuse(fmt.Sprintf("cut at %d", i), stream[:i])
	}
	refuse("not a stream", []byte("name,balance\nalice,100\n"))
	refuse("an empty stream", nil)
	refuse("a byte after the end", append(bytes.Clone(stream), 0))
	refuse("two streams", append(bytes.Clone(stream), stream...))
	end := slices.IndexFunc(stream, func(b byte) bool { return b < 0x80 }) // byte of the first length
	refuse("a length that is not minimal", slices.Concat(stream[:end], []byte{stream[end] | 0x80, 0}, stream[end+1:]))
	w.settled("after failed imports")
	w.checkLoaded([]string{older, last})
}

// An Import that fails because of the reader or of a store changes nothing.
func TestImportThatFails(t *testing.T) {
	stream := exportOf(t, "a", "b", "c")
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	before := w.look()
	unreadable := errors.New("the cable is out")
	for n := range len(stream) + 1 {
		err := w.m.Import(t.Context(), io.MultiReader(bytes.NewReader(stream[:n]), &failing{unreadable}))
		if !errors.Is(err, unreadable) || errors.Is(err, committer.ErrCorrupt) {
			t.Errorf("Import from a reader that fails after %d bytes: %v", n, err)
		}
	}

	other := committer.NewCommitter(kvtest.NewUnsynced(), members("strangers", newAccountStore()))
	w.must("Load", other.Load(t.Context()), nil)
	wantError(t, "Import of an unknown store", other.Import(t.Context(), bytes.NewReader(stream)), committer.ErrNotRegistered)

	w.setup.wrap = func(s *accountStore) committer.Committable { return upgraded{s} }
	newer := loadedWorld(t, w.setup, "a", "b")
	var upgradedStream bytes.Buffer
	w.must("Export", newer.m.Export(t.Context(), &upgradedStream), nil)
	wantError(t, "Import of a newer schema", w.m.Import(t.Context(), &upgradedStream), committer.ErrSchema)
	if got := w.look(); got != before {
		t.Errorf("after failed imports there is\n%swant\n%s", got, before)
	}
	w.settled("after failed imports")

	// In the other direction, the newer store reads the rows and writes them in
	// its own schema.
	w.must("Import of an older schema", newer.m.Import(t.Context(), bytes.NewReader(stream)), nil)
	newer.must("Verify", newer.m.Verify(t.Context()), nil)
	image := newer.look()
	newer.reopen()
	newer.load()
	if got := newer.look(); got != image {
		t.Errorf("reopened, there is\n%swant\n%s", got, image)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// Rollback also forgets the keys of the removed sessions. Nothing of these
// sessions appears again.
func TestRollback(t *testing.T) {
	keys := []string{older, last, "third", "fourth"}
	for n := range len(keys) + 1 {
		for name, opts := range map[string][]committer.CommitterOpt{
			"without checkpoints": nil, "with checkpoints": checkpointEach(100),
		} {
			w := loadedWorld(t, setup{kv: kvtest.All, opts: opts}, keys...)
			w.must("Rollback", w.m.Rollback(t.Context(), uint64(n)), nil)
			want := newWorld(t, setup{kv: kvtest.All})
			want.load()
			for _, key := range keys[:n] {
				want.run(key)
			}
			if got, want := w.look(), want.look(); got != want {
				t.Fatalf("%s, rolled back to %d:\n%swant\n%s", name, n, got, want)
			}
			for i, key := range keys {
				if _, ok, _ := w.m.Lookup([]byte(key)); ok != (i < n) {
					t.Errorf("%s, rolled back to %d: %s is known: %v", name, n, key, ok)
				}
			}
			w.settled("rolled back")
			// Other sessions follow instead.
			for _, key := range []string{"fourth", "new", "newer"} {
				if got, want := w.run(key), want.run(key); !bytes.Equal(got, want) {
					t.Errorf("%s, rolled back to %d: session %s has ID %x, want %x", name, n, key, got, want)
				}
			}
			w.settled("in another future")
			w.must("Rollback", w.m.Rollback(t.Context(), uint64(n)), nil)
			w.settled("rolled back again")
		}
	}
}

func TestRollbackTooFar(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, opts: checkpointEach(1)}, older, last, "third", "fourth")
	before := w.look()
	err := w.m.Rollback(t.Context(), 1)
	var pruned *committer.PrunedError
	if !errors.As(err, &pruned) || pruned.Seq != 1 || pruned.Oldest != 3 || !errors.Is(err, committer.ErrPruned) {
		t.Errorf("Rollback to before the oldest record: %v", err)
	}
	if err := w.m.Rollback(t.Context(), 5); err == nil || !strings.Contains(err.Error(), "only 4") {
		t.Errorf("Rollback to more sessions than there are: %v", err)
	}
	w.must("Rollback to the current session", w.m.Rollback(t.Context(), 4), nil)
	if got := w.look(); got != before {
		t.Errorf("there is\n%swant\n%s", got, before)
	}
	w.must("Rollback to the checkpoint", w.m.Rollback(t.Context(), 3), nil)
	w.settled("rolled back")
}

// Load fails while a store is missing, until Forget removes it. Its name can then
// be used by another store.
func TestForget(t *testing.T) {
	for name, opts := range map[string][]committer.CommitterOpt{
		"without checkpoints": nil, "with checkpoints": checkpointEach(0), "records kept": checkpointEach(100),
	} {
		w := newWorld(t, setup{kv: kvtest.All, opts: opts})
		w.third = true
		w.reopen()
		w.runAll(older, last)
		wantError(t, "Forget of a store that is registered", w.m.Forget(t.Context(), "third"), committer.ErrRegistered)
		w.third = false
		w.reopen()
		wantError(t, "Load without it", w.m.Load(t.Context()), committer.ErrNotRegistered)
		wantError(t, "Forget of a store that is unknown", w.m.Forget(t.Context(), "fourth"), committer.ErrNotRegistered)
		w.must("Forget", w.m.Forget(t.Context(), "third"), nil)
		w.load()
		w.settled(name + ": forgotten")
		w.run(current)
		w.must("Close", w.m.Close(), nil)

		// Another store with the same name does not get the rows of the old records.
		w.reopen()
		w.load()
		third := newAccountStore()
		w.must("Register", w.m.Register("third", third), nil)
		_, _, err := w.m.Do(t.Context(), []byte("anew"), func(context.Context) error { return third.Put(account{ID: "new"}) })
		w.must("Do", err, nil)
		w.must("Verify", w.m.Verify(t.Context()), nil)
		i, err := inspect.Open(t.Context(), w.disk)
		w.must("inspect.Open", err, nil)
		for seq := i.OldestRecord(); seq < i.Count(); seq++ {
			r, err := i.Record(t.Context(), seq)
			w.must("Record", err, nil)
			for _, p := range r.Parts {
				if want := seq < 2 && p.Name == "third"; p.Forgotten != want {
					t.Errorf("%s: record %d: %s is forgotten: %v, want %v", name, seq, p.Name, p.Forgotten, want)
				}
			}
		}
		w.reopen()
		third = newAccountStore()
		w.must("Register", w.m.Register("third", third), nil)
		w.load()
		if got := rows(third); !strings.Contains(got, "ID:new") || third.Len() != 1 {
			t.Errorf("%s: the new store has %s", name, got)
		}
	}
}

// Forget fails while a session is pending.
func TestForgetWhilePending(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older)
	w.begin(last)
	w.setup.external = false
	w.reopen()
	wantError(t, "Forget while a session is left open", w.m.Forget(t.Context(), "bank"), committer.ErrInSession)
	w.setup.external = true
	w.reopen()
	w.load()
	w.decideKey(last)
	w.setup.external = false
	w.reopen()
	wantError(t, "Forget while a session is decided", w.m.Forget(t.Context(), "bank"), committer.ErrUndecided)
}

// TestInspect compares what package inspect finds with what the MultiCommitter
// reports.
func TestInspect(t *testing.T) {
	db := newDatabase()
	store, s := checkpointedSite(t, db)
	i, err := inspect.Open(t.Context(), &frozen{values: valuesOf(store)})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range i.Members() {
		names = append(names, fmt.Sprint(c.Name, " ", c.Kind == merkle.Store, " ", len(c.Schema) > 0))
	}
	if want := []string{"accounts true true", "bank false false", "orders true true", "savings true true"}; !slices.Equal(names, want) {
		t.Errorf("members %q, want %q", names, want)
	}
	sessions := slices.Collect(i.Sessions(0))
	if last, _, _ := s.m.Last(); len(sessions) != 6 || i.Count() != 6 || !cmp.Equal(sessions[5], last) {
		t.Errorf("sessions %v, the last should be %v", sessions, last)
	}
	if next, ok := i.Checkpoint(); next != 4 || !ok || i.OldestRecord() != 2 || i.Empty() {
		t.Errorf("checkpoint %d, %v, oldest record %d", next, ok, i.OldestRecord())
	}
	for seq := range uint64(8) {
		r, err := i.Record(t.Context(), seq)
		if seq < 2 {
			var pruned *committer.PrunedError
			if !errors.As(err, &pruned) || pruned.Oldest != 2 {
				t.Errorf("record %d: %v, want a PrunedError", seq, err)
			}
			continue
		}
		if seq > 5 {
			wantError(t, fmt.Sprint("record ", seq), err, inspect.ErrNoSession)
			continue
		}
		if err != nil || !cmp.Equal(r.Session, sessions[seq]) || len(r.Parts) != 4 || r.Decided || r.Resolved {
			t.Errorf("record %d: %+v, %v", seq, r, err)
			continue
		}
		if orders, _ := r.Part("orders"); orders.Kind != merkle.Store || len(orders.Journal) == 0 {
			t.Errorf("record %d: the part of the orders is %+v", seq, orders)
		}
	}
	if p, ok := i.Pending(); ok {
		t.Errorf("session %q is pending", p.Key)
	}
}

// TestInspectPending inspects sessions that are not finished, and one that was
// finished by Resolve.
func TestInspectPending(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older)
	look := func(wantKey string, wantDecided bool) *inspect.Database {
		t.Helper()
		i, err := inspect.Open(t.Context(), w.disk)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := i.Pending(); string(p.Key) != wantKey || p.Decided != wantDecided || ok != (wantKey != "") {
			t.Errorf("Pending: %q, %v, %v, want %q, %v", p.Key, p.Decided, ok, wantKey, wantDecided)
		}
		return i
	}
	w.begin(current)
	look(current, false)
	w.must("Cancel", w.m.Cancel(t.Context()), nil)
	w.decide()
	if r, err := look(current, true).Record(t.Context(), 1); err != nil || !r.Decided || string(r.Session.Key) != current {
		t.Errorf("the decided record: %+v, %v", r, err)
	}
	_, err := w.m.Resolve(t.Context(), []byte(current))
	w.must("Resolve", err, nil)
	if r, err := look("", false).Record(t.Context(), 1); err != nil || r.Decided || !r.Resolved {
		t.Errorf("the resolved record: %+v, %v", r, err)
	}
}

// After a failed checkpoint, the stored manifest may differ from the one in
// memory. Rollback must read it back.
func TestRollbackAfterACheckpointThatFailed(t *testing.T) {
	for n := 1; n < 40; n++ {
		for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
			for to := range uint64(3) {
				w := newWorld(t, setup{kv: kvtest.Sync, opts: []committer.CommitterOpt{committer.WithRecords(0)}})
				w.runAll("a", "b", "c")
				w.must("Close", w.m.Close(), nil)
				w.reopen(checkpointEach(0)...)
				w.load()
				w.begin("d")
				w.failCall(n, when)
				if _, err := w.m.Commit(t.Context(), []byte("d")); err != nil {
					continue
				}
				err := w.m.Rollback(t.Context(), to)
				if err == nil {
					err = w.m.Verify(t.Context())
				}
				memory := w.look()
				w.reopen()
				if again := w.m.Load(t.Context()); again != nil {
					t.Errorf("call %d fails (%v): Rollback(%d): %v; then Load: %v", n, when, to, err, again)
				} else if got := w.look(); got != memory && !strings.Contains(memory, "closed") {
					t.Errorf("call %d fails (%v): Rollback(%d): %v; reopened\n%s\nwas\n%s", n, when, to, err, got, memory)
				}
			}
		}
	}
}

// The last session cannot be replayed after one of its stores was forgotten, even
// if another store has the same name: no record would have the new store's rows.
func TestForgottenStoreIsNotReplayed(t *testing.T) {
	store := memkv.New()
	session := func(m *committer.MultiCommitter, stores ...*accountStore) error {
		_, _, err := m.Do(t.Context(), []byte("key"), func(context.Context) error {
			for _, s := range stores {
				if err := s.Put(account{ID: "a"}); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	accounts, third := newAccountStore(), newAccountStore()
	m := committer.NewCommitter(store, members("accounts", accounts, "third", third))
	if err := errors.Join(session(m, accounts, third), m.Close()); err != nil {
		t.Fatal(err)
	}

	accounts, third = newAccountStore(), newAccountStore()
	m = committer.NewCommitter(store, members("accounts", accounts))
	if err := errors.Join(m.Forget(t.Context(), "third"), m.Load(t.Context()), m.Register("third", third)); err != nil {
		t.Fatal(err)
	}
	wantError(t, "Begin of the last key", m.Begin(t.Context(), []byte("key")), committer.ErrAlreadyCommitted)
	if third.View().Len() > 0 {
		t.Error("the new store has rows of the old one")
	}
}

// The bytes of an export do not depend on the epochs of the database.
func TestExportAfterRollback(t *testing.T) {
	var want, got bytes.Buffer
	straight := loadedWorld(t, setup{kv: kvtest.All}, older, last, current)
	straight.must("Export", straight.m.Export(t.Context(), &want), nil)
	detour := loadedWorld(t, setup{kv: kvtest.All}, older, last, "something else")
	detour.must("Rollback", detour.m.Rollback(t.Context(), 2), nil)
	detour.runAll(current)
	detour.must("Export", detour.m.Export(t.Context(), &got), nil)
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("the same state and sessions are exported as other bytes after a rollback")
	}
}

// panicky is a store whose Restore panics while *on is true.
type panicky struct {
	*accountStore
	on *bool
}

func (p panicky) Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error {
	if *p.on {
		panic("restore")
	}
	return p.accountStore.Restore(ctx, schema, chunks)
}

// When a store panics in Restore, the MultiCommitter closes. No later call blocks,
// and no session runs on stores of different states.
func TestPanicInRestore(t *testing.T) {
	for what, call := range map[string]func(*committer.MultiCommitter, io.Reader) error{
		"Import":   func(m *committer.MultiCommitter, r io.Reader) error { return m.Import(t.Context(), r) },
		"Rollback": func(m *committer.MultiCommitter, _ io.Reader) error { return m.Rollback(t.Context(), 1) },
	} {
		on := false
		w := newWorld(t, setup{kv: kvtest.All, wrap: func(s *accountStore) committer.Committable { return panicky{s, &on} }})
		w.runAll(older)
		var stream bytes.Buffer
		w.must("Export", w.m.Export(t.Context(), &stream), nil)
		w.runAll(last, current)
		want := w.committed()
		on = true
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the panic is gone", what)
				}
			}()
			_ = call(w.m, &stream)
		}()
		on = false
		wantError(t, what+", then View", w.m.View(func(committer.Session) error { return nil }), committer.ErrClosed)
		wantError(t, what+", then Begin", w.m.Begin(t.Context(), []byte("next")), committer.ErrClosed)
		w.reopen()
		w.load()
		if got := w.committed(); what == "Import" && got != want {
			t.Errorf("after an Import that panicked the stores hold\n%swant\n%s", got, want)
		}
		w.must("Verify", w.m.Verify(t.Context()), nil)
	}
}
