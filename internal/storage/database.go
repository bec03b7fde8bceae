package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/kv"
)

// Errors makes the errors that users compare with.
type Errors struct {
	// Corrupt returns the error for a value that cannot be what was written.
	Corrupt func(key, reason string) error
	// Limit returns the error for something that is too large. Sizes are in
	// bytes.
	Limit func(what string, size, limit int) error
	// Fenced is wrapped by errors that say that another writer has written to
	// the KV.
	Fenced error
}

// DB is a database in a KV. Its methods are safe for concurrent use if those of
// the KV are.
type DB struct {
	kv       kv.KV
	supports kv.Capabilities
	errors   Errors
}

// minValue is the length of values that a KV must accept at least: an
// idempotency key and a manifest must fit.
const minValue = 16 << 10

// Open resolves what the KV supports and returns a DB over it. It neither reads
// nor writes values.
func Open(ctx context.Context, store kv.KV, errs Errors) (*DB, error) {
	d := &DB{kv: store, supports: kv.Resolve(ctx, store), errors: errs}
	if limit := d.maxValue(); limit < minValue {
		return nil, fmt.Errorf("committer: the KV accepts values of up to %d bytes, and must accept %d", limit, minValue)
	}
	return d, nil
}

// Shared reports whether another writer may have the KV open.
func (d *DB) Shared() bool { return d.supports.Creator != nil }

// Syncs reports whether a write may be lost until Sync returns.
func (d *DB) Syncs() bool { return d.supports.Syncer != nil }

// Batches reports whether WriteRecord can also delete the pending entry. A
// shared KV needs Create for records instead, which fences other writers.
func (d *DB) Batches() bool { return d.supports.Batcher != nil && !d.Shared() }

// maxValue returns the length of the longest value that the KV accepts.
func (d *DB) maxValue() int {
	if d.supports.MaxValue > 0 {
		return d.supports.MaxValue
	}
	return format.MaxRecord
}

// Get returns the value of a key, nil if it is absent.
func (d *DB) Get(ctx context.Context, key string) ([]byte, error) {
	value, err := d.kv.Get(ctx, []byte(key))
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("committer: read %s: %w", key, err)
	case value == nil:
		return []byte{}, nil
	}
	return value, nil
}

// set writes a value. A value that the KV does not accept is a limit error.
func (d *DB) set(ctx context.Context, key string, value []byte) error {
	if limit := d.maxValue(); len(value) > limit {
		return d.errors.Limit(key, len(value), limit)
	}
	if err := d.kv.Set(ctx, []byte(key), value); err != nil {
		return fmt.Errorf("committer: write %s: %w", key, err)
	}
	return nil
}

// create writes a value that must be absent. Where the KV is shared, a different
// value that is there is an error that wraps Fenced.
func (d *DB) create(ctx context.Context, key string, value []byte) error {
	creator := d.supports.Creator
	if creator == nil {
		return d.kv.Set(ctx, []byte(key), value)
	}
	err := creator.Create(ctx, []byte(key), value)
	if !errors.Is(err, kv.ErrExists) {
		return err
	}
	there, err := d.kv.Get(ctx, []byte(key))
	switch {
	case err != nil:
		return err
	case !bytes.Equal(there, value):
		return d.fenced(key)
	}
	return nil
}

// Sync returns when everything written is on stable storage. It does not end
// with ctx: after a Sync without an answer nobody could use the KV any more.
func (d *DB) Sync(ctx context.Context) error {
	if s := d.supports.Syncer; s != nil {
		if err := s.Sync(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
	}
	return nil
}

// SetMarker writes the marker.
func (d *DB) SetMarker(ctx context.Context) error {
	return d.set(ctx, format.MarkerKey, format.EncodeMarker())
}

// SetPending writes the pending entry.
func (d *DB) SetPending(ctx context.Context, p *format.Pending) error {
	return d.kv.Set(ctx, []byte(format.PendingKey), p.Encode())
}

// DeletePending deletes the pending entry.
func (d *DB) DeletePending(ctx context.Context) error {
	return d.kv.Delete(ctx, []byte(format.PendingKey))
}

var (
	errMissing = errors.New("it is missing")
	errOther   = errors.New("it is not the value that was written")
)

func (d *DB) corrupt(key string, reason error) error {
	return d.errors.Corrupt(key, reason.Error())
}

func (d *DB) fenced(key string) error {
	return fmt.Errorf("%w: %s was written by another writer", d.errors.Fenced, key)
}
