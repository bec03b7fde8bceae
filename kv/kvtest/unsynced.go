package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/kv"
)

// errEmptyKey is how Unsynced refuses the empty key.
var errEmptyKey = errors.New("kvtest: the key is empty; give it at least one byte")

// Unsynced is a KV in memory whose writes are on its imaginary disk only after
// Sync. Until then it keeps them in order, and tells with AfterCrash what a
// power loss would leave. It has Batch, Create and Sync; see Only for less.
//
// Set, Delete, a Create that created, and a Batch of at least one operation are
// one write each: a power loss takes the whole of it, or nothing.
type Unsynced struct {
	mu      sync.Mutex        // guards what follows
	synced  map[string][]byte // on the disk; values are never changed in place
	current map[string][]byte // synced with pending applied: what Get sees
	pending [][]kv.Op         // the writes since the last Sync, oldest first
}

var (
	_ kv.KV      = (*Unsynced)(nil)
	_ kv.Batcher = (*Unsynced)(nil)
	_ kv.Creator = (*Unsynced)(nil)
	_ kv.Syncer  = (*Unsynced)(nil)
)

// NewUnsynced returns an empty KV.
func NewUnsynced() *Unsynced { return newUnsynced(make(map[string][]byte)) }

func newUnsynced(disk map[string][]byte) *Unsynced {
	return &Unsynced{synced: disk, current: maps.Clone(disk)}
}

// Pending returns the number of writes since the last Sync.
func (u *Unsynced) Pending() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.pending)
}

// AfterCrash returns a new KV with what is there after a power loss in which the
// first k writes since the last Sync reached the disk; k below zero counts as
// zero and above Pending as Pending. The end of the process may leave the same,
// in a KV that holds writes in its own memory. What is there is synced. u itself
// is not changed, and shares nothing with the result, so every k can be tried.
func (u *Unsynced) AfterCrash(k int) *Unsynced {
	u.mu.Lock()
	defer u.mu.Unlock()
	disk := maps.Clone(u.synced)
	for _, write := range u.pending[:min(max(k, 0), len(u.pending))] {
		applyTo(disk, write)
	}
	return newUnsynced(disk)
}

// AfterExit returns a new KV with what is there after the end of the process,
// where the operating system held the writes: all of them, and those that were
// pending still are, so that a power loss afterwards can take them. u itself is
// not changed, and shares nothing with the result.
func (u *Unsynced) AfterExit() *Unsynced {
	u.mu.Lock()
	defer u.mu.Unlock()
	// Values and pending writes are never changed in place, so that what is
	// cloned here is all that either of the two can change.
	return &Unsynced{
		synced:  maps.Clone(u.synced),
		current: maps.Clone(u.current),
		pending: slices.Clone(u.pending),
	}
}

// Get returns a copy of the value of key, synced or not, or kv.ErrNotFound.
func (u *Unsynced) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := checkCall(ctx, key); err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	value, ok := u.current[string(key)]
	if !ok {
		return nil, fmt.Errorf("kvtest: key %q: %w", key, kv.ErrNotFound)
	}
	return bytes.Clone(value), nil
}

// Set gives key a copy of value.
func (u *Unsynced) Set(ctx context.Context, key, value []byte) error {
	return u.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete makes key absent, which it may be already.
func (u *Unsynced) Delete(ctx context.Context, key []byte) error {
	return u.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, as one write.
func (u *Unsynced) Batch(ctx context.Context, ops []kv.Op) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("kvtest: nothing written: %w", err)
	}
	write := make([]kv.Op, len(ops))
	for i, op := range ops {
		if len(op.Key) == 0 {
			return errEmptyKey
		}
		write[i] = kv.Op{Key: bytes.Clone(op.Key), Value: append([]byte{}, op.Value...), Delete: op.Delete}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.write(write)
	return nil
}

// Create sets key if it is absent, and otherwise returns kv.ErrExists.
func (u *Unsynced) Create(ctx context.Context, key, value []byte) error {
	if err := checkCall(ctx, key); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.current[string(key)]; ok {
		return fmt.Errorf("kvtest: key %q: %w", key, kv.ErrExists)
	}
	u.write([]kv.Op{{Key: bytes.Clone(key), Value: append([]byte{}, value...)}})
	return nil
}

// Sync puts all writes so far on the disk.
func (u *Unsynced) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		// Nothing was tried, so unlike after a Sync that failed on its way
		// nothing is in doubt, and u goes on.
		return fmt.Errorf("kvtest: nothing synced: %w", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, write := range u.pending {
		applyTo(u.synced, write)
	}
	u.pending = nil
	return nil
}

// write makes one write of ops, which u owns from here on. It needs u.mu.
func (u *Unsynced) write(ops []kv.Op) {
	if len(ops) == 0 {
		return
	}
	applyTo(u.current, ops)
	u.pending = append(u.pending, ops)
}

func applyTo(entries map[string][]byte, ops []kv.Op) {
	for _, op := range ops {
		if op.Delete {
			delete(entries, string(op.Key))
		} else {
			entries[string(op.Key)] = op.Value
		}
	}
}

func checkCall(ctx context.Context, key []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("kvtest: nothing done: %w", err)
	}
	if len(key) == 0 {
		return errEmptyKey
	}
	return nil
}
