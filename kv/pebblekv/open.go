package pebblekv

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gencommittable/gencommittable/kv"
)

// Options are the options of Open. Nil and the zero value are the defaults.
type Options struct {
	// ReadOnly opens a database that exists, and refuses writes.
	ReadOnly bool
	// FS is the file system that contains the directory, for tests. Nil means
	// that of the operating system.
	FS vfs.FS
}

// memTableSize is how many bytes Pebble collects in memory before it writes a
// table. It is large enough for several chunks of a checkpoint, of 1 MiB each.
const memTableSize = 16 << 20

// Open opens the database in a directory. It creates the directory and the
// database if there is none. A nil opts means the defaults.
//
// The error is kv.ErrLocked if the database is already open, in this process or
// another. Open refuses a directory that contains anything else, and does not
// change it.
func Open(dir string, opts *Options) (*KV, error) {
	if opts == nil {
		opts = &Options{}
	}
	fsys := opts.FS
	if fsys == nil {
		fsys = vfs.Default
	}
	if err := checkDirectory(fsys, dir, opts.ReadOnly); err != nil {
		return nil, fmt.Errorf("pebblekv: open %s: %w", dir, err)
	}
	k := &KV{dir: dir, readOnly: opts.ReadOnly}
	err := guard(func() (err error) {
		if k.lock, err = pebble.LockDirectory(dir, fsys); err != nil {
			return lockError(err)
		}
		k.db, err = pebble.Open(dir, &pebble.Options{
			FS: fsys, Lock: k.lock, ReadOnly: opts.ReadOnly, Logger: logger{}, MemTableSize: memTableSize,
			FormatMajorVersion: pebble.FormatMinSupported, // the oldest that this Pebble writes, so that older ones can read it
			// Without a listener Pebble ends the process when it reads damaged
			// data. The call that read it returns an error in any case.
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

// checkDirectory refuses a directory that contains other files, which Pebble
// would use as it is. It creates the directory if there is none.
func checkDirectory(fsys vfs.FS, dir string, readOnly bool) error {
	info, err := fsys.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !readOnly:
		return makeDirectory(fsys, dir)
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("it is not a directory; pass the directory of a database")
	}
	found, err := pebble.Peek(dir, fsys)
	if err != nil {
		return err
	}
	if found.Exists {
		return nil
	}
	if readOnly {
		return errors.New("there is no Pebble database in the directory")
	}
	names, err := fsys.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != "LOCK" {
			return fmt.Errorf("there is no Pebble database in the directory, but %q; use an empty directory or a new one", name)
		}
	}
	return nil
}

// makeDirectory creates the directory and its parents, and syncs them, so that a
// power loss cannot take them. Pebble syncs only parents that it created itself,
// and the directory must exist before, for the lock.
func makeDirectory(fsys vfs.FS, dir string) error {
	var parents []string // directories that get a new entry
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
		d, err := fsys.OpenDir(parent)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// lockError adds kv.ErrLocked to the errors of a lock that is taken.
func lockError(err error) error {
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "held by current process") {
		return fmt.Errorf("%w: %w", kv.ErrLocked, err)
	}
	return err
}
