package inspect

import (
	"context"
	"fmt"
	"iter"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/inspect/internal/dynamic"
	"github.com/gencommittable/gencommittable/merkle"
)

// Row is a row of a store, decoded by the schema of the store.
type Row struct {
	Key    schema.Values // the components of the key, including zeros
	Values schema.Values // the fields that are not zero, including those of the key, by number

	EncodedKey []byte
	Encoded    []byte // the whole row
}

func decodeRow(s *schema.Schema, encoded []byte) (r Row, err error) {
	r.Encoded = encoded
	if r.Values, err = s.DecodeRow(encoded); err != nil {
		return r, err
	}
	r.EncodedKey = s.AppendKey(nil, r.Values)
	r.Key, err = s.DecodeKey(r.EncodedKey)
	return r, err
}

// Rows yields the rows of a store after the last committed session, sorted by
// encoded key. It loads all stores, as [Database.Load] does, before it yields
// the first row. After an error the sequence ends.
//
// The error is [ErrNoStore] if the database has no store with the name,
// [ErrNotDecodable], or one of [Database.Load].
func (d *Database) Rows(ctx context.Context, store string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := d.rows(ctx, store, func(r Row) bool { return yield(r, nil) }); err != nil {
			yield(Row{}, err)
		}
	}
}

func (d *Database) rows(ctx context.Context, store string, yield func(Row) bool) error {
	member, ok := d.scanned.Manifest.Member(store)
	switch {
	case !ok:
		return fmt.Errorf("%w %q", ErrNoStore, store)
	case member.Kind != merkle.Store:
		return fmt.Errorf("%w %q: the committable is external", ErrNoStore, store)
	}
	s, err := parseSchema(store, member.Schema)
	if err != nil {
		return err
	}
	committables, err := d.Committables()
	if err != nil {
		return err
	}
	if _, err := d.load(ctx, committables); err != nil {
		return err
	}
	for _, encoded := range committables[store].(*dynamic.Store).All() {
		r, err := decodeRow(s, encoded)
		if err != nil {
			return err // cannot be: the store has decoded it
		}
		if !yield(r) {
			return nil
		}
	}
	return nil
}
