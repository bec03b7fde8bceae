// Package dynamic provides committables that need only what a database stores
// about them, not the code of the program that wrote it.
//
// dynamic.go has Store, which stands in for a generated store: it restores the
// same snapshots, applies the same journals and computes the same change roots,
// to the byte. external.go has External, which stands in for an external
// committable.
package dynamic

import (
	"iter"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/schema"
)

// Row is an encoded row and what was computed when it was decoded.
type Row struct {
	encoded string
	key     string   // encoded
	unique  []string // the encoded components of each unique index
}

// Store is a store with nothing but a schema. It enforces the unique indexes of
// the schema, so that rows from another database that violate them are refused:
// the program with the generated store could not load them.
type Store struct {
	committable.Store
	table *committable.Table[string, Row]
}

// New returns an empty store.
func New(name string, s *schema.Schema) *Store {
	table := committable.NewTable(Definition(name, s))
	return &Store{Store: table, table: table}
}

// JournalRoot returns the id that Stage returned with a journal.
func (s *Store) JournalRoot(journal []byte) ([]byte, error) { return s.table.JournalRoot(journal) }

// CommittedLen returns the number of committed rows.
func (s *Store) CommittedLen() int { return s.table.CommittedLen() }

// All returns the encoded keys and rows, ascending by key.
func (s *Store) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, row []byte) bool) {
		for key, row := range s.table.All() {
			if !yield([]byte(key), []byte(row.encoded)) {
				return
			}
		}
	}
}

// Definition returns the definition of a table for rows of a schema. Its keys
// are encoded keys.
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
