package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// An earlier design of this package had known flaws. Each test below describes
// one of them and shows that the flaw is gone.

// Flaw: one store committed and another failed. When a new key was then accepted,
// the two stores stayed inconsistent for ever.
func TestStoreFailingAfterAnotherCommittedIsNotTornByANewKey(t *testing.T) {
	for name, external := range map[string]bool{"stores": false, "externals": true} {
		t.Run(name, func(t *testing.T) {
			first, second := newAccountStore(), &brittleStore{accountStore: newAccountStore()}
			db := newDatabase()
			list := members("first", first, "second", second)
			a, b := newExternal(db), newExternal(newDatabase())
			if external {
				list["a"], list["b"] = a, b
				b.fault = func(method string, _ when) error {
					if method == "Commit" {
						return errBank
					}
					return nil
				}
			} else {
				second.fail = errBank
			}
			m := committer.NewCommitter(memkv.New(), list)
			write := func() {
				for _, err := range []error{m.Begin(t.Context(), []byte("torn")), first.Put(account{ID: "x"}), second.Put(account{ID: "x"})} {
					if err != nil {
						t.Fatal(err)
					}
				}
				if external {
					_ = a.Set("x", "1")
					_ = b.Set("x", "1")
				}
			}
			write()
			_, err := m.Commit(t.Context(), []byte("torn"))
			wantError(t, "Commit", err, errBank)
			if rows(first) != "" || rows(second.accountStore) != "" {
				t.Errorf("after the failure one store shows %q, the other %q", rows(first), rows(second.accountStore))
			}

			if err := m.Begin(t.Context(), []byte("new")); err == nil {
				t.Error("a new key was accepted over the failed session")
			}
			b.fault, second.fail = nil, nil
			if external { // a has committed, so all others must commit, too
				write()
			}
			if _, err := m.Commit(t.Context(), []byte("torn")); err != nil {
				t.Fatal(err)
			}
			if got := rows(first); got == "" || got != rows(second.accountStore) {
				t.Errorf("in the end one store shows %q, the other %q", got, rows(second.accountStore))
			}
			if external && (a.db.contents() != "x=1" || b.db.contents() != "x=1") {
				t.Errorf("in the end one external has %q, the other %q", a.db.contents(), b.db.contents())
			}
		})
	}
}

// Flaw: in a replay, some committables skipped the work that they had committed,
// and others repeated it. The results differed.
func TestReplayRunsEveryStoreOnTheStateBefore(t *testing.T) {
	for _, s := range states() {
		if s.column != "in recovery" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(t, setup{kv: kvtest.All, external: s.external})
			w.load()
			w.run(older)
			w.run(last)
			s.build(w)
			if err := w.m.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Both stores show the rows from before the replayed session.
			before, key := len(s.is.history), s.is.key
			if s.is.phase == atVerify {
				before--
			}
			w.must("Begin", w.m.Begin(t.Context(), []byte(key)), nil)
			counter, _ := w.accounts.Get("counter")
			newest, _ := w.savings.Get("newest")
			if want := s.is.history[before-1]; counter.Owner != want || newest.Owner != want || counter.Balance != int64(before) {
				t.Errorf("the replay of %s sees %+v and %+v, want what %s left", key, counter, newest, want)
			}
			if w.accounts.Has(key) {
				t.Errorf("the replay of %s sees its own row", key)
			}
			if err := w.write(key); err != nil {
				t.Errorf("a store does not take part in the replay: %v", err)
			}
			w.commit(key)
		})
	}
}

// Flaw: on an empty KV, an empty key was equal to the missing pending key and
// started a recovery of no session.
func TestEmptyKeyOnFreshKVStartsNoRecovery(t *testing.T) {
	for _, key := range [][]byte{nil, {}} {
		outside := &spy{}
		kv := memkv.New()
		m := committer.NewCommitter(kv, members("outside", outside, "accounts", newAccountStore()))
		wantError(t, "Begin", m.Begin(t.Context(), key), committer.ErrEmptyKey)
		_, _, err := m.Do(t.Context(), key, func(context.Context) error { t.Error("ran"); return nil })
		wantError(t, "Do", err, committer.ErrEmptyKey)
		if calls := outside.taken(); len(calls) > 0 {
			t.Errorf("the committable was asked to %v", calls)
		}
		for key := range kv.Snapshot().Prefix([]byte("mc/pending")) {
			t.Errorf("the KV has %s", key)
		}
		if err := m.Begin(t.Context(), []byte("first")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Begin first"}, outside.taken()); diff != "" {
			t.Errorf("the first session (-want +got):\n%s", diff)
		}
	}
}

// Flaw: the commit ID hashed the participants' ids without names or lengths.
func TestIDsAreNotConcatenated(t *testing.T) {
	seen := make(map[string]string)
	for _, ids := range []map[string]string{
		{},
		{"a": "x", "b": "yz"},
		{"a": "xy", "b": "z"},
		{"a": "xyz"},
		{"b": "xyz"},
		{"a": "", "b": "xyz", "c": "x"},
		{"a": "x", "b": "xyz"},
		{"ab": "xyz"},
	} {
		list := make(map[string]committer.Committable)
		for name, id := range ids {
			list[name] = &spy{id: []byte(id)}
		}
		s, _, err := committer.NewCommitter(memkv.New(), list).Do(t.Context(), []byte("k"), func(context.Context) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := seen[s.ID.String()]; ok {
			t.Errorf("%v has the commit ID of %v", ids, before)
		}
		seen[s.ID.String()] = fmt.Sprint(ids)
	}
}

// Flaw: a store registered during a session got Commit without Begin.
func TestStoreRegisteredMidSessionTakesNoPart(t *testing.T) {
	for name, step := range map[string]func(w *world){
		"in session": func(w *world) { w.begin(current) },
		"staged":     func(w *world) { w.begin(current); w.stage() },
		"replaying":  func(w *world) { w.begin(last) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, setup{kv: kvtest.All})
			w.load()
			w.run(last)
			step(w)
			late := &spy{id: []byte("late")}
			wantError(t, "Register", w.m.Register("late", late), committer.ErrInSession)
			key := current
			if name == "replaying" {
				key = last
			}
			w.commit(key)
			if calls := late.taken(); len(calls) > 0 {
				t.Errorf("it was asked to %v", calls)
			}

			w.must("Register", w.m.Register("late", late), nil)
			w.run("next")
			if diff := cmp.Diff([]string{"Begin next", "Commit next"}, late.taken()); diff != "" {
				t.Errorf("the next session (-want +got):\n%s", diff)
			}
		})
	}
}

// Flaw: the hash covered only the changes that the author of a store registered.
func TestHashCoversEveryChange(t *testing.T) {
	type stores struct{ accounts, savings *accountStore }
	variants := map[string]func(s stores) error{
		"nothing":     func(stores) error { return nil },
		"insert":      func(s stores) error { return s.accounts.Insert(account{ID: "b"}) },
		"other store": func(s stores) error { return s.savings.Insert(account{ID: "b"}) },
		"other key":   func(s stores) error { return s.accounts.Insert(account{ID: "c"}) },
		"owner":       func(s stores) error { return s.accounts.Put(account{ID: "a", Owner: "o"}) },
		"balance":     func(s stores) error { return s.accounts.Put(account{ID: "a", Balance: 1}) },
		"minus":       func(s stores) error { return s.accounts.Put(account{ID: "a", Balance: -1}) },
		"sequence":    func(s stores) error { return s.accounts.Put(account{ID: "a", Sequence: 1}) },
		"delete":      func(s stores) error { _, err := s.accounts.Delete("a"); return err },
		"delete, insert": func(s stores) error {
			_, err := s.accounts.Delete("a")
			return errors.Join(err, s.accounts.Put(account{ID: "b"}))
		},
		"two": func(s stores) error {
			return errors.Join(s.accounts.Put(account{ID: "b"}), s.accounts.Put(account{ID: "c"}))
		},
	}
	seen := make(map[string]string)
	for name, change := range variants {
		s := stores{newAccountStore(), newAccountStore()}
		m := committer.NewCommitter(memkv.New(), members("accounts", s.accounts, "savings", s.savings))
		do := func(key string, fn func(stores) error) committer.Session {
			done, _, err := m.Do(t.Context(), []byte(key), func(context.Context) error { return fn(s) })
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return done
		}
		do("before", func(s stores) error { return s.accounts.Put(account{ID: "a", Owner: "owner"}) })
		id := do("change", change).ID.String()
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have one commit ID", name, other)
		}
		seen[id] = name
	}
}

// Flaw: the commit ID and the data were separate writes.
func TestCommitIDAndDataAreOneWrite(t *testing.T) {
	for _, kind := range kvKinds() {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t, setup{kv: kind})
			w.load()
			w.run(older)
			w.begin(current)
			calls := len(w.fault.Log())
			w.commit(current)
			synced := 0
			for _, call := range w.fault.Log()[calls:] {
				switch {
				case call.Method == "Sync":
					synced++
				case synced == 0 && !strings.HasPrefix(call.Keys[0], "mc/session/"):
					t.Errorf("before the Sync there is also %v", call)
				case synced > 0 && call.Method == "Get": // checks for another writer
				case synced > 0 && call.String()[len("#00 "):] != `Delete "mc/pending"`:
					t.Errorf("after the Sync there is also %v", call)
				}
			}
			if before := calls + 2; synced != 1 || w.fault.Log()[before-1].Method != "Sync" {
				t.Errorf("calls of Commit: %v, want one write, one Sync", w.fault.Log()[calls:])
			}

			// A crash before the write and a crash after it.
			for crash, then := range map[kvtest.When]situation{
				kvtest.Before: {phase: atNew, history: []string{older}, key: current},
				kvtest.After:  {phase: atNew, history: []string{older, current}},
			} {
				w := newWorld(t, setup{kv: kind})
				w.load()
				w.run(older)
				w.begin(current)
				w.fault.CrashAt(w.fault.Calls()+1, crash)
				_, err := w.m.Commit(t.Context(), []byte(current))
				wantError(t, "Commit", err, kvtest.ErrCrashed)
				w.reopen()
				w.check(then)
			}
		})
	}
}

// Flaw: slices of the caller were kept, and internal slices were returned,
// without a copy.
func TestCallersSlicesAreCopied(t *testing.T) {
	scribble := func(slices ...[]byte) {
		for _, b := range slices {
			for i := range b {
				b[i] = '!'
			}
		}
	}
	w := newWorld(t, setup{kv: kvtest.All})
	ids := &spy{id: []byte("id of the spy")}
	w.must("Register", w.m.Register("spy", ids), nil)
	w.load()

	// Arguments: keys, and the ids of externals.
	key := []byte("first")
	w.must("Begin", w.m.Begin(t.Context(), key), nil)
	scribble(key)
	id := w.commit("first")
	scribble(ids.id)
	key = []byte("second")
	second, _, err := w.m.Do(t.Context(), key, func(context.Context) error { scribble(key); return w.accounts.Put(account{ID: "x"}) })
	w.must("Do", err, nil)
	if string(second.Key) != "second" {
		t.Errorf("the key of the second session became %q", second.Key)
	}

	// Results: ids, sessions with their keys and parts, and errors.
	first := func() string {
		s, ok, err := w.m.Lookup([]byte("first"))
		return fmt.Sprintf("%q %v %q %v %v", s.Key, s.ID, s.Parts, ok, err)
	}
	want := first()
	if !strings.Contains(want, "id of the spy") {
		t.Errorf("the id of the external was not copied: %s", want)
	}
	scribble(id)
	corrupt := func(s committer.Session) {
		scribble(s.Key)
		for i := range s.Parts {
			scribble(s.Parts[i].ID)
			s.Parts[i].Name = "!"
		}
	}
	for range 2 {
		s, _, _ := w.m.Lookup([]byte("first"))
		corrupt(s)
		s, _, _ = w.m.Do(t.Context(), []byte("first"), nil)
		corrupt(s)
		s, _, _ = w.m.Last()
		corrupt(s)
		_ = w.m.View(func(s committer.Session) error { corrupt(s); return nil })
		var already *committer.AlreadyCommittedError
		if !errors.As(w.m.Begin(t.Context(), []byte("first")), &already) {
			t.Fatal("Begin of an older key")
		}
		corrupt(already.Session)
	}
	corrupt(second)
	if got := first(); got != want {
		t.Errorf("a caller changed the session: %s, was %s", got, want)
	}
	if s, ok, _ := w.m.Last(); !ok || string(s.Key) != "second" || string(s.Parts[0].Name) != "accounts" {
		t.Errorf("a caller changed the last session: %v", s)
	}

	// Keys of the open and of the pending session.
	w.must("Begin", w.m.Begin(t.Context(), []byte("third")), nil)
	id, err = w.m.Commit(t.Context(), []byte("wrong"))
	var mismatch *committer.KeyMismatchError
	if !errors.As(err, &mismatch) || id != nil {
		t.Fatal(err)
	}
	scribble(mismatch.Pending)
	w.commit("third")

	w.reopenWith("spy", ids)
	w.load()
	w.must("Begin", w.m.Begin(t.Context(), []byte("pending")), nil)
	w.reopenWith("spy", ids)
	w.load()
	pending, _, _ := w.m.Pending()
	scribble(pending)
	if pending, _, _ := w.m.Pending(); string(pending) != "pending" {
		t.Errorf("a caller changed the pending key: %q", pending)
	}
}

// reopenWith reopens the world and registers one more committable.
func (w *world) reopenWith(name string, c committer.Committable) {
	w.t.Helper()
	w.reopen()
	w.must("Register", w.m.Register(name, c), nil)
}

// Flaw: the iteration order of a map influenced the hash.
func TestMapOrderDoesNotReachTheID(t *testing.T) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("store-%c", 'a'+i))
	}
	var first map[string]string
	for attempt := range 10 {
		stores := make(map[string]committer.Committable)
		tables := make(map[string]*accountStore)
		order := slices.Clone(names)
		if attempt%2 == 1 {
			slices.Reverse(order)
		}
		for _, name := range order {
			tables[name] = newAccountStore()
			stores[name] = tables[name]
		}
		kv := memkv.New()
		_, _, err := committer.NewCommitter(kv, stores).Do(t.Context(), []byte("k"), func(context.Context) error {
			var errs []error
			for name, table := range tables {
				for id := range map[string]bool{"a": true, "b": true, "c": true, name: true} {
					errs = append(errs, table.Put(account{ID: id, Owner: name}))
				}
			}
			return errors.Join(errs...)
		})
		if err != nil {
			t.Fatal(err)
		}
		all := make(map[string]string)
		for key, value := range kv.Snapshot().All() {
			all[string(key)] = string(value)
		}
		if first == nil {
			first = all
		}
		if diff := cmp.Diff(first, all); diff != "" {
			t.Fatalf("the KV depends on the order of a map (-first +now):\n%s", diff)
		}
	}
}

// Flaw: Cancel did not restore caches.
func TestCancelRestoresEverything(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"open":   func(*world) {},
		"staged": func(w *world) { w.stage() },
		"record lost": func(w *world) {
			w.failCall(1, kvtest.Before)
			_, err := w.m.Commit(w.t.Context(), []byte(current))
			w.must("Commit", err, kvtest.ErrInjected)
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := func(w *world) string {
				var b strings.Builder
				for _, s := range []*accountStore{w.accounts, w.savings} {
					for id, a := range s.All() {
						fmt.Fprintln(&b, id, a)
					}
					for id := range s.IndexPrefix(0, nil) {
						fmt.Fprintln(&b, "by owner", id)
					}
					fmt.Fprintln(&b, s.Len(), s.Has(current), seqOf(s), rows(s))
				}
				l, ok, err := w.m.Last()
				pending, isPending, _ := w.m.Pending()
				fmt.Fprintln(&b, l, ok, err, pending, isPending)
				for _, key := range []string{"mc/manifest", "mc/pending", "mc/session/0000000000/00000000000000000001", "mc/session/0000000000/00000000000000000002"} {
					value, err := w.disk.Get(t.Context(), []byte(key))
					fmt.Fprintf(&b, "%s %x %v\n", key, value, err)
				}
				return b.String()
			}
			w := newWorld(t, setup{kv: kvtest.All})
			w.load()
			w.run(older)
			w.run(last)
			want := seen(w)
			w.begin(current)
			if _, err := w.accounts.Delete(older); err != nil {
				t.Fatal(err)
			}
			end(w)
			w.must("Cancel", w.m.Cancel(t.Context()), nil)
			if diff := cmp.Diff(want, seen(w)); diff != "" {
				t.Errorf("Cancel did not restore the state (-before +after):\n%s", diff)
			}
			w.check(situation{phase: atLoaded, history: []string{older, last}})
		})
	}
}

// Flaw: Commit accepted another key than Begin.
func TestCommitWithAnotherKey(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All})
	w.load()
	w.begin(current)
	for _, key := range []string{"other", "curren", "currentt", ""} {
		id, err := w.m.Commit(t.Context(), []byte(key))
		wantError(t, "Commit of "+key, err, committer.ErrIdempotencyKeyMismatch)
		if id != nil {
			t.Errorf("Commit of %s returned ID %x", key, id)
		}
	}
	if id := w.commit(current); !bytes.Equal(id, runAll(t, false, []string{current}).ids[current]) {
		t.Errorf("commit ID %x", id)
	}
}
