package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write makes the changes. It prepares all files before it replaces the first one,
// and replaces each file in one step, so no reader sees half of a file.
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

// replacement is a prepared file that replaces another one.
type replacement struct{ from, to string }

// prepare writes a temporary file beside the file that it will replace.
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

// userFile returns the path of a file of the user, with links resolved, and its
// mode.
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
