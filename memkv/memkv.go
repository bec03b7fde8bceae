package memkv

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-memdb"

	"github.com/gencommittable/gencommittable/kv"
)

// errEmptyKey keeps the empty key out, as the contract wants. It is not
// kv.ErrNotFound: asking for no key is a mistake and not a miss.
var errEmptyKey = errors.New("memkv: the key is empty; give it at least one byte")

// KV is a volatile key-value store. Make one with New.
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
		// The schema is a constant of this package, and every test makes a KV.
		panic(fmt.Sprintf("memkv: go-memdb refuses the schema: %v", err))
	}
	return &KV{db: db}
}

// Get returns a copy of the value of key, or kv.ErrNotFound.
func (s *KV) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	return get(s.db.Txn(false), key)
}

// Set gives key a copy of value.
func (s *KV) Set(ctx context.Context, key, value []byte) error {
	return s.Batch(ctx, []kv.Op{{Key: key, Value: value}})
}

// Delete makes key absent, which it may be already.
func (s *KV) Delete(ctx context.Context, key []byte) error {
	return s.Batch(ctx, []kv.Op{{Key: key, Delete: true}})
}

// Batch applies ops in order, all of them or none. A context that ends while
// another writer is at work is not noticed; writers take microseconds.
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

// Create sets key to a copy of value if it is absent, and otherwise returns
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

// check refuses what no method takes.
func check(ctx context.Context, key []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memkv: nothing done: %w", err)
	}
	if len(key) == 0 {
		return errEmptyKey
	}
	return nil
}
