package committer_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// These tests have two MultiCommitters over one KV: the old writer does not
// know that another has taken over. It must notice, and nothing that it does
// until then may keep the KV from being loaded.

// writer is one of them, with its store.
type writer struct {
	t        *testing.T
	m        *committer.MultiCommitter
	accounts *accountStore
}

// takeOver returns a loaded writer over the KV, and over the database if there
// is one.
func takeOver(t *testing.T, kv committer.KV, db *database) *writer {
	t.Helper()
	w := &writer{t: t, accounts: newAccountStore()}
	members := map[string]committer.Committable{"accounts": w.accounts}
	if db != nil {
		members["bank"] = newExternal(db)
	}
	w.m = committer.NewCommitter(kv, members)
	if err := w.m.Load(t.Context()); err != nil {
		t.Fatalf("Load: %v", err)
	}
	return w
}

func (w *writer) do(key string) error {
	_, _, err := w.m.Do(w.t.Context(), []byte(key), func(context.Context) error {
		return w.accounts.Put(account{ID: key})
	})
	return err
}

func (w *writer) commits(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		if err := w.do(key); err != nil {
			w.t.Fatalf("Do(%s): %v", key, err)
		}
	}
}

func TestFencedWriterLeavesTheKVLoadable(t *testing.T) {
	for _, external := range []bool{false, true} {
		for ahead := 1; ahead <= 3; ahead++ {
			t.Run(fmt.Sprintf("external=%v/ahead=%d", external, ahead), func(t *testing.T) {
				kv := memkv.New()
				var db *database
				if external {
					db = newDatabase()
				}
				old := takeOver(t, kv, db)
				old.commits("one", "two")
				current := takeOver(t, kv, db)
				for i := range ahead {
					current.commits(fmt.Sprintf("current-%d", i))
				}
				want, _, _ := current.m.Last()

				err := old.do("late")
				wantError(t, "Do of the old writer", err, committer.ErrFenced)
				wantError(t, "Do of the old writer, again", old.do("later"), committer.ErrClosed)

				reopened := takeOver(t, kv, db)
				got, _, _ := reopened.m.Last()
				if got.ID != want.ID || got.Seq != want.Seq {
					t.Errorf("the last session is %d %s, want %d %s", got.Seq, got.ID, want.Seq, want.ID)
				}
				if key, ok, _ := reopened.m.Pending(); ok {
					t.Errorf("key %q is pending", key)
				}
				if reopened.accounts.Has("late") {
					t.Error("the fenced session is there")
				}
				reopened.commits("next")
			})
		}
	}
}

// The old writer begins while the other one is in a session that a crash leaves
// decided: the entry in the KV then names the old writer's key.
func TestDecidedSessionOutlivesTheEntryOfAFencedWriter(t *testing.T) {
	kv, db := memkv.New(), newDatabase()
	old := takeOver(t, kv, db)
	old.commits("one")

	fault := kvtest.NewFault(kv)
	current := takeOver(t, fault.KV(), db)
	fault.CrashAt(fault.Calls()+3, kvtest.Before) // after the entry and the decided record
	if err := current.do("decided"); err == nil {
		t.Fatal("the crash did not happen")
	}
	wantError(t, "Do of the old writer", old.do("late"), committer.ErrFenced)

	reopened := takeOver(t, kv, db)
	if key, ok, _ := reopened.m.Pending(); !ok || string(key) != "decided" {
		t.Fatalf("Pending is %q, %v; want the decided session", key, ok)
	}
	reopened.commits("decided", "next")
}

func TestFencedWriterDoesNotReplaceTheManifest(t *testing.T) {
	kv := memkv.New()
	old, current := takeOver(t, kv, nil), takeOver(t, kv, nil)
	if err := current.m.Register("more", newAccountStore()); err != nil {
		t.Fatal(err)
	}
	wantError(t, "Register of the old writer", old.m.Register("other", newAccountStore()), committer.ErrFenced)

	members := map[string]committer.Committable{"accounts": newAccountStore(), "more": newAccountStore()}
	if err := committer.NewCommitter(kv, members).Load(t.Context()); err != nil {
		t.Errorf("Load: %v", err)
	}
}

// A Register whose write failed may be repeated, or given up for another,
// whether the write took effect or not.
func TestRegisterAgainAfterAFailedWrite(t *testing.T) {
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		for _, second := range []string{"more", "other"} {
			fault := kvtest.NewFault(memkv.New())
			w := takeOver(t, fault.KV(), nil)
			fault.FailAt(fault.Calls()+2, when) // the manifest is read, then written
			wantError(t, "Register", w.m.Register("more", newAccountStore()), kvtest.ErrInjected)
			if err := w.m.Register(second, newAccountStore()); err != nil {
				t.Errorf("%v: Register of %q after that of more: %v", when, second, err)
			}
		}
	}
}
