package committer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// These tests run two MultiCommitters over one KV. The old writer does not know
// that another writer has taken over. It must notice, and none of its writes may
// make the KV unloadable.

// writer is one of the two MultiCommitters, with its store.
type writer struct {
	t        *testing.T
	m        *committer.MultiCommitter
	accounts *accountStore
}

// takeOver returns a loaded writer over the KV. If db is not nil, an external over
// db is registered.
func takeOver(t *testing.T, kv committer.KV, db *database, opts ...committer.CommitterOpt) *writer {
	t.Helper()
	w := &writer{t: t, accounts: newAccountStore()}
	members := map[string]committer.Committable{"accounts": w.accounts}
	if db != nil {
		members["bank"] = newExternal(db)
	}
	w.m = committer.NewCommitter(kv, members, opts...)
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

// A crash leaves a session of the current writer decided. The old writer then
// begins a session and overwrites the pending entry with its own key.
func TestDecidedSessionOutlivesTheEntryOfAFencedWriter(t *testing.T) {
	kv, db := memkv.New(), newDatabase()
	old := takeOver(t, kv, db)
	old.commits("one")

	fault := kvtest.NewFault(kv)
	current := takeOver(t, fault, db)
	fault.CrashAt(fault.Calls()+3, kvtest.Before) // pending entry, decided record, crash
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

// After a Register whose write failed, Register of the same name and of another
// name both succeed, whether the write took effect or not.
func TestRegisterAgainAfterAFailedWrite(t *testing.T) {
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		for _, second := range []string{"more", "other"} {
			fault := kvtest.NewFault(memkv.New())
			w := takeOver(t, fault, nil)
			fault.FailAt(fault.Calls()+2, when) // the manifest is read, then written
			wantError(t, "Register", w.m.Register("more", newAccountStore()), kvtest.ErrInjected)
			if err := w.m.Register(second, newAccountStore()); err != nil {
				t.Errorf("%v: Register of %q after that of more: %v", when, second, err)
			}
		}
	}
}

// The old writer is fenced although the records that conflict with it are gone:
// the current writer has deleted them after a checkpoint, or has rolled back to a
// new epoch.
func TestWriterIsFencedWithoutConflictingRecords(t *testing.T) {
	for name, takeOverAndDrop := range map[string]func(kv committer.KV){
		"a checkpoint deletes the records": func(kv committer.KV) {
			takeOver(t, kv, nil, checkpointEach(0)...).commits("c1", "c2", "c3", "c4")
		},
		"Rollback begins an epoch": func(kv committer.KV) {
			current := takeOver(t, kv, nil)
			if err := current.m.Rollback(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			current.commits("c1", "c2", "c3")
		},
	} {
		kv := memkv.New()
		old := takeOver(t, kv, nil)
		old.commits("one", "two")
		takeOverAndDrop(kv)
		wantError(t, name+": Do of the old writer", old.do("late"), committer.ErrFenced)
		if _, ok, err := takeOver(t, kv, nil).m.Lookup([]byte("late")); ok || err != nil {
			t.Errorf("%s: Lookup: %v, %v", name, ok, err)
		}
	}
}

func TestFencedWriterDoesNotRollBack(t *testing.T) {
	kv := memkv.New()
	old := takeOver(t, kv, nil)
	old.commits("one", "two")
	current := takeOver(t, kv, nil)
	current.commits("c1")
	wantError(t, "Rollback", old.m.Rollback(t.Context(), 1), committer.ErrFenced)
	wantError(t, "Begin", old.m.Begin(t.Context(), []byte("x")), committer.ErrClosed)
	current.commits("c2")
	if s, _, _ := takeOver(t, kv, nil).m.Last(); string(s.Key) != "c2" {
		t.Errorf("the last session is %q", s.Key)
	}
}

// smallKV is a KV with a small MaxValue that calls onCreate before each Create.
type smallKV struct {
	*memkv.KV
	onCreate func(key string) // nil: nothing
}

func (s *smallKV) MaxValue() int { return 16 << 10 }

func (s *smallKV) Create(ctx context.Context, key, value []byte) error {
	if s.onCreate != nil {
		s.onCreate(string(key))
	}
	return s.KV.Create(ctx, key, value)
}

func (w *writer) doLarge(ctx context.Context, key string) error {
	_, _, err := w.m.Do(ctx, []byte(key), func(context.Context) error {
		return w.accounts.Put(account{ID: key, Owner: strings.Repeat(key, 30_000)})
	})
	return err
}

// Load does not delete the pieces of a record that another writer is writing.
func TestLoadLeavesPiecesOfOthers(t *testing.T) {
	kv := &smallKV{KV: memkv.New()}
	old := takeOver(t, kv, nil)
	old.commits("one")
	kv.onCreate = func(key string) {
		if strings.HasPrefix(key, "mc/session/") {
			kv.onCreate = nil
			takeOver(t, &smallKV{KV: kv.KV}, nil)
		}
	}
	if err := old.doLarge(t.Context(), "large"); err != nil {
		t.Fatal(err)
	}
	if s, _, _ := takeOver(t, kv, nil).m.Last(); string(s.Key) != "large" {
		t.Errorf("the last session is %q", s.Key)
	}
}

// The old writer abandons a large session and is then fenced. It does not delete
// the pieces that the current writer has written for the session with the same
// sequence. These pieces are deleted together with their record.
func TestFencedWriterLeavesPiecesOfOthers(t *testing.T) {
	kv := &smallKV{KV: memkv.New()}
	old := takeOver(t, kv, nil)
	old.commits("one")
	ctx, cancel := context.WithCancel(t.Context())
	kv.onCreate = func(key string) {
		if strings.HasPrefix(key, "mc/session/") {
			cancel()
		}
	}
	wantError(t, "Do", old.doLarge(ctx, "given up"), context.Canceled)
	kv.onCreate = nil

	current := takeOver(t, &smallKV{KV: kv.KV}, nil, append(checkpointEach(0), committer.WithDiscardPending())...)
	if err := current.doLarge(t.Context(), "large"); err != nil {
		t.Fatal(err)
	}
	wantError(t, "Do of the old writer", old.do("late"), committer.ErrFenced)
	again := takeOver(t, kv, nil, checkpointEach(0)...)
	if s, _, _ := again.m.Last(); string(s.Key) != "large" {
		t.Errorf("the last session is %q", s.Key)
	}
	if err := again.m.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	again.commits("two", "three", "four")
	if n := countIn(kv.KV, "mc/part/"); n > 0 {
		t.Errorf("%d pieces of deleted records are left", n)
	}
}
