// Package output updates the generated files of a package on disk. It writes only
// files whose content changes, so that builds and file watchers see no others.
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

	"github.com/rogpeppe/go-internal/diff"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
)

// Change is a file to write or remove.
type Change struct {
	Path   string
	Old    []byte // the present content; nil: there is no file
	Source []byte // nil: remove
	// Numbered: the file is one of the user's, and numbers were added to its tags.
	Numbered bool
}

// Plan compares the files that a package should have with those in its directory.
// With orphans, other generated files there are removed. A file that was not
// generated but has the name of a generated file is an error.
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
		changes = append(changes, Change{Path: path, Old: old, Source: files[name]})
	}
	if !orphans {
		return changes, nil
	}
	for _, suffix := range []string{"_committable.go", "_committable.proto"} {
		found, err := load.FilesIn(dir, suffix)
		if err != nil {
			return nil, fmt.Errorf("gencommittable: %w", err)
		}
		for _, path := range found {
			src, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("gencommittable: %w", err)
			}
			if files[filepath.Base(path)] == nil && load.Generated(src) {
				changes = append(changes, Change{Path: path, Old: src})
			}
		}
	}
	return changes, nil
}

// Ours reports whether a file exists and was generated.
func Ours(path string) bool {
	src, err := os.ReadFile(path)
	return err == nil && load.Generated(src)
}

// Describe describes the change in one line, with its path relative to dir.
func (c Change) Describe(dir string) string {
	what := "wrote "
	switch {
	case c.Source == nil:
		what = "removed "
	case c.Numbered:
		what = "numbered "
	}
	return what + relative(dir, c.Path)
}

// Diff returns the change as a unified diff, with its path relative to dir.
func (c Change) Diff(dir string) []byte {
	before, after := relative(dir, c.Path), relative(dir, c.Path)
	if c.Old == nil {
		before = os.DevNull
	}
	if c.Source == nil {
		after = os.DevNull
	}
	return diff.Diff(before, c.Old, after, c.Source)
}

// Relative returns a path relative to dir, if there is one.
func relative(dir, path string) string {
	short, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	return short
}
