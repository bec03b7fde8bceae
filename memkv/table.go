package memkv

import (
	"errors"
	"fmt"

	"github.com/hashicorp/go-memdb"

	"github.com/gencommittable/gencommittable/kv"
)

// The only table, its only index, and the name of the index for prefix scans.
const (
	table       = "entries"
	index       = "id"
	prefixIndex = index + "_prefix"
)

// entry is one row. Snapshots share the rows with the database, so an entry and
// its bytes never change after it is inserted.
type entry struct {
	key, value []byte
}

func schema() *memdb.DBSchema {
	return &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{
		table: {
			Name:    table,
			Indexes: map[string]*memdb.IndexSchema{index: {Name: index, Unique: true, Indexer: byKey{}}},
		},
	}}
}

// byKey indexes entries by the bytes of their keys, unchanged. The indexers of
// go-memdb append a NUL to each key. The radix tree of go-memdb does not need
// that: it supports keys that are prefixes of each other.
type byKey struct{}

// FromObject returns the key of an entry.
func (byKey) FromObject(row any) (bool, []byte, error) {
	e, ok := row.(*entry)
	if !ok {
		return false, nil, fmt.Errorf("memkv: a row is a %T, not an entry", row)
	}
	return len(e.key) > 0, e.key, nil
}

// FromArgs returns its only argument, a key.
func (byKey) FromArgs(args ...any) ([]byte, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("memkv: the index takes one key, got %d arguments", len(args))
	}
	key, ok := args[0].([]byte)
	if !ok {
		return nil, fmt.Errorf("memkv: the index takes a []byte, got a %T", args[0])
	}
	return key, nil
}

// PrefixFromArgs returns its only argument, the prefix of the keys.
func (i byKey) PrefixFromArgs(args ...any) ([]byte, error) { return i.FromArgs(args...) }

// find returns the entry of key, which is not empty. If the key is absent, the
// error is kv.ErrNotFound.
func find(txn *memdb.Txn, key []byte) (*entry, error) {
	row, err := txn.First(table, index, key)
	if err != nil {
		return nil, fmt.Errorf("memkv: key %q: %w", key, err)
	}
	e, ok := row.(*entry)
	if !ok {
		return nil, fmt.Errorf("memkv: key %q: %w", key, kv.ErrNotFound)
	}
	return e, nil
}

// get returns a copy of the value of key, which is not nil.
func get(txn *memdb.Txn, key []byte) ([]byte, error) {
	e, err := find(txn, key)
	if err != nil {
		return nil, err
	}
	return clone(e.value), nil
}

// apply makes one operation in a write transaction.
func apply(txn *memdb.Txn, op kv.Op) error {
	if len(op.Key) == 0 {
		return errEmptyKey
	}
	if op.Delete {
		err := txn.Delete(table, &entry{key: op.Key})
		if err != nil && !errors.Is(err, memdb.ErrNotFound) {
			return fmt.Errorf("memkv: key %q: %w", op.Key, err)
		}
		return nil
	}
	if err := txn.Insert(table, &entry{key: clone(op.Key), value: clone(op.Value)}); err != nil {
		return fmt.Errorf("memkv: key %q: %w", op.Key, err)
	}
	return nil
}

// clone copies b. Unlike bytes.Clone it returns an empty slice for nil, because an
// empty value is a value.
func clone(b []byte) []byte {
	c := make([]byte, len(b))
	copy(c, b)
	return c
}
