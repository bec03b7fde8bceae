package kvtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/kv"
)

// script makes seven calls: one of each method, and two of Set. It does not stop
// at errors.
func script(ctx context.Context, store kv.KV) []error {
	b := func(s string) []byte { return []byte(s) }
	_, getErr := store.Get(ctx, b("set"))
	return []error{
		getErr,
		store.Set(ctx, b("set"), b("1")),
		store.Set(ctx, b("dropped"), b("1")),
		store.Delete(ctx, b("dropped")),
		kv.Batch(ctx, store, []kv.Op{put("batch", "1"), put("batch2", "1")}),
		kv.Create(ctx, store, b("created"), b("1")),
		kv.Sync(ctx, store),
	}
}

// replay returns the effects of those calls of script for which keep is true.
func replay(t *testing.T, keep func(call int) bool) string {
	t.Helper()
	u := NewUnsynced()
	ctx := t.Context()
	calls := []func() error{
		func() error { return nil },
		func() error { return u.Set(ctx, []byte("set"), []byte("1")) },
		func() error { return u.Set(ctx, []byte("dropped"), []byte("1")) },
		func() error { return u.Delete(ctx, []byte("dropped")) },
		func() error { return u.Batch(ctx, []kv.Op{put("batch", "1"), put("batch2", "1")}) },
		func() error { return u.Create(ctx, []byte("created"), []byte("1")) },
		func() error { return u.Sync(ctx) },
	}
	for i, call := range calls {
		if keep(i + 1) {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return effects(t, u)
}

const scriptCalls = 7

// TestFaultAtEveryCall interrupts each call of script in each way, and checks the
// errors, the effects and the number of calls.
func TestFaultAtEveryCall(t *testing.T) {
	for n := 1; n <= scriptCalls; n++ {
		for _, when := range []When{Before, After} {
			t.Run(fmt.Sprintf("fail %v call %d", when, n), func(t *testing.T) {
				u := NewUnsynced()
				f := NewFault(u)
				f.FailAt(n, when)
				for i, err := range script(t.Context(), f) {
					if got, want := errors.Is(err, ErrInjected), i+1 == n; got != want {
						t.Errorf("call %d returned %v; injected: %v, want %v", i+1, err, got, want)
					}
				}
				want := replay(t, func(call int) bool { return call != n || when == After })
				if diff := cmp.Diff(want, effects(t, u)); diff != "" {
					t.Errorf("effects (-want +got):\n%s", diff)
				}
				if f.Calls() != scriptCalls {
					t.Errorf("%d calls, want %d", f.Calls(), scriptCalls)
				}
			})
			t.Run(fmt.Sprintf("crash %v call %d", when, n), func(t *testing.T) {
				u := NewUnsynced()
				f := NewFault(u)
				f.CrashAt(n, when)
				for i, err := range script(t.Context(), f) {
					if got, want := errors.Is(err, ErrCrashed), i+1 >= n; got != want {
						t.Errorf("call %d returned %v; crashed: %v, want %v", i+1, err, got, want)
					}
				}
				want := replay(t, func(call int) bool { return call < n || call == n && when == After })
				if diff := cmp.Diff(want, effects(t, u)); diff != "" {
					t.Errorf("effects (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestFaultFailedSyncStopsTheKV(t *testing.T) {
	u := NewUnsynced()
	f := NewFault(u)
	f.FailAt(1, Before)
	if err := f.Sync(t.Context()); !errors.Is(err, ErrInjected) {
		t.Fatalf("Sync returned %v, want ErrInjected", err)
	}
	if err := f.Set(t.Context(), []byte("a"), nil); !errors.Is(err, ErrInjected) {
		t.Errorf("Set after a failed Sync returned %v, want ErrInjected", err)
	}
	if u.Pending() != 0 {
		t.Error("Set after a failed Sync took effect")
	}
	if err := u.Set(t.Context(), []byte("a"), nil); err != nil {
		t.Errorf("the inner KV returned %v, want nil", err)
	}
}

func TestFaultLog(t *testing.T) {
	f := NewFault(NewUnsynced())
	f.CrashAt(6, Before)
	script(t.Context(), f)
	var got []string
	for _, call := range f.Log() {
		got = append(got, call.String())
	}
	want := []string{
		`#1 Get "set": kvtest: key "set": kv: key not found`,
		`#2 Set "set"`,
		`#3 Set "dropped"`,
		`#4 Delete "dropped"`,
		`#5 Batch "batch" "batch2"`,
		`#6 Create "created": kvtest: crashed before call 6, Create, took effect`,
		`#7 Sync: kvtest: crashed before call 6, Create, took effect`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestFaultDoesNotCountProbes checks that kv.Resolve, before and after a crash,
// changes neither the numbers of calls nor the KV, and is not interrupted.
func TestFaultDoesNotCountProbes(t *testing.T) {
	u := NewUnsynced()
	if err := u.Set(t.Context(), []byte("a"), nil); err != nil {
		t.Fatal(err)
	}
	f := NewFault(u)
	f.CrashAt(1, Before)
	if got, want := supports(f), Batch|Create|Sync; got != want || f.Calls() != 0 || f.Crashed() {
		t.Errorf("supports %v, want %v; %d calls, want none; crashed: %v", got, want, f.Calls(), f.Crashed())
	}
	if u.Pending() != 1 {
		t.Errorf("%d writes are pending, want the one before", u.Pending())
	}
	if err := f.Set(t.Context(), []byte("b"), nil); !errors.Is(err, ErrCrashed) {
		t.Errorf("the first call returned %v, want ErrCrashed", err)
	}
	if got, want := supports(f), Batch|Create|Sync; got != want || f.Calls() != 1 {
		t.Errorf("crashed, it supports %v, want %v; %d calls, want 1", got, want, f.Calls())
	}
	for what, err := range map[string]error{
		"Batch without operations": f.Batch(t.Context(), nil),
		"Create of the empty key":  f.Create(t.Context(), nil, nil),
	} {
		if !errors.Is(err, ErrCrashed) {
			t.Errorf("%s after the crash returned %v, want ErrCrashed", what, err)
		}
	}
}

// Calls of methods that the inner KV does not support are not counted either.
func TestFaultDoesNotCountUnsupportedCalls(t *testing.T) {
	f := NewFault(Only(NewUnsynced(), None))
	f.FailAt(1, After)
	for what, err := range map[string]error{
		"Batch":  f.Batch(t.Context(), []kv.Op{put("a", "1")}),
		"Create": f.Create(t.Context(), []byte("a"), nil),
		"Sync":   f.Sync(t.Context()),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s returned %v, want ErrUnsupported", what, err)
		}
	}
	if f.Calls() != 0 {
		t.Errorf("%d calls were counted, want none: %v", f.Calls(), f.Log())
	}
}

// TestFaultFromEveryCall makes every run of calls of script fail, in each way. A
// failed Sync stops the Fault, but here it is the last call.
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

// If several FailAt and FailFrom include a call, the last one counts.
func TestFaultLastOneCounts(t *testing.T) {
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
		t.Errorf("%d writes reached the inner KV, want the one before the crash", u.Pending())
	}
}

// Crashed reports true from the call of CrashAt on, and false after a failed Sync.
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
		t.Error("Crashed reports true after a failed Sync")
	}
	failing.Crash()
	if _, err := failing.Get(t.Context(), []byte("a")); !errors.Is(err, ErrCrashed) || !failing.Crashed() {
		t.Errorf("Crash after a failed Sync: %v, want ErrCrashed", err)
	}
}
