package kv_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// logging is a KV that logs the writes of another KV.
type logging struct {
	kv.KV
	log *log.Logger
}

// Unwrap keeps the optional methods that logging does not intercept.
func (l logging) Unwrap() kv.KV { return l.KV }

func (l logging) Set(ctx context.Context, key, value []byte) error {
	err := l.KV.Set(ctx, key, value)
	l.log.Printf("Set %s, %d bytes: %v", key, len(value), err)
	return err
}

func (l logging) Delete(ctx context.Context, key []byte) error {
	err := l.KV.Delete(ctx, key)
	l.log.Printf("Delete %s: %v", key, err)
	return err
}

func (l logging) Batch(ctx context.Context, ops []kv.Op) error {
	err := kv.Batch(ctx, l.KV, ops) // errors.ErrUnsupported if l.KV has no Batch
	l.log.Printf("Batch of %d operations: %v", len(ops), err)
	return err
}

// A wrapper with Unwrap keeps what it does not mention: here Create of memkv.
func ExampleWrapper() {
	ctx := context.Background()
	var store kv.KV = logging{memkv.New(), log.New(os.Stdout, "kv: ", 0)}

	_ = store.Set(ctx, []byte("color"), []byte("red"))
	_ = kv.Batch(ctx, store, []kv.Op{{Key: []byte("color"), Delete: true}})
	fmt.Println("Create:", kv.Create(ctx, store, []byte("color"), []byte("blue"))) // not logged
	fmt.Println("Sync:", kv.Sync(ctx, store))                                      // memkv has none
	// Output:
	// kv: Set color, 3 bytes: <nil>
	// kv: Batch of 1 operations: <nil>
	// Create: <nil>
	// Sync: kv: Sync: unsupported operation
}

// flusher is an interface of a KV that package kv does not know.
type flusher interface{ Flush() error }

type flushing struct{ kv.KV }

func (flushing) Flush() error { return nil }

// As finds any interface behind wrappers.
func ExampleAs() {
	store := logging{flushing{memkv.New()}, log.Default()}
	f, ok := kv.As[flusher](store)
	fmt.Println(ok, f.Flush())
	_, ok = kv.As[kv.Syncer](store)
	fmt.Println(ok)
	// Output:
	// true <nil>
	// false
}
