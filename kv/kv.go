package kv

import (
	"context"
	"errors"
)

// Errors that callers distinguish with errors.Is. A KV may return them wrapped.
var (
	// ErrNotFound means that the key is absent.
	ErrNotFound = errors.New("kv: key not found")
	// ErrExists means that Create found the key present and changed nothing.
	ErrExists = errors.New("kv: key exists already")
	// ErrLocked means that another process has the KV open.
	ErrLocked = errors.New("kv: another process has the KV open; close it there first")
)

// KV stores values under keys; both are bytes. The package documentation lists
// what an implementation must do.
type KV interface {
	// Get returns the value of key. If the key is absent, the error is
	// ErrNotFound, wrapped or not.
	Get(ctx context.Context, key []byte) ([]byte, error)
	// Set stores value under key and replaces the value that was there.
	Set(ctx context.Context, key, value []byte) error
	// Delete removes key and its value. It returns nil if the key is absent.
	Delete(ctx context.Context, key []byte) error
}

// Op is one operation of a Batch: Set(Key, Value), or Delete(Key) if Delete is
// true. The Value of a delete is ignored.
type Op struct {
	Key, Value []byte
	Delete     bool
}

// Batcher is a KV that can write several keys at once.
type Batcher interface {
	// Batch applies the operations in order, all or none of them. A later
	// operation wins over an earlier one on the same key. There may be no
	// operations: then it returns nil, or errors.ErrUnsupported.
	Batch(ctx context.Context, ops []Op) error
}

// Creator is a KV that can write a key only if it is absent. With it a writer
// notices that a writer on another machine has taken over.
type Creator interface {
	// Create stores value under key if the key is absent. If it is present,
	// Create changes nothing and returns ErrExists, wrapped or not.
	Create(ctx context.Context, key, value []byte) error
}

// MaxValuer is a KV that limits the length of values.
type MaxValuer interface {
	// MaxValue returns the length of the longest value that the KV accepts, in
	// bytes. It never changes; 0 means that there is no limit. A Batch accepts
	// two values of that length, and may refuse more.
	MaxValue() int
}

// Syncer is a KV whose writes may not be on stable storage yet when they
// return.
type Syncer interface {
	// Sync returns nil once all writes made before it are on stable storage.
	Sync(ctx context.Context) error
}
