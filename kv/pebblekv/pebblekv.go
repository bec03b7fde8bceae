package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gencommittable/gencommittable/kv"
)

// Options are the options of Open. The zero value, and nil, are the defaults.
type Options struct {
	// ReadOnly opens a database that must exist, and refuses writes.
	ReadOnly bool
	// FS is where the folder is, for tests; nil is the file system.
	FS vfs.FS
}

// memTableSize is how much Pebble keeps in memory before it writes a table. It
// should hold some chunks of a checkpoint, which have 1 MiB each.
const memTableSize = 16 << 20

// The limits. Pebble panics at a batch of 4 GiB, and a batch holds its
// operations in memory; maxBatch leaves room for what Pebble adds to each.
const (
	maxKey   = 32 << 10
	maxValue = 64 << 20
	maxBatch = 256 << 20
	perOp    = 32 // more than Pebble adds
)

// KV is a kv.KV, kv.Batcher, kv.Syncer and kv.MaxValuer in a Pebble database. Make
// one with Open.
type KV struct {
	dir      string
	db       *pebble.DB
	lock     *pebble.Lock
	readOnly bool

	mu     sync.RWMutex // held for reading through every call; guards closed
	closed bool
	failed atomic.Pointer[error] // set once a write of the log has failed
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

// Open opens the database in a folder, and makes both if there is none. A nil
// opts stands for the defaults.
//
// The error wraps kv.ErrLocked if the database is open already, here or in
// another process. A folder with anything else in it is refused and left as it
// is.
func Open(dir string, opts *Options) (*KV, error) {
	if opts == nil {
		opts = &Options{}
	}
	fsys := opts.FS
	if fsys == nil {
		fsys = vfs.Default
	}
	if err := checkFolder(fsys, dir, opts.ReadOnly); err != nil {
		return nil, fmt.Errorf("pebblekv: open %s: %w", dir, err)
	}
	k := &KV{dir: dir, readOnly: opts.ReadOnly}
	err := guard(func() (err error) {
		if k.lock, err = pebble.LockDirectory(dir, fsys); err != nil {
			return lockError(err)
		}
		k.db, err = pebble.Open(dir, &pebble.Options{
			FS: fsys, Lock: k.lock, ReadOnly: opts.ReadOnly, Logger: logger{}, MemTableSize: memTableSize,
			FormatMajorVersion: pebble.FormatMinSupported, // the oldest that this Pebble writes, so that others can read it
			// Unless somebody listens, Pebble ends the process when it comes upon
			// damage. The call that did returns an error, too.
			EventListener: &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}},
		})
		return err
	})
	if err == nil {
		return k, nil
	}
	err = fmt.Errorf("pebblekv: open %s: %w", dir, err)
	if k.lock != nil {
		err = errors.Join(err, k.lock.Close())
	}
	return nil, err
}

// checkFolder refuses folders in which Pebble would make itself at home.
func checkFolder(fsys vfs.FS, dir string, readOnly bool) error {
	info, err := fsys.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !readOnly:
		return makeFolder(fsys, dir)
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("it is not a folder; name the folder of the database")
	}
	found, err := pebble.Peek(dir, fsys)
	if err != nil {
		return err
	}
	if found.Exists {
		return nil
	}
	if readOnly {
		return errors.New("there is no Pebble database in it")
	}
	names, err := fsys.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != "LOCK" {
			return fmt.Errorf("there is no Pebble database in it, but %q; name an empty folder or a new one", name)
		}
	}
	return nil
}

// makeFolder makes the folder, and its parents if need be, so that a power loss
// cannot take them. Pebble syncs only the parents that it has made itself, and
// the folder must be there for the lock before that.
func makeFolder(fsys vfs.FS, dir string) error {
	var parents []string // of which a new name must survive
	for at := dir; ; {
		parent := fsys.PathDir(at)
		if parent == at {
			break
		}
		parents = append(parents, parent)
		if _, err := fsys.Stat(parent); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		at = parent
	}
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, parent := range parents {
		folder, err := fsys.OpenDir(parent)
		if err != nil {
			return err
		}
		if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
			return err
		}
	}
	return nil
}

func lockError(err error) error {
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "held by current process") {
		return fmt.Errorf("%w: %w", kv.ErrLocked, err)
	}
	return err
}

// Close writes everything to stable storage and closes the database, once the
// calls under way have returned. Later calls fail, but Close again does
// nothing. After a write or a Sync that failed, Close returns that error and the
// folder stays locked until the process ends.
func (k *KV) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	if failed := k.failed.Load(); failed != nil {
		return *failed // Pebble may hold its own locks for good, so it stays open
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

// Get returns a copy of the value of key, or an error that wraps
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

// Set gives key a copy of value. Keys of more than 32 KiB and values of more
// than MaxValue are refused.
func (k *KV) Set(ctx context.Context, key, value []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete makes key absent, which it may be already.
func (k *KV) Delete(ctx context.Context, key []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, all or none. Keys and values of more than 256 MiB in
// all are refused.
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

// check refuses what Pebble would panic at, or could not keep.
func check(ops []kv.Op) error {
	size := 0
	for _, op := range ops {
		switch {
		case len(op.Key) == 0:
			return errEmptyKey
		case len(op.Key) > maxKey:
			return fmt.Errorf("pebblekv: write %.40q...: a key of %d bytes is too long; it may have %d", op.Key, len(op.Key), maxKey)
		case op.Delete:
			size += perOp + len(op.Key)
			continue
		case len(op.Value) > maxValue:
			return fmt.Errorf("pebblekv: write %q: a value of %d bytes is too long; split it at MaxValue, which is %d", op.Key, len(op.Value), maxValue)
		}
		size += perOp + len(op.Key) + len(op.Value)
	}
	if size > maxBatch {
		return fmt.Errorf("pebblekv: a batch of %d bytes is too long; it may have %d: write it in several", size, maxBatch)
	}
	return nil
}

// Sync returns when all writes before it are on stable storage. After an error,
// all calls fail until the database is opened anew, by a new process, because
// Pebble cannot be closed then.
func (k *KV) Sync(ctx context.Context) error {
	return k.call(ctx, func() error {
		if k.readOnly {
			return nil
		}
		return k.commit("sync", func() error { return k.db.LogData(nil, pebble.Sync) })
	})
}

// call makes a call unless the database is closed or has failed.
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

// commit writes to Pebble's log. What is there after an error is only known
// once it is read back, so all later calls fail.
func (k *KV) commit(what string, do func() error) error {
	err := guard(do)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("pebblekv: %s must be opened anew, by a new process, because a %s failed: %w", k.dir, what, err)
	k.failed.CompareAndSwap(nil, &err)
	return err
}

// fatal is how Pebble says, through its logger, that it cannot go on.
type fatal string

func (f fatal) Error() string { return string(f) }

// logger drops what Pebble logs. What it takes for the end of the process
// becomes an error of the call, or of the process if no call is to blame.
type logger struct{}

func (logger) Infof(string, ...any)  {}
func (logger) Errorf(string, ...any) {}

func (logger) Fatalf(format string, args ...any) { panic(fatal(fmt.Sprintf(format, args...))) }

// guard makes a panic an error: Pebble panics when it cannot write its log, and
// on damage that it does not expect.
func guard(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the database failed: %v", r)
		}
	}()
	return do()
}
