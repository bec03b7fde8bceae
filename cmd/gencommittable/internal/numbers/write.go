package numbers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write replaces the files, each in one step. Everything that can fail is tried
// before the first of them.
func Write(files []File) (err error) {
	var ready []replacement
	defer func() {
		for _, r := range ready {
			err = errors.Join(err, os.Remove(r.from))
		}
	}()
	for _, f := range files {
		r, err := prepare(f)
		if err != nil {
			return fmt.Errorf("gencommittable: %w; no number was written", err)
		}
		ready = append(ready, r)
	}
	for len(ready) > 0 {
		if err := os.Rename(ready[0].from, ready[0].to); err != nil {
			return fmt.Errorf("gencommittable: %w", err)
		}
		ready = ready[1:]
	}
	return nil
}

// replacement is a file that is ready to take the place of another one.
type replacement struct{ from, to string }

// prepare writes a file beside the one that it is to replace, which may be
// behind a link.
func prepare(f File) (r replacement, err error) {
	path, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return r, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	if info.Mode().Perm()&0o200 == 0 {
		return r, fmt.Errorf("%s is read-only: make it writable, or write the numbers yourself", f.Path)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".gencommittable-*")
	if err != nil {
		return r, err
	}
	_, err = temp.Write(f.Source)
	if err = errors.Join(err, temp.Chmod(info.Mode().Perm()), temp.Close()); err != nil {
		return r, errors.Join(err, os.Remove(temp.Name()))
	}
	return replacement{temp.Name(), path}, nil
}
