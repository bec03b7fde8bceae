package kv

import (
	"context"
	"errors"
	"fmt"
)

// Wrapper is a KV around another KV. The package documentation says what a
// wrapper must do.
type Wrapper interface {
	KV
	// Unwrap returns the inner KV. It is not nil, and does not unwrap to this KV.
	Unwrap() KV
}

// As returns store as a T if it is one, else the first T among the KVs that
// Unwrap returns, from the outermost to the innermost. T is an optional
// interface of this package or one of your own; ok is false if no KV is a T.
//
// As does not call the methods of T. One of them may still return
// errors.ErrUnsupported, which then holds for store as a whole: As never looks
// behind a wrapper that is a T. [Resolve] takes that into account.
func As[T any](store KV) (t T, ok bool) {
	for store != nil {
		if t, ok = store.(T); ok {
			return t, true
		}
		wrapper, wraps := store.(Wrapper)
		if !wraps {
			break
		}
		store = wrapper.Unwrap()
	}
	return t, false
}

// What the functions below return if a KV lacks the method.
var (
	errNoBatch  = fmt.Errorf("kv: Batch: %w", errors.ErrUnsupported)
	errNoCreate = fmt.Errorf("kv: Create: %w", errors.ErrUnsupported)
	errNoSync   = fmt.Errorf("kv: Sync: %w", errors.ErrUnsupported)
)

// Batch calls Batch of store, found by [As]. The error is
// errors.ErrUnsupported if there is none.
func Batch(ctx context.Context, store KV, ops []Op) error {
	if b, ok := As[Batcher](store); ok {
		return b.Batch(ctx, ops)
	}
	return errNoBatch
}

// Create calls Create of store, found by [As]. The error is
// errors.ErrUnsupported if there is none.
func Create(ctx context.Context, store KV, key, value []byte) error {
	if c, ok := As[Creator](store); ok {
		return c.Create(ctx, key, value)
	}
	return errNoCreate
}

// Sync calls Sync of store, found by [As]. The error is
// errors.ErrUnsupported if there is none; every write is then on stable storage
// when it returns.
func Sync(ctx context.Context, store KV) error {
	if s, ok := As[Syncer](store); ok {
		return s.Sync(ctx)
	}
	return errNoSync
}

// MaxValue returns MaxValue of store, found by [As], or 0 if the length of
// values is not limited.
func MaxValue(store KV) int {
	if m, ok := As[MaxValuer](store); ok {
		return max(m.MaxValue(), 0)
	}
	return 0
}

// Capabilities are the optional methods that a KV supports. A field is nil, or 0,
// if the KV does not support the method.
type Capabilities struct {
	Batcher  Batcher
	Creator  Creator
	Syncer   Syncer
	MaxValue int
}

// Resolve returns what store supports. Call it once and keep the result: what a
// KV supports never changes.
//
// Resolve finds the optional interfaces with [As]. Then it calls Batch without
// operations, Create with the empty key, and Sync with a context that has ended.
// These calls have no effect. A method that returns errors.ErrUnsupported is left
// out of the result.
func Resolve(ctx context.Context, store KV) Capabilities {
	c := Capabilities{MaxValue: MaxValue(store)}
	if b, ok := As[Batcher](store); ok && supported(b.Batch(ctx, nil)) {
		c.Batcher = b
	}
	if cr, ok := As[Creator](store); ok && supported(cr.Create(ctx, nil, nil)) {
		c.Creator = cr
	}
	ended, end := context.WithCancel(ctx)
	end()
	if s, ok := As[Syncer](store); ok && supported(s.Sync(ended)) {
		c.Syncer = s
	}
	return c
}

// supported reports whether a method that returned err is supported.
func supported(err error) bool { return !errors.Is(err, errors.ErrUnsupported) }
