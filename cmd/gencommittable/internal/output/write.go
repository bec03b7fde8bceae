package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write makes changes. Everything that can fail before the first file changes
// is tried before, and each file changes in one step, so that nobody sees half of
// it.
func Write(changes []Change) (err error) {
	var ready []replacement
	defer func() {
		for _, r := range ready {
			err = errors.Join(err, os.Remove(r.from))
		}
	}()
	for _, c := range changes {
		if c.Source == nil {
			continue
		}
		r, err := prepare(c)
		if err != nil {
			return fmt.Errorf("gencommittable: %w; nothing was written", err)
		}
		ready = append(ready, r)
	}
	for len(ready) > 0 {
		if err := os.Rename(ready[0].from, ready[0].to); err != nil {
			return fmt.Errorf("gencommittable: %w", err)
		}
		ready = ready[1:]
	}
	for _, c := range changes {
		if c.Source == nil {
			if err := os.Remove(c.Path); err != nil {
				return fmt.Errorf("gencommittable: %w", err)
			}
		}
	}
	return nil
}

// replacement is a file that is ready to take the place of another one.
type replacement struct{ from, to string }

// prepare writes a file beside the one that it is to replace.
func prepare(c Change) (r replacement, err error) {
	path, mode := c.Path, os.FileMode(0o644)
	if c.Numbered {
		if path, mode, err = userFile(c.Path); err != nil {
			return r, err
		}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".gencommittable-*")
	if err != nil {
		return r, err
	}
	_, err = temp.Write(c.Source)
	if err = errors.Join(err, temp.Chmod(mode), temp.Close()); err != nil {
		return r, errors.Join(err, os.Remove(temp.Name()))
	}
	return replacement{temp.Name(), path}, nil
}

// userFile returns where a file of the user is, which may be behind a link, and
// its mode, which stays.
func userFile(path string) (target string, mode os.FileMode, err error) {
	if target, err = filepath.EvalSymlinks(path); err != nil {
		return "", 0, err
	}
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return "", 0, err
	case info.Mode().Perm()&0o200 == 0:
		return "", 0, fmt.Errorf("%s is read-only: make it writable, or write the numbers yourself", path)
	}
	return target, info.Mode().Perm(), nil
}
