package storage

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/internal/format"
)

// ManifestOwner is the only writer of the manifest of a database. It reads the
// manifest back before each change, and so notices another writer, and finds out
// what became of a write that returned an error. Its methods are safe for
// concurrent use: a checkpoint in the background changes the manifest while
// sessions go on.
type ManifestOwner struct {
	db *DB

	// mu guards the fields below. It is held through every change, I/O included.
	mu      sync.Mutex
	current *version // in the KV,
	tried   *version // unless this one is: its write returned an error
}

// version is a manifest and its value. It does not change.
type version struct {
	manifest *format.Manifest
	value    []byte
}

func newVersion(m *format.Manifest) *version { return &version{m, m.Encode()} }

// NewManifestOwner returns the owner of the manifest that was read from d.
func NewManifestOwner(d *DB, read *format.Manifest) *ManifestOwner {
	return &ManifestOwner{db: d, current: newVersion(read)}
}

// Current returns the manifest, which must not be changed. After a change with
// an unknown outcome it is the manifest before the change.
func (o *ManifestOwner) Current() *format.Manifest {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.current.manifest
}

// Write replaces the manifest without reading it back first: a new database has
// none. After an error the outcome is unknown.
func (o *ManifestOwner) Write(ctx context.Context, change func(Edit)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(ctx, o.edited(change))
}

// Change replaces the manifest. The error wraps Fenced if another writer has
// replaced it already. After an error of the KV the outcome is unknown; the next
// call finds out.
func (o *ManifestOwner) Change(ctx context.Context, change func(Edit)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.readBack(ctx); err != nil {
		return err
	}
	return o.write(ctx, o.edited(change))
}

// UnknownError says that a write returned an error, and reading back what it did
// returned another.
type UnknownError struct{ Write, Read error }

func (e *UnknownError) Error() string { return errors.Join(e.Write, e.Read).Error() }

// Unwrap returns both errors.
func (e *UnknownError) Unwrap() []error { return []error{e.Write, e.Read} }

// Switch is Change for callers that cannot go on with an unknown outcome: after
// an error of the KV it reads the manifest back. If the change is there, Switch
// returns nil; if the outcome stays unknown, it returns an *UnknownError; after
// other errors the manifest is unchanged. An error of change is returned, and
// nothing is written.
func (o *ManifestOwner) Switch(ctx context.Context, change func(Edit) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.readBack(ctx); err != nil {
		return err
	}
	var refused error
	next := o.edited(func(e Edit) { refused = change(e) })
	if refused != nil {
		return refused
	}
	err := o.write(ctx, next)
	if err == nil {
		return nil
	}
	if unread := o.readBack(context.WithoutCancel(ctx)); unread != nil {
		return &UnknownError{Write: err, Read: unread}
	}
	if o.current == next {
		return nil
	}
	return err
}

// Check returns an error that wraps Fenced if another writer has replaced the
// manifest, or the error of the KV.
func (o *ManifestOwner) Check(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.readBack(ctx)
}

// Frozen calls fn with the manifest; the manifest does not change meanwhile.
// fault is nil if the value in the KV is that manifest, else an error of the KV
// or one that the value is missing or corrupt.
func (o *ManifestOwner) Frozen(ctx context.Context, fn func(m *format.Manifest, fault error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	value, err := o.db.Get(ctx, format.ManifestKey)
	v := o.current
	switch {
	case err != nil:
	case value == nil:
		err = o.db.corrupt(format.ManifestKey, errMissing)
	case bytes.Equal(value, v.value):
	case o.tried != nil && bytes.Equal(value, o.tried.value):
		v = o.tried
	default:
		err = o.db.corrupt(format.ManifestKey, errOther)
	}
	fn(v.manifest, err)
}

// FinishPending deletes what an unfinished checkpoint wrote, and all garbage. It
// does what a crash or an error of the KV left to be done.
func (o *ManifestOwner) FinishPending(ctx context.Context) error {
	if o.Current().Writing != 0 {
		if err := o.Change(ctx, Edit.AbandonCheckpoint); err != nil {
			return err
		}
	}
	return o.CollectGarbage(ctx)
}

// CollectGarbage deletes the keys that the manifest lists as garbage, and then
// the list.
func (o *ManifestOwner) CollectGarbage(ctx context.Context) error {
	garbage := o.Current().Garbage
	if len(garbage) == 0 {
		return nil
	}
	if err := o.db.DeleteGarbage(ctx, garbage); err != nil {
		return err
	}
	return o.Change(ctx, func(e Edit) {
		e.Garbage = slices.DeleteFunc(e.Garbage, func(g format.Garbage) bool { return slices.Contains(garbage, g) })
	})
}

// edited returns a changed copy of the current manifest. mu is held.
func (o *ManifestOwner) edited(change func(Edit)) *version {
	m := o.current.manifest.Clone()
	change(Edit{m})
	return newVersion(m)
}

// write writes a manifest and makes it the current one. mu is held.
func (o *ManifestOwner) write(ctx context.Context, next *version) error {
	o.tried = next
	if err := o.db.set(ctx, format.ManifestKey, next.value); err != nil {
		return err
	}
	o.current, o.tried = next, nil
	return nil
}

// readBack finds out whether the last write took effect, if it returned an
// error. mu is held.
func (o *ManifestOwner) readBack(ctx context.Context) error {
	value, err := o.db.Get(ctx, format.ManifestKey)
	switch {
	case err != nil:
		return err
	case value != nil && bytes.Equal(value, o.current.value):
		return nil
	case value != nil && o.tried != nil && bytes.Equal(value, o.tried.value):
		o.current = o.tried
		return nil
	}
	return o.db.fenced(format.ManifestKey)
}
