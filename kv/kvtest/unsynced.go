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

// errEmptyKey is the error of Unsynced for the empty key.
var errEmptyKey = errors.New("kvtest: the key is empty; give it at least one byte")

// Unsynced is a KV in memory with a simulated disk, which writes reach with Sync.
// Until then Unsynced keeps the writes in order, and AfterCrash returns what a
// power loss would leave. It supports Batch, Create and Sync; Only hides some of
// them.
//
// Set, Delete, a successful Create, and a Batch with at least one operation count
// as one write each. A power loss takes a write as a whole or not at all.
type Unsynced struct {
	mu      sync.Mutex        // guards the fields below
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

// AfterCrash returns a new KV with what a power loss leaves if the first k writes
// since the last Sync had reached the disk. Values of k below zero count as zero,
// and above Pending() as Pending(). Everything in the new KV is synced.
//
// For a KV that buffers writes in its own memory, the end of the process may leave
// the same. AfterCrash does not change u, so a test can try every k.
func (u *Unsynced) AfterCrash(k int) *Unsynced {
	u.mu.Lock()
	defer u.mu.Unlock()
	disk := maps.Clone(u.synced)
	for _, write := range u.pending[:min(max(k, 0), len(u.pending))] {
		applyTo(disk, write)
	}
	return newUnsynced(disk)
}

// AfterExit returns a new KV with what the end of the process leaves if the
// operating system buffers the writes: all of them. Those that were pending still
// are, so that a later power loss can take them. AfterExit does not change u.
func (u *Unsynced) AfterExit() *Unsynced {
	u.mu.Lock()
	defer u.mu.Unlock()
	// Values and pending writes are never changed in place, so a shallow copy is
	// enough.
	return &Unsynced{
		synced:  maps.Clone(u.synced),
		current: maps.Clone(u.current),
		pending: slices.Clone(u.pending),
	}
}

// Get returns a copy of the value of key, synced or not. If the key is absent,
// the error is kv.ErrNotFound.
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

// Set stores a copy of value under key.
func (u *Unsynced) Set(ctx context.Context, key, value []byte) error {
	return u.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete removes key and its value. It returns nil if the key is absent.
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

// Create stores a copy of value under key. If the key is present, the error is
// kv.ErrExists.
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

// Sync moves all pending writes to the disk.
func (u *Unsynced) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		// Not a failed Sync (rule 4): nothing was tried, so the KV stays usable.
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

// write makes one write of ops, and keeps the slice. u.mu is held.
func (u *Unsynced) write(ops []kv.Op) {
	if len(ops) == 0 {
		return
	}
	applyTo(u.current, ops)
	u.pending = append(u.pending, ops)
}

// applyTo applies operations to a map, which keeps their values.
func applyTo(entries map[string][]byte, ops []kv.Op) {
	for _, op := range ops {
		if op.Delete {
			delete(entries, string(op.Key))
		} else {
			entries[string(op.Key)] = op.Value
		}
	}
}

// checkCall returns an error if a call must not begin.
func checkCall(ctx context.Context, key []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("kvtest: nothing done: %w", err)
	}
	if len(key) == 0 {
		return errEmptyKey
	}
	return nil
}
