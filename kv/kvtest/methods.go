package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/kv"
)

// Methods is a set of optional methods of KVs.
type Methods uint8

// The optional methods. None is the empty set, and All has every method.
const (
	Batch    Methods = 1 << iota // of kv.Batcher
	Create                       // of kv.Creator
	Sync                         // of kv.Syncer
	MaxValue                     // of kv.MaxValuer

	None Methods = 0
	All          = Batch | Create | Sync | MaxValue
)

// Has reports whether the set has every method of other.
func (m Methods) Has(other Methods) bool { return m&other == other }

// Subsets returns every subset of m, from None to m itself. A test that goes
// through them with [Only] covers every kind of KV.
func (m Methods) Subsets() []Methods {
	var subsets []Methods
	for s := None; s <= All; s++ {
		if m.Has(s) {
			subsets = append(subsets, s)
		}
	}
	return subsets
}

// String returns the names of the methods, as in "Batch+Sync", or "None".
func (m Methods) String() string {
	var names []string
	for bit, name := range []string{"Batch", "Create", "Sync", "MaxValue"} {
		if m.Has(1 << bit) {
			names = append(names, name)
		}
	}
	if names == nil {
		return "None"
	}
	return strings.Join(names, "+")
}

// methodsOf returns the set of what a KV supports.
func methodsOf(c kv.Capabilities) Methods {
	m := None
	if c.Batcher != nil {
		m |= Batch
	}
	if c.Creator != nil {
		m |= Create
	}
	if c.Syncer != nil {
		m |= Sync
	}
	if c.MaxValue > 0 {
		m |= MaxValue
	}
	return m
}

// Only returns a KV that does what store does, but supports only those optional
// methods that are in keep. It adds none that store lacks.
//
// A KV that needs Sync breaks the contract without it: a power loss can take
// writes that returned nil.
func Only(store kv.KV, keep Methods) kv.KV { return only{store, keep} }

// only has no Unwrap, which would show what it hides.
type only struct {
	kv.KV
	keep Methods
}

func (o only) Batch(ctx context.Context, ops []kv.Op) error {
	if !o.keep.Has(Batch) {
		return unsupported(Batch)
	}
	return kv.Batch(ctx, o.KV, ops)
}

func (o only) Create(ctx context.Context, key, value []byte) error {
	if !o.keep.Has(Create) {
		return unsupported(Create)
	}
	return kv.Create(ctx, o.KV, key, value)
}

func (o only) Sync(ctx context.Context) error {
	if !o.keep.Has(Sync) {
		return unsupported(Sync)
	}
	return kv.Sync(ctx, o.KV)
}

func (o only) MaxValue() int {
	if !o.keep.Has(MaxValue) {
		return 0
	}
	return kv.MaxValue(o.KV)
}

// unsupported is the error of a method that a KV has but does not support.
func unsupported(method Methods) error {
	return fmt.Errorf("kvtest: %v: %w", method, errors.ErrUnsupported)
}
