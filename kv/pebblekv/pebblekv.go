package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/gencommittable/gencommittable/kv"
)

// The limits, in bytes. Pebble panics at a batch of 4 GiB, and keeps a batch in
// memory until it is written.
const (
	maxKey   = 32 << 10
	maxValue = 64 << 20
	maxBatch = 256 << 20
	perOp    = 32 // more than Pebble adds to an operation
)

// KV is a kv.KV in a Pebble database, with Batch, Sync and MaxValue. Open
// returns one.
type KV struct {
	dir      string
	db       *pebble.DB
	lock     *pebble.Lock
	readOnly bool

	mu     sync.RWMutex // held for reading through every call; guards closed
	closed bool
	failed atomic.Pointer[error] // set when a write of the log has failed
}

var (
	_ kv.KV        = (*KV)(nil)
	_ kv.Batcher   = (*KV)(nil)
	_ kv.Syncer    = (*KV)(nil)
	_ kv.MaxValuer = (*KV)(nil)
)

var (
	errClosed   = errors.New("pebblekv: the database is closed")
	errEmptyKey = errors.New("pebblekv: the key is empty; give it at least one byte")
	errReadOnly = errors.New("pebblekv: the database was opened read-only")
)

// Close puts all writes on stable storage and closes the database, after all
// calls under way have returned. Later calls fail, except Close, which then does
// nothing. After a failed write or Sync, Close returns that error, and the
// directory stays locked until the process ends.
func (k *KV) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	if failed := k.failed.Load(); failed != nil {
		return *failed // Pebble may hold its own locks forever, so the database stays open
	}
	err := guard(func() error {
		var synced error
		if !k.readOnly {
			synced = k.db.LogData(nil, pebble.Sync)
		}
		return errors.Join(synced, k.db.Close())
	})
	if err = errors.Join(err, k.lock.Close()); err != nil {
		return fmt.Errorf("pebblekv: close %s: %w", k.dir, err)
	}
	return nil
}

// Get returns a copy of the value of key. If the key is absent, the error is
// kv.ErrNotFound.
func (k *KV) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = k.call(ctx, func() error {
		if len(key) == 0 {
			return errEmptyKey
		}
		stored, closer, err := k.db.Get(key)
		switch {
		case errors.Is(err, pebble.ErrNotFound):
			return fmt.Errorf("pebblekv: get %q: %w", key, kv.ErrNotFound)
		case err != nil:
			return fmt.Errorf("pebblekv: get %q: %w", key, err)
		}
		value = append([]byte{}, stored...)
		return closer.Close()
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// MaxValue returns the length of the longest value, 64 MiB.
func (k *KV) MaxValue() int { return maxValue }

// Set stores a copy of value under key. It refuses keys of more than 32 KiB, and
// values longer than MaxValue.
func (k *KV) Set(ctx context.Context, key, value []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete removes key and its value. It returns nil if the key is absent.
func (k *KV) Delete(ctx context.Context, key []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, all or none. It refuses a batch whose keys and
// values have more than 256 MiB in total.
func (k *KV) Batch(ctx context.Context, ops []kv.Op) error {
	return k.call(ctx, func() error {
		if err := check(ops); err != nil {
			return err
		}
		if k.readOnly {
			return errReadOnly
		}
		if len(ops) == 0 {
			return nil
		}
		b := k.db.NewBatch()
		for _, op := range ops {
			var err error
			if op.Delete {
				err = b.Delete(op.Key, nil)
			} else {
				err = b.Set(op.Key, op.Value, nil)
			}
			if err != nil {
				return errors.Join(err, b.Close())
			}
		}
		return k.commit("write", func() error { return errors.Join(b.Commit(pebble.NoSync), b.Close()) })
	})
}

// check refuses operations at which Pebble would panic, or which exceed the
// limits.
func check(ops []kv.Op) error {
	size := 0
	for _, op := range ops {
		switch {
		case len(op.Key) == 0:
			return errEmptyKey
		case len(op.Key) > maxKey:
			return fmt.Errorf("pebblekv: write %.40q...: a key of %d bytes is too long; the limit is %d", op.Key, len(op.Key), maxKey)
		case op.Delete:
			size += perOp + len(op.Key)
			continue
		case len(op.Value) > maxValue:
			return fmt.Errorf("pebblekv: write %q: a value of %d bytes is too long; split it at MaxValue, which is %d", op.Key, len(op.Value), maxValue)
		}
		size += perOp + len(op.Key) + len(op.Value)
	}
	if size > maxBatch {
		return fmt.Errorf("pebblekv: a batch of %d bytes is too long; write several of at most %d", size, maxBatch)
	}
	return nil
}

// Sync returns nil once all writes before it are on stable storage. After an
// error, all calls fail until a new process opens the database, because Pebble
// cannot be closed in that state.
func (k *KV) Sync(ctx context.Context) error {
	return k.call(ctx, func() error {
		if k.readOnly {
			return nil
		}
		return k.commit("sync", func() error { return k.db.LogData(nil, pebble.Sync) })
	})
}

// call makes a call, unless its context has ended, or the database is closed or
// has failed.
func (k *KV) call(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("pebblekv: nothing done: %w", err)
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.closed {
		return errClosed
	}
	if failed := k.failed.Load(); failed != nil {
		return *failed
	}
	return guard(do)
}

// commit writes to Pebble's log. After an error the content of the log is
// unknown, so that all later calls fail.
func (k *KV) commit(what string, do func() error) error {
	err := guard(do)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("pebblekv: %s must be opened again, by a new process, because a %s failed: %w", k.dir, what, err)
	k.failed.CompareAndSwap(nil, &err)
	return err
}

// fatal is the panic of logger.
type fatal string

func (f fatal) Error() string { return string(f) }

// logger drops the messages of Pebble. A fatal one, with which Pebble expects to
// end the process, becomes a panic: guard turns it into the error of the call. In
// the background, outside of any call, the panic ends the process.
type logger struct{}

func (logger) Infof(string, ...any)  {}
func (logger) Errorf(string, ...any) {}

func (logger) Fatalf(format string, args ...any) { panic(fatal(fmt.Sprintf(format, args...))) }

// guard turns a panic into an error: Pebble panics when it cannot write its log,
// and at some kinds of damage.
func guard(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the database failed: %v", r)
		}
	}()
	return do()
}
