package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/kv"
)

// deleteBatch is how many keys a batch deletes, where the KV has Batch.
const deleteBatch = 256

// deleter deletes many keys.
type deleter struct {
	db  *DB
	ops []kv.Op
}

func (d *deleter) delete(ctx context.Context, key string) error {
	if d.db.supports.Batcher == nil {
		if err := d.db.kv.Delete(ctx, []byte(key)); err != nil {
			return fmt.Errorf("committer: delete %s: %w", key, err)
		}
		return nil
	}
	d.ops = append(d.ops, kv.Op{Key: []byte(key), Delete: true})
	if len(d.ops) < deleteBatch {
		return nil
	}
	return d.flush(ctx)
}

// flush deletes the keys that wait for a batch.
func (d *deleter) flush(ctx context.Context) error {
	if len(d.ops) == 0 {
		return nil
	}
	if err := d.db.supports.Batcher.Batch(ctx, d.ops); err != nil {
		return fmt.Errorf("committer: delete %s and %d more: %w", d.ops[0].Key, len(d.ops)-1, err)
	}
	d.ops = d.ops[:0]
	return nil
}

// DeleteGarbage deletes ranges of keys, the last key of each range first. A
// crash on the way leaves no gap, so that a range without an end can be deleted
// again until its first missing key.
func (d *DB) DeleteGarbage(ctx context.Context, garbage []format.Garbage) error {
	del := &deleter{db: d}
	for _, g := range garbage {
		to := g.To
		if to == 0 {
			var err error
			if to, err = d.firstMissing(ctx, g); err != nil {
				return err
			}
		}
		for n := to; n > g.From; n-- {
			for _, key := range g.Keys(n - 1) {
				if err := del.delete(ctx, key); err != nil {
					return err
				}
			}
			if g.Kind == format.GarbageRecords {
				if err := d.deletePieces(ctx, del, g.Number, n-1); err != nil {
					return err
				}
			}
		}
		// Ranges may overlap, so each one is deleted before the next is read.
		if err := del.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// firstMissing returns the end of a range without one.
func (d *DB) firstMissing(ctx context.Context, g format.Garbage) (uint64, error) {
	for n := g.From; ; n++ {
		value, err := d.Get(ctx, g.Keys(n)[0])
		if err != nil || value == nil {
			return n, err
		}
	}
}

// DeletePieces deletes the pieces of a record.
func (d *DB) DeletePieces(ctx context.Context, epoch, seq uint64) error {
	del := &deleter{db: d}
	return errors.Join(d.deletePieces(ctx, del, epoch, seq), del.flush(ctx))
}

func (d *DB) deletePieces(ctx context.Context, del *deleter, epoch, seq uint64) error {
	if d.supports.MaxValue == 0 {
		return nil // no record was split
	}
	var count uint64
	for ; ; count++ {
		value, err := d.Get(ctx, format.PieceKey(epoch, seq, count))
		if err != nil {
			return err
		}
		if value == nil {
			break
		}
	}
	for ; count > 0; count-- {
		if err := del.delete(ctx, format.PieceKey(epoch, seq, count-1)); err != nil {
			return err
		}
	}
	return nil
}
