// Package output brings the generated files of a package on the disk up to
// date. It writes what changed and nothing else, so that builds and watchers
// have no work with the rest.
package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
)

// Change is a file to write or remove.
type Change struct {
	Path   string
	Source []byte // nil: remove
}

// Plan compares the files that a package should have with those in its
// directory. Other files of ours there are to be removed if orphans says so. A
// file of somebody else with the name of one of ours is an error.
func Plan(dir string, files map[string][]byte, orphans bool) ([]Change, error) {
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("gencommittable: %w", err)
		case bytes.Equal(old, files[name]):
			continue
		case len(bytes.TrimSpace(old)) > 0 && !load.Generated(old):
			return nil, fmt.Errorf("gencommittable: %s was not written by gencommittable: move it out of the way", path)
		}
		changes = append(changes, Change{path, files[name]})
	}
	if !orphans {
		return changes, nil
	}
	ours, err := load.FilesIn(dir, "_committable.go")
	if err != nil {
		return nil, fmt.Errorf("gencommittable: %w", err)
	}
	for _, path := range ours {
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("gencommittable: %w", err)
		}
		if files[filepath.Base(path)] == nil && load.Generated(src) {
			changes = append(changes, Change{Path: path})
		}
	}
	return changes, nil
}

// Apply makes a change. A file is replaced in one step, so that nobody sees
// half of it.
func (c Change) Apply() error {
	if err := c.apply(); err != nil {
		return fmt.Errorf("gencommittable: %w", err)
	}
	return nil
}

func (c Change) apply() error {
	if c.Source == nil {
		return os.Remove(c.Path)
	}
	temp, err := os.CreateTemp(filepath.Dir(c.Path), ".gencommittable-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(c.Source)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), c.Path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Describe says what the change is, with its path relative to dir.
func (c Change) Describe(dir string) string {
	if c.Source == nil {
		return "removed " + Relative(dir, c.Path)
	}
	return "wrote " + Relative(dir, c.Path)
}

// Relative returns a path relative to dir, if there is one.
func Relative(dir, path string) string {
	relative, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	return relative
}
