package kvtest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/kv"
)

// effects returns the values that script left, and the number of pending writes.
func effects(t *testing.T, u *Unsynced) string {
	t.Helper()
	s := subject{KV: u}
	state, err := s.state(t.Context(), "set", "dropped", "batch", "batch2", "created")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s, %d pending", state, u.Pending())
}

// TestUnsyncedAfterCrash compares the result of AfterCrash(k) with a KV on which
// only the first k writes were made.
func TestUnsyncedAfterCrash(t *testing.T) {
	u := NewUnsynced()
	script(t.Context(), u) // ends with a Sync
	writes := []func(*Unsynced) error{
		func(u *Unsynced) error { return u.Set(t.Context(), []byte("set"), []byte("2")) },
		func(u *Unsynced) error {
			return u.Batch(t.Context(), []kv.Op{drop("batch"), put("batch2", "2"), put("dropped", "2")})
		},
		func(u *Unsynced) error { return u.Delete(t.Context(), []byte("created")) },
		func(u *Unsynced) error { return u.Create(t.Context(), []byte("created"), []byte("2")) },
	}
	for _, write := range writes {
		if err := write(u); err != nil {
			t.Fatal(err)
		}
	}
	if u.Pending() != len(writes) {
		t.Fatalf("%d pending, want %d", u.Pending(), len(writes))
	}
	for k := -1; k <= len(writes)+1; k++ {
		want := NewUnsynced()
		script(t.Context(), want)
		for _, write := range writes[:min(max(k, 0), len(writes))] {
			if err := write(want); err != nil {
				t.Fatal(err)
			}
		}
		if err := want.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := u.AfterCrash(k)
		if diff := cmp.Diff(effects(t, want), effects(t, after)); diff != "" {
			t.Errorf("AfterCrash(%d) (-want +got):\n%s", k, diff)
		}
		if err := after.Set(t.Context(), []byte("set"), []byte("other")); err != nil {
			t.Fatal(err)
		}
	}
	if got := effects(t, u.AfterCrash(0)); got != replay(t, func(int) bool { return true }) {
		t.Errorf("writes to the result of AfterCrash changed the KV itself: %s", got)
	}
}

// TestUnsyncedAfterExit checks that AfterExit keeps all writes, that a power loss
// can still take the pending ones, and that the two KVs do not affect each other.
func TestUnsyncedAfterExit(t *testing.T) {
	u := NewUnsynced()
	script(t.Context(), u) // ends with a Sync
	s := subject{KV: u}
	if err := errors.Join(s.set(t.Context(), "set", "2"), s.del(t.Context(), "batch")); err != nil {
		t.Fatal(err)
	}
	before := effects(t, u)
	after := u.AfterExit()
	if diff := cmp.Diff(before, effects(t, after)); diff != "" {
		t.Errorf("AfterExit (-want +got):\n%s", diff)
	}
	for k := range 3 {
		if diff := cmp.Diff(effects(t, u.AfterCrash(k)), effects(t, after.AfterCrash(k))); diff != "" {
			t.Errorf("AfterExit, AfterCrash(%d) (-want +got):\n%s", k, diff)
		}
	}
	a := subject{KV: after}
	if err := errors.Join(a.set(t.Context(), "set", "3"), after.Sync(t.Context()), a.del(t.Context(), "batch2")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, effects(t, u)); diff != "" {
		t.Errorf("writes to the result of AfterExit changed the KV itself (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(replay(t, func(int) bool { return true }), effects(t, u.AfterCrash(0))); diff != "" {
		t.Errorf("a Sync of the result of AfterExit synced the KV itself (-want +got):\n%s", diff)
	}
}
