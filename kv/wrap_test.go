package kv_test

import (
	"context"
	"errors"
	"io"
	"log"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

var discard = log.New(io.Discard, "", 0)

// through is a wrapper with Unwrap and no other method.
type through struct{ kv.KV }

func (t through) Unwrap() kv.KV { return t.KV }

// without hides the optional methods of a KV and can be unwrapped: what it hides
// is absent although the inner KV has it.
type without struct{ through }

func (without) Batch(context.Context, []kv.Op) error         { return errors.ErrUnsupported }
func (without) Create(context.Context, []byte, []byte) error { return errors.ErrUnsupported }
func (without) Sync(context.Context) error                   { return errors.ErrUnsupported }
func (without) MaxValue() int                                { return -1 }

// plain is a wrapper without Unwrap.
type plain struct{ kv.KV }

func TestResolve(t *testing.T) {
	var (
		disk  = kvtest.NewUnsynced()
		small = kvtest.Limit(disk, 100)
	)
	for _, c := range []struct {
		name     string
		store    kv.KV
		want     kvtest.Methods
		maxValue int
	}{
		{"no KV", nil, kvtest.None, 0},
		{"memkv", memkv.New(), kvtest.Batch | kvtest.Create, 0},
		{"a KV with all methods", small, kvtest.All, 100},
		{"wrapped", through{small}, kvtest.All, 100},
		{"wrapped twice", through{through{small}}, kvtest.All, 100},
		{"a plain wrapper", plain{small}, kvtest.None, 0},
		{"a plain wrapper, wrapped", through{plain{small}}, kvtest.None, 0},
		{"hidden by a wrapper", without{through{small}}, kvtest.None, 0},
		{"hidden by an inner wrapper", through{without{through{small}}}, kvtest.None, 0},
		{"hidden by Only", through{kvtest.Only(small, kvtest.Sync)}, kvtest.Sync, 0},
		{"logging", logging{KV: kvtest.Only(small, kvtest.Create|kvtest.MaxValue), log: discard}, kvtest.Create | kvtest.MaxValue, 100},
		{"around nothing", through{nil}, kvtest.None, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := kv.Resolve(t.Context(), c.store)
			got := kvtest.None
			for method, ok := range map[kvtest.Methods]bool{
				kvtest.Batch: r.Batcher != nil, kvtest.Create: r.Creator != nil, kvtest.Sync: r.Syncer != nil, kvtest.MaxValue: r.MaxValue > 0,
			} {
				if ok {
					got |= method
				}
			}
			if got != c.want || r.MaxValue != c.maxValue {
				t.Errorf("supports %v, and MaxValue is %d; want %v and %d", got, r.MaxValue, c.want, c.maxValue)
			}
			if c.store == nil {
				return
			}
			key := []byte(c.name)
			for method, err := range map[kvtest.Methods]error{
				kvtest.Batch:  kv.Batch(t.Context(), c.store, []kv.Op{{Key: key}}),
				kvtest.Create: kv.Create(t.Context(), c.store, append(key, '2'), nil),
				kvtest.Sync:   kv.Sync(t.Context(), c.store),
			} {
				if c.want.Has(method) && err != nil || !c.want.Has(method) && !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%v returned %v", method, err)
				}
			}
			if got := kv.MaxValue(c.store); got != c.maxValue {
				t.Errorf("MaxValue returned %d, want %d", got, c.maxValue)
			}
		})
	}
}

// Resolve has no effect, and its Sync does not sync.
func TestResolveHasNoEffect(t *testing.T) {
	disk := kvtest.NewUnsynced()
	if err := disk.Set(t.Context(), []byte("a"), nil); err != nil {
		t.Fatal(err)
	}
	kv.Resolve(t.Context(), through{disk})
	if got := disk.Pending(); got != 1 {
		t.Errorf("%d writes are pending, want the one before Resolve", got)
	}
	if _, err := disk.AfterCrash(0).Get(t.Context(), []byte("a")); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get after a crash returned %v; Resolve has synced", err)
	}
}

// What is resolved is the outermost KV that has the method: calls go through it.
func TestResolvedCallsGoThroughTheWrapper(t *testing.T) {
	disk := kvtest.NewUnsynced()
	fault := kvtest.NewFault(disk)
	r := kv.Resolve(t.Context(), through{fault})
	err := errors.Join(
		r.Batcher.Batch(t.Context(), []kv.Op{{Key: []byte("a")}}),
		r.Creator.Create(t.Context(), []byte("b"), nil),
		r.Syncer.Sync(t.Context()),
	)
	if err != nil || fault.Calls() != 3 {
		t.Errorf("%d calls went through the Fault, want 3; error: %v", fault.Calls(), err)
	}
}

// As finds concrete types, too, and the outermost one.
func TestAs(t *testing.T) {
	inner := through{memkv.New()}
	outer := through{inner}
	if got, ok := kv.As[through](outer); !ok || got != outer {
		t.Errorf("As found %v, %v; want the outermost wrapper", got, ok)
	}
	if got, ok := kv.As[*memkv.KV](outer); !ok || got != inner.KV {
		t.Errorf("As found %v, %v; want the memkv", got, ok)
	}
	if _, ok := kv.As[kv.KV](nil); ok {
		t.Error("As found a KV in nil")
	}
}

// The wrapper of the example is correct around every kind of KV.
func TestLogging(t *testing.T) {
	for _, methods := range (kvtest.Batch | kvtest.Create | kvtest.Sync).Subsets() {
		t.Run(methods.String(), func(t *testing.T) {
			kvtest.Run(t, func(*testing.T) kv.KV {
				return logging{KV: kvtest.Only(kvtest.NewUnsynced(), methods), log: discard}
			}, nil, kvtest.WithVolatile())
		})
	}
}
