package kvtest

import (
	"strings"

	"github.com/gencommittable/gencommittable/kv"
)

// Interfaces is a set of the optional interfaces of package kv.
type Interfaces uint8

// The optional interfaces. Plain is the set of none, All of all.
const (
	Batch  Interfaces = 1 << iota // kv.Batcher
	Create                        // kv.Creator
	Sync                          // kv.Syncer
	Size                          // kv.Sizer

	Plain Interfaces = 0
	All              = Batch | Create | Sync | Size
)

// Of returns which optional interfaces store has.
func Of(store kv.KV) Interfaces {
	has := Plain
	if _, ok := store.(kv.Batcher); ok {
		has |= Batch
	}
	if _, ok := store.(kv.Creator); ok {
		has |= Create
	}
	if _, ok := store.(kv.Syncer); ok {
		has |= Sync
	}
	if _, ok := store.(kv.Sizer); ok {
		has |= Size
	}
	return has
}

// Has reports whether the set has all of other.
func (i Interfaces) Has(other Interfaces) bool { return i&other == other }

// Subsets returns every set that has nothing beyond i, from Plain to i itself:
// what to give to Only in order to test on every kind of KV.
func (i Interfaces) Subsets() []Interfaces {
	var subsets []Interfaces
	for s := Plain; s <= All; s++ {
		if i.Has(s) {
			subsets = append(subsets, s)
		}
	}
	return subsets
}

// String returns the names of the interfaces, as in "Batch+Sync", or "Plain".
func (i Interfaces) String() string {
	var names []string
	for bit, name := range []string{"Batch", "Create", "Sync", "Size"} {
		if i.Has(1 << bit) {
			names = append(names, name)
		}
	}
	if names == nil {
		return "Plain"
	}
	return strings.Join(names, "+")
}

// Only returns store with those of its optional interfaces that are in keep; of
// the others a type assertion finds nothing. It cannot add what store lacks.
//
// Without its Sync, a KV that needs one does not survive power loss as the
// contract wants.
func Only(store kv.KV, keep Interfaces) kv.KV {
	// In a struct of embedded interfaces just their methods are promoted, so the
	// type of the result says what it has. Go makes no such type at run time;
	// hence one case for each set.
	b, _ := store.(kv.Batcher)
	c, _ := store.(kv.Creator)
	y, _ := store.(kv.Syncer)
	z, _ := store.(kv.Sizer)
	switch keep & Of(store) {
	case Batch:
		return struct {
			kv.KV
			kv.Batcher
		}{store, b}
	case Create:
		return struct {
			kv.KV
			kv.Creator
		}{store, c}
	case Sync:
		return struct {
			kv.KV
			kv.Syncer
		}{store, y}
	case Size:
		return struct {
			kv.KV
			kv.Sizer
		}{store, z}
	case Batch | Create:
		return struct {
			kv.KV
			kv.Batcher
			kv.Creator
		}{store, b, c}
	case Batch | Sync:
		return struct {
			kv.KV
			kv.Batcher
			kv.Syncer
		}{store, b, y}
	case Batch | Size:
		return struct {
			kv.KV
			kv.Batcher
			kv.Sizer
		}{store, b, z}
	case Create | Sync:
		return struct {
			kv.KV
			kv.Creator
			kv.Syncer
		}{store, c, y}
	case Create | Size:
		return struct {
			kv.KV
			kv.Creator
			kv.Sizer
		}{store, c, z}
	case Sync | Size:
		return struct {
			kv.KV
			kv.Syncer
			kv.Sizer
		}{store, y, z}
	case Batch | Create | Sync:
		return struct {
			kv.KV
			kv.Batcher
			kv.Creator
			kv.Syncer
		}{store, b, c, y}
	case Batch | Create | Size:
		return struct {
			kv.KV
			kv.Batcher
			kv.Creator
			kv.Sizer
		}{store, b, c, z}
	case Batch | Sync | Size:
		return struct {
			kv.KV
			kv.Batcher
			kv.Syncer
			kv.Sizer
		}{store, b, y, z}
	case Create | Sync | Size:
		return struct {
			kv.KV
			kv.Creator
			kv.Syncer
			kv.Sizer
		}{store, c, y, z}
	case All:
		return struct {
			kv.KV
			kv.Batcher
			kv.Creator
			kv.Syncer
			kv.Sizer
		}{store, b, c, y, z}
	}
	return struct{ kv.KV }{store}
}
