package pebblekv_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/boltkv"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

// BenchmarkSyncedWrites compares both durable KVs in one run. It measures how long
// it takes until several writes are on stable storage: boltkv syncs each of them,
// and pebblekv all of them at the end, as in a session of a MultiCommitter.
func BenchmarkSyncedWrites(b *testing.B) {
	for _, writes := range []int{1, 2} {
		for _, size := range []int{100, 4 << 10, 64 << 10} {
			name := fmt.Sprintf("%d-writes/%d-bytes", writes, size)
			b.Run(name+"/boltkv", func(b *testing.B) {
				store, err := boltkv.Open(filepath.Join(b.TempDir(), "bench.db"), nil)
				if err != nil {
					b.Fatal(err)
				}
				defer store.Close()
				syncedWrites(b, store, func(context.Context) error { return nil }, writes, size)
			})
			b.Run(name+"/pebblekv", func(b *testing.B) {
				store, err := pebblekv.Open(filepath.Join(b.TempDir(), "bench"), nil)
				if err != nil {
					b.Fatal(err)
				}
				defer store.Close()
				syncedWrites(b, store, store.Sync, writes, size)
			})
		}
	}
}

func syncedWrites(b *testing.B, store kv.KV, sync func(context.Context) error, writes, size int) {
	value := make([]byte, size)
	b.SetBytes(int64(writes * size))
	for n := 0; b.Loop(); n++ {
		for i := range writes {
			if err := store.Set(b.Context(), fmt.Appendf(nil, "record/%010d/%d", n, i), value); err != nil {
				b.Fatal(err)
			}
		}
		if err := sync(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
