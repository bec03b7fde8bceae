package boltkv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/gencommittable/gencommittable/kv"
)

// Options are the options of Open. Nil and the zero value are the defaults.
type Options struct {
	// ReadOnly opens a file that exists, and refuses writes.
	ReadOnly bool
}

// lockWait is how long Open waits for the lock of the file.
const lockWait = 500 * time.Millisecond

// bucket is the only bucket in the file.
var bucket = []byte("committable")

// Open opens the database in a file. It creates the file if there is none; the
// directory must exist. A nil opts means the defaults.
//
// The error is kv.ErrLocked if the file is already open, in this process or
// another. Open refuses a file that is not a database of this package, or that
// was cut short, and does not change it. If the power fails during the very
// first Open, a file of zeros may be left, which Open refuses too. It contains
// nothing; delete it.
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
		err = syncDirectory(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("boltkv: open %s: %w", path, err), k.Close())
	}
	return k, nil
}

// checkFile refuses paths that bbolt would take for an empty database, and those
// that would make it wait forever or crash.
func checkFile(path string, readOnly bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !readOnly:
		return nil
	case err != nil:
		return fmt.Errorf("boltkv: open %s: %w", path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("boltkv: open %s: it is not a file; pass the path of a database file", path)
	case info.Size() == 0 && readOnly:
		return fmt.Errorf("boltkv: open %s: the file is empty; open it for writing once to create a database", path)
	}
	return nil
}

// prepare checks the file, and creates the bucket in a new one.
func (k *KV) prepare() error {
	isNew := false
	err := k.db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(k.path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("the file was cut short, to %d of %d bytes; restore it from a copy", info.Size(), tx.Size())
		}
		if tx.Bucket(bucket) != nil {
			return nil
		}
		isNew = true
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			return fmt.Errorf("it is another program's database, with a bucket %q; use another file", name)
		})
	})
	if err != nil || !isNew {
		return err
	}
	if k.db.IsReadOnly() {
		return errors.New("the database is empty; open it for writing once")
	}
	return k.db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
}

// syncDirectory makes the name of a new file survive a power loss; bbolt syncs
// only the content of the file. Every Open for writing calls it, because a crash
// may have interrupted the Open that created the file. Windows neither has nor
// needs such a call.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync its directory: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync its directory: %w", err)
	}
	return nil
}
