package kvtest

import (
	"context"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestMemKV(t *testing.T) {
	Run(t, func(*testing.T) kv.KV { return memkv.New() }, nil, WithVolatile())
}

// TestUnsynced runs the suite on Unsynced, with power losses that leave all, half
// or none of the unsynced writes.
func TestUnsynced(t *testing.T) {
	survivors := map[string]func(pending int) int{
		"all writes survive":  func(pending int) int { return pending },
		"half of them":        func(pending int) int { return pending / 2 },
		"only what is synced": func(int) int { return 0 },
	}
	for name, k := range survivors {
		t.Run(name, func(t *testing.T) {
			Run(
				t,
				func(*testing.T) kv.KV { return NewUnsynced() },
				func(_ *testing.T, old kv.KV) kv.KV {
					u := old.(*Unsynced)
					return u.AfterCrash(u.Pending())
				},
				WithPowerLoss(func(_ *testing.T, old kv.KV) kv.KV {
					u := old.(*Unsynced)
					return u.AfterCrash(k(u.Pending()))
				}),
			)
		})
	}
}

// TestEverySubset runs the suite on a KV without some of its methods, inside a
// Fault that interrupts no call, and inside Limit if it has MaxValue. The suite
// must not notice any of them.
func TestEverySubset(t *testing.T) {
	for _, subset := range All.Subsets() {
		t.Run(subset.String(), func(t *testing.T) {
			Run(t, func(t *testing.T) kv.KV {
				store := NewFault(kvWith(subset))
				if got := supports(store); got != subset {
					t.Fatalf("the KV supports %v, want %v", got, subset)
				}
				return store
			}, nil, WithVolatile())
		})
	}
}

// kvWith returns a KV that supports these methods.
func kvWith(methods Methods) kv.KV {
	if methods.Has(MaxValue) {
		return Only(Limit(NewUnsynced(), maxValue), methods)
	}
	return Only(NewUnsynced(), methods)
}

// around is a wrapper that intercepts Set and Delete.
type around struct{ kv.KV }

func (a around) Unwrap() kv.KV { return a.KV }

func (a around) Set(ctx context.Context, key, value []byte) error { return a.KV.Set(ctx, key, value) }

func (a around) Delete(ctx context.Context, key []byte) error { return a.KV.Delete(ctx, key) }

// TestWrappers runs the suite on wrappers with Unwrap, around KVs of every kind.
func TestWrappers(t *testing.T) {
	for _, subset := range All.Subsets() {
		t.Run(subset.String(), func(t *testing.T) {
			Run(t, func(t *testing.T) kv.KV {
				store := around{around{kvWith(subset)}}
				if got := supports(store); got != subset {
					t.Fatalf("the KV supports %v, want %v", got, subset)
				}
				return store
			}, nil, WithVolatile())
		})
	}
}

// TestChecksCatchBrokenKVs shows that the checks of the suite can fail: each KV of
// brokenKVs breaks the contract in one way, and the check for it must find that.
func TestChecksCatchBrokenKVs(t *testing.T) {
	caught := make(map[string]bool)
	for _, broken := range brokenKVs() {
		t.Run(broken.name, func(t *testing.T) {
			c := checkNamed(t, broken.caughtBy)
			sub := broken.open()
			if reason := c.unfit(sub); reason != "" {
				t.Fatalf("%s does not apply: %s", c.name, reason)
			}
			err := c.run(t.Context(), sub)
			if err == nil {
				t.Fatalf("%s passed", c.name)
			}
			t.Log(err)
		})
		caught[broken.caughtBy] = true
	}
	for _, c := range checks() {
		if !caught[c.name] {
			t.Errorf("no broken KV shows that %s can fail", c.name)
		}
	}
}

// TestRandomCallsCatchBrokenKVs shows that the comparison of random calls with a
// map finds broken KVs.
func TestRandomCallsCatchBrokenKVs(t *testing.T) {
	names := map[string]bool{"batch in reverse": true, "create overwrites": true, "keys end at a NUL": true}
	for _, broken := range brokenKVs() {
		if !names[broken.name] {
			continue
		}
		t.Run(broken.name, func(t *testing.T) {
			sub := broken.open()
			for seed := range 500 {
				if err := compareWithMap(t.Context(), sub, string(rune('A'+seed)), steps(sub).Example(seed)); err != nil {
					t.Log(err)
					return
				}
			}
			t.Fatal("500 random sequences did not find it")
		})
	}
}

func checkNamed(t *testing.T, name string) check {
	t.Helper()
	for _, c := range checks() {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("there is no check %q", name)
	return check{}
}
