package memkv

import (
	"fmt"
	"iter"

	"github.com/hashicorp/go-memdb"
)

// Snapshot is a read-only image of a KV at one moment. It is safe for
// concurrent use, beside writers too, and need not be closed; while it is
// reachable it keeps the values of its moment in memory.
type Snapshot struct {
	db *memdb.MemDB
}

// Snapshot returns the KV as it is now: with every write that has returned, and
// with each write wholly or not at all.
func (s *KV) Snapshot() *Snapshot { return &Snapshot{db: s.db.Snapshot()} }

// Get returns a copy of the value that key had, or kv.ErrNotFound.
func (s *Snapshot) Get(key []byte) ([]byte, error) {
	if len(key) == 0 {
		return nil, errEmptyKey
	}
	return get(s.db.Txn(false), key)
}

// All yields copies of every key and value, in byte order of the keys.
func (s *Snapshot) All() iter.Seq2[[]byte, []byte] { return s.Prefix(nil) }

// Prefix yields copies of those keys that start with p, and of their values, in
// byte order of the keys. Every key starts with the empty prefix.
func (s *Snapshot) Prefix(p []byte) iter.Seq2[[]byte, []byte] {
	prefix := clone(p)
	return func(yield func(key, value []byte) bool) {
		// An error would mean that the schema or the indexer of this package is
		// wrong, and there is no way to yield one.
		rows, err := s.db.Txn(false).Get(table, prefixIndex, prefix)
		if err != nil {
			panic(fmt.Sprintf("memkv: go-memdb refuses a scan: %v", err))
		}
		for row := rows.Next(); row != nil; row = rows.Next() {
			e := row.(*entry)
			if !yield(clone(e.key), clone(e.value)) {
				return
			}
		}
	}
}
