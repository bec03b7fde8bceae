package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkCallers runs sessions of one transfer over 100,000 accounts for 1,
// 16 and 128 callers at once. Each caller waits for its answer before it asks
// again, as the handler of a request does:
//
//	go test -run '^$' -bench Callers -benchtime 2s
func BenchmarkCallers(b *testing.B) {
	const accounts = 100_000
	all := newNames(accounts)
	sessions := workload{accounts, 1, false}.sessions(1 << 16)
	for _, kind := range []struct {
		name string
		open openKV
	}{{"memkv", onMemory}, {"bolt", onBolt}, {"Pebble", onPebble}} {
		for _, callers := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, callers), func(b *testing.B) {
				l, err := newOurs(kind.open, 1, 1)(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				if err := l.open(b.Context(), all); err != nil {
					b.Fatal(err)
				}
				o := l.(*ours)
				var group sync.WaitGroup
				var taken atomic.Int64
				b.ResetTimer()
				for range callers {
					group.Go(func() {
						for n := taken.Add(1); n <= int64(b.N); n = taken.Add(1) {
							key := binary.BigEndian.AppendUint64(nil, uint64(n))
							_, _, err := o.m.Do(b.Context(), key, func(context.Context) error {
								return o.transfer(sessions[n%int64(len(sessions))][0])
							})
							if err != nil {
								taken.Store(int64(b.N)) // the other callers stop
								b.Error(err)
								return
							}
						}
					})
				}
				group.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sessions/s")
				if err := l.close(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
