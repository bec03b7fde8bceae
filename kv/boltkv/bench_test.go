package boltkv_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gencommittable/gencommittable/kv/boltkv"
)

// BenchmarkSyncedWrites measures writes that are on stable storage when they
// return. The benchmark of the same name in package pebblekv compares both KVs in
// one run.
func BenchmarkSyncedWrites(b *testing.B) {
	for _, size := range []int{100, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("%d-bytes", size), func(b *testing.B) {
			store, err := boltkv.Open(filepath.Join(b.TempDir(), "bench.db"), nil)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			value := make([]byte, size)
			b.SetBytes(int64(size))
			for n := 0; b.Loop(); n++ {
				if err := store.Set(b.Context(), fmt.Appendf(nil, "record/%010d", n), value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
