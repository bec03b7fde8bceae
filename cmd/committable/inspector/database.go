package inspector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector/internal/dynamic"
	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// database is an open database, and what was found in it.
type database struct {
	path string
	kv   kv.KV
	*committer.Inspection
	close func() error
}

// open opens a database for reading, or for writing, and inspects it. Nothing is
// opened for writing that is no database: a KV may make one of it.
func (in *inspector) open(ctx context.Context, path string, readOnly bool) (*database, error) {
	if !readOnly {
		db, err := in.open(ctx, path, true)
		if err == nil {
			err = db.close()
		}
		if err != nil {
			return nil, err
		}
	}
	o, err := in.opener(path)
	if err != nil {
		return nil, err
	}
	opened, err := o.Open(path, readOnly)
	if errors.Is(err, kv.ErrLocked) {
		return nil, fmt.Errorf("a program has %s open; stop it first, or inspect a copy: %w", path, err)
	}
	if err != nil {
		return nil, err
	}
	db := &database{path: path, kv: opened, close: opened.Close}
	if readOnly {
		db.kv = newOverlay(opened)
	}
	db.Inspection, err = committer.Inspect(ctx, db.kv)
	if err == nil && db.Empty() {
		err = fmt.Errorf("there is no database of a MultiCommitter in %s; its program makes one when it loads", path)
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return db, nil
}

func (in *inspector) opener(path string) (Opener, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return Opener{}, fmt.Errorf("there is nothing at %s", path)
	}
	var kinds []string
	for _, o := range in.openers {
		if o.Detect(path) {
			return o, nil
		}
		kinds = append(kinds, o.Kind)
	}
	if IsPebble(path) {
		return Opener{}, fmt.Errorf("%s is a Pebble database, which this build does not open; use\n"+
			"\tgo run github.com/gencommittable/gencommittable/kv/pebblekv/cmd/committable@latest", path)
	}
	return Opener{}, fmt.Errorf("%s is no database that this build opens; it opens %s", path, strings.Join(kinds, ", "))
}

// IsPebble tells whether a path is that of a directory with the files of a
// Pebble database.
func IsPebble(path string) bool {
	for _, pattern := range []string{"MANIFEST-*", "marker.format-version.*"} {
		if found, err := filepath.Glob(filepath.Join(escape(path), pattern)); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// escape keeps the characters of a path from being taken as a pattern.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// load returns a loaded MultiCommitter over the database, with a store by its
// schema for every store, and something that refuses sessions for every
// external.
func (db *database) load(ctx context.Context, logger *slog.Logger) (*committer.MultiCommitter, error) {
	committables := make(map[string]committer.Committable)
	for _, member := range db.Members() {
		if member.Kind == merkle.External {
			committables[member.Name] = dynamic.External{}
			continue
		}
		store, err := dynamic.New(member.Name, member.Schema)
		if err != nil {
			return nil, err
		}
		committables[member.Name] = store
	}
	m := committer.NewCommitter(db.kv, committables, committer.WithLogger(logger))
	if err := m.Load(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// external returns the name of an external committable, if there is one.
func (db *database) external() (string, bool) {
	for _, member := range db.Members() {
		if member.Kind == merkle.External {
			return member.Name, true
		}
	}
	return "", false
}

// schemaOf returns the schema of the journal that a record has of a store, or
// nil and why the journal cannot be read.
func (db *database) schemaOf(r *committer.Record, store string) (s *schema.Schema, unreadable string) {
	if slices.Contains(r.Forgotten, store) {
		return nil, "which was forgotten"
	}
	for _, member := range db.Members() {
		if member.Name == store {
			if s, err := schema.Parse(member.Schema); err == nil {
				return s, ""
			}
		}
	}
	return nil, "whose schema cannot be read"
}
