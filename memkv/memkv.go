package memkv

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-memdb"

	"github.com/gencommittable/gencommittable/kv"
)

// errEmptyKey is the error of every method for the empty key. It is not
// kv.ErrNotFound, because the empty key is a mistake of the caller.
var errEmptyKey = errors.New("memkv: the key is empty; give it at least one byte")

// KV is a kv.KV in memory, with Batch and Create. New returns one.
type KV struct {
	db *memdb.MemDB
}

var (
	_ kv.KV      = (*KV)(nil)
	_ kv.Batcher = (*KV)(nil)
	_ kv.Creator = (*KV)(nil)
)

// New returns an empty KV.
func New() *KV {
	db, err := memdb.NewMemDB(schema())
	if err != nil {
		// Not possible: the schema is constant.
		panic(fmt.Sprintf("memkv: go-memdb refuses the schema: %v", err))
	}
	return &KV{db: db}
}

// Get returns a copy of the value of key. If the key is absent, the error is
// kv.ErrNotFound.
func (s *KV) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	return get(s.db.Txn(false), key)
}

// Set stores a copy of value under key.
func (s *KV) Set(ctx context.Context, key, value []byte) error {
	return s.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete removes key and its value. It returns nil if the key is absent.
func (s *KV) Delete(ctx context.Context, key []byte) error {
	return s.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, all of them or none. It looks at the context once,
// before it waits for another writer; writers take microseconds.
func (s *KV) Batch(ctx context.Context, ops []kv.Op) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memkv: nothing written: %w", err)
	}
	txn := s.db.Txn(true)
	defer txn.Abort() // does nothing after Commit
	for _, op := range ops {
		if err := apply(txn, op); err != nil {
			return err
		}
	}
	txn.Commit()
	return nil
}

// Create stores a copy of value under key. If the key is present, the error is
// kv.ErrExists.
func (s *KV) Create(ctx context.Context, key, value []byte) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	txn := s.db.Txn(true)
	defer txn.Abort() // does nothing after Commit
	switch _, err := find(txn, key); {
	case err == nil:
		return fmt.Errorf("memkv: key %q: %w", key, kv.ErrExists)
	case !errors.Is(err, kv.ErrNotFound):
		return err
	}
	if err := apply(txn, kv.Op{Key: key, Value: value}); err != nil {
		return err
	}
	txn.Commit()
	return nil
}

// check returns an error if a call must not begin.
func check(ctx context.Context, key []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memkv: nothing done: %w", err)
	}
	if len(key) == 0 {
		return errEmptyKey
	}
	return nil
}
