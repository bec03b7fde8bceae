package memkv

import (
	"fmt"
	"iter"

	"github.com/hashicorp/go-memdb"
)

// Snapshot is the content of a KV at one moment. Later writes do not change it.
// It is safe for concurrent use and need not be closed. Its values stay in memory
// until it is garbage collected.
type Snapshot struct {
	db *memdb.MemDB
}

// Snapshot returns the current content of the KV, in constant time. It contains
// every write that has returned. A concurrent write is in it as a whole or not at
// all.
func (s *KV) Snapshot() *Snapshot { return &Snapshot{db: s.db.Snapshot()} }

// Get returns a copy of the value of key. If the key was absent, the error is
// kv.ErrNotFound.
func (s *Snapshot) Get(key []byte) ([]byte, error) {
	if len(key) == 0 {
		return nil, errEmptyKey
	}
	return get(s.db.Txn(false), key)
}

// All yields copies of every key and value, in byte order of the keys.
func (s *Snapshot) All() iter.Seq2[[]byte, []byte] { return s.Prefix(nil) }

// Prefix yields copies of every key that starts with p, and of its value, in byte
// order of the keys. If p is empty, it yields all keys.
func (s *Snapshot) Prefix(p []byte) iter.Seq2[[]byte, []byte] {
	prefix := clone(p)
	return func(yield func(key, value []byte) bool) {
		// An error means that the schema or the indexer of this package is wrong.
		// The iterator cannot yield it.
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
