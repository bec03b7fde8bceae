package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/gencommittable/gencommittable/committer"
)

// memoryAndLoad fills a store on Pebble in sessions of 10,000 rows and measures
// the heap of a row. Then it opens the database again and measures Load.
func memoryAndLoad(ctx context.Context, s scale) ([]measurement, error) {
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)

	before := liveHeap()
	db, err := onPebble(dir)
	if err != nil {
		return nil, err
	}
	accounts := NewAccountStore()
	m := committer.NewCommitter(db, map[string]committer.Committable{"accounts": accounts})
	const rowsPerSession = 10_000
	for from := 0; from < s.rows; from += rowsPerSession {
		_, _, err := m.Do(ctx, fmt.Append(nil, from), func(context.Context) error {
			for i := from; i < min(from+rowsPerSession, s.rows); i++ {
				row := Account{ID: fmt.Sprintf("acct-%08d", i), Owner: fmt.Sprintf("owner-%018d", i), Balance: opening}
				if err := accounts.Put(row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if err := m.Sync(ctx); err != nil {
		return nil, err
	}
	heap := measurement{name: fmt.Sprintf("live heap for each row of 53 bytes, %d rows on Pebble", s.rows), unit: "bytes", target: atMost(350)}
	heap.value = float64(liveHeap()-before) / float64(s.rows)
	runtime.KeepAlive(accounts)
	if err := (&ours{m: m, kv: db}).close(); err != nil {
		return nil, err
	}

	load := measurement{name: fmt.Sprintf("Load of %d rows on Pebble", s.rows), unit: "s", target: atMost(1.5)}
	if db, err = onPebble(dir); err != nil {
		return nil, err
	}
	accounts = NewAccountStore()
	m = committer.NewCommitter(db, map[string]committer.Committable{"accounts": accounts})
	start := time.Now()
	if err := m.Load(ctx); err != nil {
		return nil, err
	}
	load.value = time.Since(start).Seconds()
	if accounts.Len() != s.rows {
		return nil, fmt.Errorf("loaded %d rows, want %d", accounts.Len(), s.rows)
	}
	return []measurement{heap, load}, (&ours{m: m, kv: db}).close()
}

// liveHeap returns the size of the live objects on the heap, in bytes.
func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
