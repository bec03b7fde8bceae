package main

import "testing"

// BenchmarkSession runs sessions of 1,000 transfers over 100,000 accounts on each
// contender. It is for profiles:
//
//	go test -run '^$' -bench 'Session/uniform/memkv$' -cpuprofile cpu.prof
func BenchmarkSession(b *testing.B) {
	const accounts, transfers = 100_000, 1_000
	for _, zipf := range []bool{false, true} {
		w := workload{accounts, transfers, zipf}
		sessions := w.sessions(64)
		b.Run(w.distribution(), func(b *testing.B) {
			for _, c := range contenders() {
				b.Run(c.name, func(b *testing.B) {
					l, err := c.new(b.TempDir())
					if err != nil {
						b.Fatal(err)
					}
					if err := l.open(b.Context(), newNames(accounts)); err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					for i := 0; b.Loop(); i++ {
						if err := l.session(b.Context(), sessions[i%len(sessions)]); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.N*transfers)/b.Elapsed().Seconds(), "transfers/s")
					if err := l.close(); err != nil {
						b.Fatal(err)
					}
				})
			}
		})
	}
}
