package boltkv

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/gencommittable/gencommittable/kv"
)

// maxValue is the limit of values. bbolt itself accepts 2 GiB. But it stores up
// to four values in one page and writes a page as a whole, so that a small
// session would rewrite the large records beside it, and take longer the larger
// the database is.
const maxValue = 256 << 10

// KV is a kv.KV in a bbolt file, with Batch and MaxValue. Open returns one.
type KV struct {
	path string
	db   *bbolt.DB

	mu     sync.RWMutex // guards failed
	failed error        // set by a failed write; every later call returns it
}

var (
	_ kv.KV        = (*KV)(nil)
	_ kv.Batcher   = (*KV)(nil)
	_ kv.MaxValuer = (*KV)(nil)
)

var (
	errEmptyKey = errors.New("boltkv: the key is empty; give it at least one byte")
	errReadOnly = errors.New("boltkv: the database was opened read-only")
)

// MaxValue returns the length of the longest value, 256 KiB.
func (k *KV) MaxValue() int { return maxValue }

// Close closes the file after all calls under way have returned. Later calls
// fail, except Close, which then does nothing.
func (k *KV) Close() error {
	if err := k.db.Close(); err != nil {
		return fmt.Errorf("boltkv: close %s: %w", k.path, err)
	}
	return nil
}

// Get returns a copy of the value of key. If the key is absent, the error is
// kv.ErrNotFound.
func (k *KV) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	if len(key) == 0 {
		return nil, errEmptyKey
	}
	var value []byte
	err := k.guard(func() error {
		return k.db.View(func(tx *bbolt.Tx) error {
			stored := tx.Bucket(bucket).Get(key)
			if stored == nil {
				return kv.ErrNotFound
			}
			value = append([]byte{}, stored...)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("boltkv: get %q: %w", key, err)
	}
	return value, nil
}

// Set stores a copy of value under key and returns once it is on stable storage.
// It refuses keys of more than 32 KiB, and values longer than MaxValue.
func (k *KV) Set(ctx context.Context, key, value []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete removes key and its value, and returns once that is on stable storage.
// It returns nil if the key is absent.
func (k *KV) Delete(ctx context.Context, key []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, all or none, and returns once they are on stable
// storage. If the disk fails during the write, the content of the file is
// unknown, and all later calls fail until the database is opened again.
func (k *KV) Batch(ctx context.Context, ops []kv.Op) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	for _, op := range ops {
		if len(op.Key) == 0 {
			return errEmptyKey
		}
		if !op.Delete && len(op.Value) > maxValue {
			return fmt.Errorf("boltkv: write %q: a value of %d bytes is too long; split it at MaxValue, which is %d", op.Key, len(op.Value), maxValue)
		}
	}
	if k.db.IsReadOnly() {
		return errReadOnly
	}
	if len(ops) == 0 {
		// The transaction fails only if the database is closed.
		if err := k.db.View(func(*bbolt.Tx) error { return nil }); err != nil {
			return fmt.Errorf("boltkv: write nothing: %w", err)
		}
		return nil
	}
	applied := false
	err := k.guard(func() error {
		return k.db.Update(func(tx *bbolt.Tx) error {
			err := apply(tx.Bucket(bucket), ops)
			applied = err == nil
			return err
		})
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("boltkv: write %q: %w", ops[0].Key, err)
	if applied { // the commit failed
		k.fail(err)
	}
	return err
}

func apply(b *bbolt.Bucket, ops []kv.Op) error {
	for _, op := range ops {
		var err error
		if op.Delete {
			err = b.Delete(op.Key)
		} else {
			err = b.Put(op.Key, op.Value) // bbolt copies the key, and keeps the value until the commit
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ready returns an error if a call must not begin: its context has ended, or a
// write has failed.
func (k *KV) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("boltkv: nothing done: %w", err)
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.failed
}

// fail makes all later calls fail.
func (k *KV) fail(cause error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = fmt.Errorf("boltkv: %s must be opened again, because a write failed: %w", k.path, cause)
}

// guard turns a panic into an error: bbolt panics when it reads a damaged page,
// and its mapped memory faults if the file was cut short.
func (k *KV) guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s is damaged; restore it from a copy: %v", k.path, r)
			k.fail(err)
		}
	}()
	return supported(do())
}

// supported returns err as an error that is not errors.ErrUnsupported, which
// would mean that the KV has no such method. Errors of the operating system can
// be that, for example ENOTSUP.
func supported(err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return errors.New(err.Error())
	}
	return err
}
