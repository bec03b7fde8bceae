package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv"
)

// database is an open database.
type database struct {
	*inspect.Database
	path string
	kv   KV
}

// open opens a database. Before it opens one for writing, it opens it read-only:
// opened for writing, some KVs turn an empty file into a KV.
func (p *program) open(ctx context.Context, path string, readOnly bool) (*database, error) {
	if !readOnly {
		db, err := p.open(ctx, path, true)
		if err == nil {
			err = db.close()
		}
		if err != nil {
			return nil, err
		}
	}
	store, err := p.opener.Open(path, readOnly)
	if errors.Is(err, kv.ErrLocked) {
		return nil, fmt.Errorf("%s is in use; stop the program that has it open, or inspect a copy: %w", path, err)
	}
	if err != nil {
		return nil, err
	}
	found, err := inspect.Open(ctx, store)
	if err == nil && found.Empty() {
		err = fmt.Errorf("%s has no database of a MultiCommitter; the first Load creates one", path)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &database{found, path, store}, nil
}

func (db *database) close() error { return db.kv.Close() }

// lastID returns the commit ID of the last session, nil if there is none.
func (db *database) lastID() any {
	if s, ok := db.Last(); ok {
		return s.ID.String()
	}
	return nil
}

// lastIDText returns the end of a sentence that names the commit ID of the last
// session.
func (db *database) lastIDText() string {
	if s, ok := db.Last(); ok {
		return ", last ID " + s.ID.String()
	}
	return ""
}
