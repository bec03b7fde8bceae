package boltkv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/gencommittable/gencommittable/kv"
)

// lockWait is how long Open waits for the file.
const lockWait = 500 * time.Millisecond

// maxValue is the limit of values. bbolt takes 2 GiB, but it does not split a
// page of up to four values: whoever writes one of them writes all of them
// again. With records of many megabytes beside it, the smallest session would
// take longer the larger the database is.
const maxValue = 256 << 10

// bucket is the only one in the file.
var bucket = []byte("committable")

// Options are the options of Open. The zero value, and nil, are the defaults.
type Options struct {
	// ReadOnly opens a file that must exist, and refuses writes.
	ReadOnly bool
}

// KV is a kv.KV, kv.Batcher and kv.MaxValuer in a bbolt file. Make one with Open.
type KV struct {
	path string
	db   *bbolt.DB

	mu     sync.RWMutex // guards failed
	failed error        // a write failed on its way to the disk
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

// Open opens the database in a file, and makes the file if there is none. The
// folder must exist. A nil opts stands for the defaults.
//
// The error wraps kv.ErrLocked if the file is open already, here or in another
// process. A file that is not a database of this package, or is cut short, is
// refused and left as it is. So is the file of zeros that a power loss during
// the very first Open can leave: nothing was in it, delete it.
func Open(path string, opts *Options) (*KV, error) {
	if opts == nil {
		opts = &Options{}
	}
	if err := checkFile(path, opts.ReadOnly); err != nil {
		return nil, err
	}
	k := &KV{path: path}
	err := k.guard(func() (err error) {
		k.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockWait, ReadOnly: opts.ReadOnly, FreelistType: bbolt.FreelistMapType,
		})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("boltkv: open %s: %w", path, kv.ErrLocked)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, fmt.Errorf("boltkv: %s is not a bolt database, or is damaged: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("boltkv: open %s: %w", path, err)
	}
	err = k.guard(k.prepare)
	if err == nil && !opts.ReadOnly {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("boltkv: open %s: %w", path, err), k.Close())
	}
	return k, nil
}

// checkFile refuses what bbolt would take for an empty database, or hang or
// crash on.
func checkFile(path string, readOnly bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !readOnly:
		return nil
	case err != nil:
		return fmt.Errorf("boltkv: open %s: %w", path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("boltkv: open %s: it is not a file; name the file of the database", path)
	case info.Size() == 0 && readOnly:
		return fmt.Errorf("boltkv: open %s: it is empty; open it for writing once to make it a database", path)
	}
	return nil
}

// prepare checks the file, and makes the bucket if it is new.
func (k *KV) prepare() error {
	fresh := false
	err := k.db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(k.path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("it has %d bytes, and its database %d: it was cut short; restore it from a copy", info.Size(), tx.Size())
		}
		if tx.Bucket(bucket) != nil {
			return nil
		}
		fresh = true
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			return fmt.Errorf("it is another program's database, with a bucket %q; name another file", name)
		})
	})
	if err != nil || !fresh {
		return err
	}
	if k.db.IsReadOnly() {
		return errors.New("there is nothing in it; open it for writing once to make it a database")
	}
	return k.db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
}

// syncFolder makes the name of a new file survive power loss; bbolt syncs only
// what is in it. A crash may have come between the two, so every Open for
// writing does this. Windows has no such call, and needs none.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync its folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync its folder: %w", err)
	}
	return nil
}

// MaxValue returns the length of the longest value, 256 KiB.
func (k *KV) MaxValue() int { return maxValue }

// Close closes the file, once the calls under way have returned. Later calls
// fail, but Close again does nothing.
func (k *KV) Close() error {
	if err := k.db.Close(); err != nil {
		return fmt.Errorf("boltkv: close %s: %w", k.path, err)
	}
	return nil
}

// Get returns a copy of the value of key, or an error that wraps
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

// Set gives key a copy of value. It returns when that is on stable storage. Keys
// of more than 32 KiB and values of more than MaxValue are refused.
func (k *KV) Set(ctx context.Context, key, value []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete makes key absent, which it may be already.
func (k *KV) Delete(ctx context.Context, key []byte) error {
	return k.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, all or none. It returns when they are on stable
// storage. Where the disk fails it, it is not known what will be found there,
// so all later calls fail until the database is opened anew.
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
		// Only a database that was closed says no to this.
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
			// bbolt holds on to both until the commit, and to the key no longer.
			err = b.Put(bytes.Clone(op.Key), op.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ready tells why a call cannot be made.
func (k *KV) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("boltkv: nothing done: %w", err)
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.failed
}

func (k *KV) fail(cause error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = fmt.Errorf("boltkv: %s must be opened anew, because a write failed: %w", k.path, cause)
}

// guard makes a panic an error: bbolt panics when it meets a damaged page, and
// its mapped memory faults where the file was cut short.
func (k *KV) guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s is damaged; restore it from a copy: %v", k.path, r)
			k.fail(err)
		}
	}()
	return do()
}
