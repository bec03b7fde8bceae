package kvtest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFaultFromEveryCall makes every run of calls of a script fail, in each way.
// Sync is the last call, so that it stops nothing here.
func TestFaultFromEveryCall(t *testing.T) {
	for n := -1; n <= scriptCalls+1; n++ {
		for _, count := range []int{-1, 0, 1, 2, 4, math.MaxInt} {
			for _, when := range []When{Before, After} {
				t.Run(fmt.Sprintf("%d calls from %d on, %v", count, n, when), func(t *testing.T) {
					fails := func(call int) bool { return call >= max(n, 1) && call-max(n, 1) < count }
					u := NewUnsynced()
					f := NewFault(u)
					f.FailFrom(n, count, when)
					for i, err := range script(t.Context(), f) {
						if got, want := errors.Is(err, ErrInjected), fails(i+1); got != want {
							t.Errorf("call %d returned %v; injected: %v, want %v", i+1, err, got, want)
						}
					}
					want := replay(t, func(call int) bool { return when == After || !fails(call) })
					if diff := cmp.Diff(want, effects(t, u)); diff != "" {
						t.Errorf("effects (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

// What is said last about a call is what happens to it.
func TestFaultLastWordWins(t *testing.T) {
	u := NewUnsynced()
	f := NewFault(u)
	f.FailFrom(1, 3, Before)
	f.FailAt(2, After)
	for range 4 {
		_ = f.Set(t.Context(), fmt.Appendf(nil, "%d", f.Calls()+1), nil)
	}
	s := subject{KV: u}
	got, err := s.state(t.Context(), "1", "2", "3", "4")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`"1" absent "2"="" "3" absent "4"=""`, got); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

func TestFaultCrashNow(t *testing.T) {
	u := NewUnsynced()
	f := NewFault(u)
	if err := f.Set(t.Context(), []byte("a"), nil); err != nil || f.Crashed() {
		t.Fatalf("before the crash: %v, crashed: %v", err, f.Crashed())
	}
	f.Crash()
	f.Crash()
	if !f.Crashed() {
		t.Error("not crashed after Crash")
	}
	for i, err := range script(t.Context(), f) {
		if !errors.Is(err, ErrCrashed) {
			t.Errorf("call %d after the crash returned %v, want ErrCrashed", i+1, err)
		}
	}
	if u.Pending() != 1 {
		t.Errorf("%d writes reached the KV inside, want the one before the crash", u.Pending())
	}
}

// Crashed tells a crash from all else, and CrashAt from its call on.
func TestFaultCrashed(t *testing.T) {
	crashing := NewFault(NewUnsynced())
	crashing.CrashAt(2, After)
	for n, want := range []bool{false, false, true, true} {
		if crashing.Crashed() != want {
			t.Errorf("crashed after %d calls: %v, want %v", n, !want, want)
		}
		_ = crashing.Set(t.Context(), []byte("a"), nil)
	}

	failing := NewFault(NewUnsynced())
	failing.FailAt(scriptCalls, Before)
	script(t.Context(), failing)
	if failing.Crashed() {
		t.Error("a Sync that failed counts as a crash")
	}
	failing.Crash()
	if _, err := failing.Get(t.Context(), []byte("a")); !errors.Is(err, ErrCrashed) || !failing.Crashed() {
		t.Errorf("Crash after a Sync that failed: %v, want ErrCrashed", err)
	}
}

// TestUnsyncedAfterExit: all is there, and a power loss can still take what was
// pending, from either of the two and without the other's seeing it.
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
		t.Errorf("writes to what AfterExit returned changed the KV itself (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(replay(t, func(int) bool { return true }), effects(t, u.AfterCrash(0))); diff != "" {
		t.Errorf("a Sync of what AfterExit returned synced the KV itself (-want +got):\n%s", diff)
	}
}
