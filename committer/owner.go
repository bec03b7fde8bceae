package committer

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
)

// checkOwner returns an error that wraps ErrFenced if another writer has taken
// over the KV. Call it between the write of a record and its publication.
//
// A record is created only if its key is free. But another writer may have
// written a record under that key and deleted it again: a checkpoint drops
// records, and Rollback and Import begin a new epoch. Each of these changes the
// manifest first. So a record counts if the manifest was still the same after
// the record had been created.
func (m *MultiCommitter) checkOwner(ctx context.Context) error {
	if !m.db.Shared() {
		return nil
	}
	return m.manifest.Check(ctx)
}

// checkNewest closes the MultiCommitter if another writer has committed a session
// after the last one.
func (m *MultiCommitter) checkNewest(ctx context.Context) error {
	if !m.db.Shared() {
		return nil
	}
	key := format.RecordKey(m.epoch, m.history.Count())
	there, err := m.db.Get(ctx, key)
	if err == nil && there != nil {
		return m.fail(fencedError(key))
	}
	return err
}

func fencedError(key string) error {
	return fmt.Errorf("%w: %s was written by another writer", ErrFenced, key)
}
