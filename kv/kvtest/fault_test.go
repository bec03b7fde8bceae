package kvtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// script makes seven calls, one of each kind and Set twice, and goes on after
// errors, so that it shows which calls took effect.
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

// effects returns what script left, key by key, and how much of it is synced.
func effects(t *testing.T, u *Unsynced) string {
	t.Helper()
	s := subject{KV: u}
	state, err := s.state(t.Context(), "set", "dropped", "batch", "batch2", "created")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s, %d pending", state, u.Pending())
}

// replay returns what script leaves when just the calls that keep names are
// made.
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

// TestFaultAtEveryCall interrupts each call of a script in each way, and looks
// at the errors, the effects and the log.
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
		t.Errorf("the KV inside returned %v, want nil", err)
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

// TestFaultDoesNotCountProbes: kv.Resolve, before and after the crash, changes
// neither the numbers of calls nor the KV, and is not the call that fails.
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

// Calls that the inner KV does not support have no number either.
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

func TestMethods(t *testing.T) {
	if got, want := supports(NewFault(memkv.New())).String(), "Batch+Create"; got != want {
		t.Errorf("a Fault around memkv supports %s, want %s", got, want)
	}
	if got, want := len(supports(memkv.New()).Subsets()), 4; got != want {
		t.Errorf("memkv has %d subsets, want %d", got, want)
	}
	if got, want := supports(Only(memkv.New(), Sync|MaxValue|Create)), Create; got != want {
		t.Errorf("Only kept %v, want %v", got, want)
	}
	if got, want := None.String(), "None"; got != want {
		t.Errorf("the empty set prints as %q, want %q", got, want)
	}
}

// TestUnsyncedAfterCrash checks each number of survivors against the writes made
// one by one.
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
		if err := after.Set(t.Context(), []byte("set"), []byte("elsewhere")); err != nil {
			t.Fatal(err)
		}
	}
	if got := effects(t, u.AfterCrash(0)); got != replay(t, func(int) bool { return true }) {
		t.Errorf("writes to what a crash left changed the KV itself: %s", got)
	}
}
