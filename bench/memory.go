package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committer"
)

// memoryAndLoad fills a store on Pebble, in sessions of 10,000 rows, and opens
// it again.
func memoryAndLoad(ctx context.Context, s scale) ([]axis, error) {
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
	const rowsOfSession = 10_000
	for from := 0; from < s.rows; from += rowsOfSession {
		_, _, err := m.Do(ctx, fmt.Append(nil, from), func(context.Context) error {
			for i := from; i < min(from+rowsOfSession, s.rows); i++ {
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
	heap := axis{what: fmt.Sprintf("live heap of a row of 53 bytes, %d rows on Pebble", s.rows), unit: "bytes", asked: true, most: 350}
	heap.got = float64(liveHeap()-before) / float64(s.rows)
	runtime.KeepAlive(accounts)
	if err := (&ours{m: m, kv: db}).close(); err != nil {
		return nil, err
	}

	load := axis{what: fmt.Sprintf("Load of %d rows on Pebble", s.rows), unit: "s", asked: true, most: 1.5}
	if db, err = onPebble(dir); err != nil {
		return nil, err
	}
	accounts = NewAccountStore()
	m = committer.NewCommitter(db, map[string]committer.Committable{"accounts": accounts})
	start := time.Now()
	if err := m.Load(ctx); err != nil {
		return nil, err
	}
	load.got = time.Since(start).Seconds()
	if accounts.Len() != s.rows {
		return nil, fmt.Errorf("%d rows were loaded of %d", accounts.Len(), s.rows)
	}
	return []axis{heap, load}, (&ours{m: m, kv: db}).close()
}

// liveHeap returns the bytes that are in use.
func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// allocations counts those of single calls.
func allocations(ctx context.Context, s scale) ([]axis, error) {
	l, err := newOurs(onMemory, 1, 1)("")
	if err != nil {
		return nil, err
	}
	o := l.(*ours)
	if err := o.open(ctx, newNames(s.accounts)); err != nil {
		return nil, err
	}
	get := axis{what: "Get of a flat row", unit: "allocations", asked: true}
	put := axis{what: "Put of a row that the session has written", unit: "allocations", asked: true}
	store, i := o.store(0), 0
	_, _, err = o.m.Do(ctx, []byte("allocations"), func(context.Context) (err error) {
		get.got = testing.AllocsPerRun(1_000, func() {
			i = (i + 1) % s.accounts
			store.Get(o.ids[i])
		})
		row, _ := store.Get(o.ids[0])
		put.got = testing.AllocsPerRun(1_000, func() {
			row.Balance++
			if e := store.Put(row); e != nil {
				err = e
			}
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return []axis{get, put}, o.close()
}
