package committer_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// BenchmarkLoad loads rows from a checkpoint into one store and into four.
func BenchmarkLoad(b *testing.B) {
	for _, rows := range []int{10_000, 1_000_000} {
		for _, stores := range []int{1, 4} {
			b.Run(fmt.Sprintf("rows=%d/stores=%d", rows, stores), func(b *testing.B) {
				store := memkv.New()
				open := func() *committer.MultiCommitter { return committer.NewCommitter(store, benchStores(stores)) }
				fillForLoad(b, open(), stores, rows)
				for b.Loop() {
					if err := open().Load(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

func benchStores(n int) map[string]committer.Committable {
	all := make(map[string]committer.Committable)
	for i := range n {
		all[fmt.Sprint("store-", i)] = newAccountStore()
	}
	return all
}

// fillForLoad writes a checkpoint with this number of rows in all stores together,
// and no record after it.
func fillForLoad(b *testing.B, m *committer.MultiCommitter, stores, rows int) {
	b.Helper()
	from := benchStores(stores)
	source := committer.NewCommitter(memkv.New(), from)
	_, _, err := source.Do(b.Context(), []byte("fill"), func(context.Context) error {
		for i := range rows {
			s := from[fmt.Sprint("store-", i%stores)].(*accountStore)
			if err := s.Put(account{ID: fmt.Sprintf("acct-%08d", i), Owner: fmt.Sprintf("owner-%d", i), Balance: 1000, Sequence: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var stream bytes.Buffer
	for _, do := range []func() error{
		func() error { return source.Export(b.Context(), &stream) },
		func() error { return m.Load(b.Context()) },
		func() error { return m.Import(b.Context(), &stream) },
	} {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
}
