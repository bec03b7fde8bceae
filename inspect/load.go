package inspect

import (
	"context"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect/internal/dynamic"
	"github.com/gencommittable/gencommittable/merkle"
)

// Committables returns a stand-in for every member. A MultiCommitter loads the
// database with them, without the code of the program that the database belongs
// to:
//
//	committables, err := db.Committables()
//	…
//	m := committer.NewCommitter(store, committables)
//	err = m.Rollback(ctx, 41)
//
// A stand-in for a store has the store's rows, change roots and unique indexes.
// It has no validation and no methods to read or write rows. A stand-in for an
// external committable refuses sessions.
//
// The error is [ErrNotDecodable] if the schema of a store is not in the language
// of package schema.
func (d *Database) Committables() (map[string]committer.Committable, error) {
	committables := make(map[string]committer.Committable)
	for _, member := range d.scanned.Manifest.Members {
		if member.Kind == merkle.External {
			committables[member.Name] = dynamic.External{}
			continue
		}
		s, err := parseSchema(member.Name, member.Schema)
		if err != nil {
			return nil, err
		}
		committables[member.Name] = dynamic.New(member.Name, s)
	}
	return committables, nil
}

// Load returns a MultiCommitter that has loaded the database with [Database.Committables].
// Use it to Verify or Export a database. What it writes stays in memory and does
// not reach the KV, so it can also try a Rollback. Close it after use.
//
// The errors are those of Committables and of MultiCommitter.Load.
func (d *Database) Load(ctx context.Context, opts ...committer.CommitterOpt) (*committer.MultiCommitter, error) {
	committables, err := d.Committables()
	if err != nil {
		return nil, err
	}
	return d.load(ctx, committables, opts...)
}

func (d *Database) load(ctx context.Context, committables map[string]committer.Committable, opts ...committer.CommitterOpt) (*committer.MultiCommitter, error) {
	m := committer.NewCommitter(newOverlay(d.kv), committables, opts...)
	if err := m.Load(ctx); err != nil {
		return nil, err
	}
	return m, nil
}
