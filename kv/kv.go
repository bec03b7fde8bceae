package kv

import (
	"context"
	"errors"
)

// Errors that every KV tells apart. They may come wrapped; check them with
// errors.Is.
var (
	// ErrNotFound says that the key is absent.
	ErrNotFound = errors.New("kv: key not found")
	// ErrExists says that Create found the key present and changed nothing.
	ErrExists = errors.New("kv: key exists already")
	// ErrLocked says that another process has the KV open.
	ErrLocked = errors.New("kv: another process has the KV open; close it there first")
)

// KV is a store of bytes under keys. The package documentation lists what an
// implementation must do.
type KV interface {
	// Get returns the value of key, or ErrNotFound, wrapped or not, when the
	// key is absent.
	Get(ctx context.Context, key []byte) ([]byte, error)
	// Set gives key the value, whether it was absent or not. It is atomic.
	Set(ctx context.Context, key, value []byte) error
	// Delete makes key absent. That it already was is no error.
	Delete(ctx context.Context, key []byte) error
}

// Op is one operation of a batch: the equivalent of Set(Key, Value), or, where
// Delete is true, of Delete(Key). A delete's Value is ignored.
type Op struct {
	Key, Value []byte
	Delete     bool
}

// Batcher is a KV that can write several keys at once.
type Batcher interface {
	// Batch applies the operations in order, all of them or none. A later one
	// wins over an earlier one on the same key. No operations are no error.
	Batch(ctx context.Context, ops []Op) error
}

// Creator is a KV that can tell whether it was the first to write a key. It is
// how a writer on another machine notices that it lost its place.
type Creator interface {
	// Create sets key if it is absent, and otherwise changes nothing and
	// returns ErrExists, wrapped or not.
	Create(ctx context.Context, key, value []byte) error
}

// Sizer is a KV with a limit on the length of values.
type Sizer interface {
	// MaxValue returns the length of the longest value, in bytes, that the KV
	// takes. It is positive and never changes. A Batch takes two such values,
	// and may refuse more.
	MaxValue() int
}

// Syncer is a KV whose writes are not on stable storage when they return.
type Syncer interface {
	// Sync returns once everything written before it is on stable storage.
	Sync(ctx context.Context) error
}
