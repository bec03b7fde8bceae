// Package dynamic is a store of which nothing but the schema is known. It takes
// part in sessions, snapshots and journals like the generated store of that
// schema, to the byte; so a database can be loaded, checked and changed without
// the program that it belongs to.
//
// dynamic.go has the store, journal.go reads what a session changed, and
// external.go stands in for committables that are no stores.
package dynamic

import (
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/schema"
)

// Row is a row in its encoding. It is in canonical form: it was decoded once.
type Row struct {
	encoded string
	key     string   // encoded
	unique  []string // the encoded components of each unique index
}

// Encoded returns the encoding of the row.
func (r *Row) Encoded() []byte { return []byte(r.encoded) }

// Store is a store by its schema. Its keys are in their encoding. Of the indexes
// it has those that are unique: rows that come from another database must hold
// to them, or the program of this one could not load it any more.
type Store struct {
	committable.Store
	table *committable.Table[string, Row]
}

// New returns an empty store for a schema's text.
func New(name string, text []byte) (*Store, error) {
	s, err := schema.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the schema of store %q cannot be read: %w", name, err)
	}
	table := committable.NewTable(Definition(name, s))
	return &Store{Store: table, table: table}, nil
}

// JournalRoot returns the id that Stage returned with a journal.
func (s *Store) JournalRoot(journal []byte) ([]byte, error) { return s.table.JournalRoot(journal) }

// Definition returns what a table must know about rows of a schema.
func Definition(name string, s *schema.Schema) committable.Definition[string, Row] {
	var unique []*schema.Index
	var indexes []committable.Index[Row]
	for i := range s.Indexes {
		if index := &s.Indexes[i]; index.Unique {
			n := len(unique)
			unique = append(unique, index)
			indexes = append(indexes, committable.Index[Row]{
				Name: index.Name, Unique: true,
				Append: func(dst []byte, r *Row) []byte { return append(dst, r.unique[n]...) },
			})
		}
	}
	return committable.Definition[string, Row]{
		Name:      name,
		Schema:    s.String(),
		Key:       func(r *Row) string { return r.key },
		AppendKey: func(dst []byte, key string) []byte { return append(dst, key...) },
		DecodeKey: func(b []byte) (string, error) {
			_, err := s.DecodeKey(b)
			return string(b), err
		},
		AppendRow: func(dst []byte, r *Row) []byte { return append(dst, r.encoded...) },
		DecodeRow: func(b []byte, r *Row) error {
			row, err := s.DecodeRow(b)
			if err != nil {
				return err
			}
			r.encoded, r.key = string(b), string(s.AppendKey(nil, row))
			for _, index := range unique {
				r.unique = append(r.unique, string(index.Append(nil, row)))
			}
			return nil
		},
		Equal:   func(a, b *Row) bool { return a.encoded == b.encoded },
		Indexes: indexes,
	}
}
