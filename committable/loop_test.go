package committable

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
)

// TestLoopsOverManyRows loops over trees of several levels while the body of the loop
// writes everywhere and ends the session halfway. (TestTableAgainstModel covers more
// orders of events, but with few rows.)
func TestLoopsOverManyRows(t *testing.T) {
	const n = 5000
	for _, end := range []string{"goes on", "Cancel", "Commit", "Rollback"} {
		t.Run(end, func(t *testing.T) {
			table, keys := newLedger(t, n)
			random := rand.New(rand.NewPCG(1, 2))
			must(t, table.Begin(ctx, []byte("key")))
			for i := range 100 { // so that some rows are in the overlay when the loop starts
				must(t, table.Put(account{ID: keys[i*50], Balance: 2000}))
			}
			want := map[string]int64{}
			for id, a := range table.All() {
				want[id] = a.Balance
			}
			sp, err := table.Savepoint(ctx)
			must(t, err)
			seen, last := 0, ""
			for id, a := range table.All() {
				if id <= last || a.Balance != want[id] {
					t.Fatalf("row %d is %v after %q, want balance %d", seen, a, last, want[id])
				}
				last = id
				switch seen++; {
				case seen != n/2 || end == "goes on":
				case end == "Cancel":
					must(t, table.Cancel(ctx))
					must(t, table.Begin(ctx, []byte("next")))
				case end == "Commit":
					_, err := table.Commit(ctx, []byte("key"))
					must(t, err)
					must(t, table.Begin(ctx, []byte("next")))
				case end == "Rollback":
					must(t, sp.Rollback(ctx))
				}
				for range 3 {
					_, err := table.Delete(keys[random.IntN(n)])
					must(t, err)
					must(t, table.Put(account{ID: fmt.Sprintf("acct-%d", random.IntN(1000)), Balance: -1}))
					must(t, table.Put(account{ID: keys[random.IntN(n)], Balance: -1}))
				}
			}
			if seen != n {
				t.Fatalf("saw %d rows of %d", seen, n)
			}
		})
	}
}

// TestLogIsDropped checks that a session keeps a log only while something needs it.
func TestLogIsDropped(t *testing.T) {
	p := newParts()
	must(t, p.Begin(ctx, []byte("key")))
	write := func(logged int) {
		t.Helper()
		must(t, p.Put(part{Org: "a", Serial: "1"}))
		if got := len(p.session.log); got != logged {
			t.Fatalf("log of %d entries, want %d", got, logged)
		}
	}
	write(0)
	outer, err := p.Savepoint(ctx)
	must(t, err)
	write(1)
	_, err = p.Savepoint(ctx)
	must(t, err)
	next, stop := iter.Pull2(p.All())
	next()
	write(2)
	must(t, outer.Release(ctx))
	write(3)
	stop()
	write(0)
}

// TestRollbackAgainAndAgain rolls back to one savepoint many times. Each rollback must
// undo only the writes since the previous one.
func TestRollbackAgainAndAgain(t *testing.T) {
	p := newParts()
	must(t, p.Begin(ctx, []byte("key")))
	sp, err := p.Savepoint(ctx)
	must(t, err)
	for n := range 100 {
		must(t, p.Put(part{Org: "a", Serial: "1"}))
		must(t, p.Put(part{Org: "a", Serial: "2"}))
		must(t, sp.Rollback(ctx))
		if p.Len() != 0 || p.Has(partKey{Org: "a"}) {
			t.Fatal("a write is still there")
		}
		if got, want := len(p.session.log), 4*(n+1); got != want {
			t.Fatalf("log of %d entries, want 2 writes and their reversals %d times", got, n+1)
		}
	}
}

// TestTreesAreCopiedOnlyWhenShared checks at which writes of a session a tree is
// copied.
func TestTreesAreCopiedOnlyWhenShared(t *testing.T) {
	p := newParts()
	must(t, p.Begin(ctx, []byte("key")))
	number := 0
	insert := func() *tree[partKey] {
		number++
		must(t, p.Insert(part{No: uint16(number), Serial: fmt.Sprint(number)}))
		return p.order(keyOrder)
	}
	first := insert()
	if first == p.committed.orders[keyOrder] {
		t.Fatal("the session writes to the committed tree")
	}
	if insert() != first {
		t.Fatal("copied though nobody else holds it")
	}
	for range p.All() {
		break
	}
	if insert() != first {
		t.Fatal("copied though the loop is over")
	}
	for range p.All() {
		if insert() == first {
			t.Fatal("a loop's tree was written")
		}
		break
	}
	second := p.order(keyOrder)
	_, err := p.Savepoint(ctx)
	must(t, err)
	if insert() == second {
		t.Fatal("a savepoint's tree was written")
	}
}

func TestIndexesThatAreNotThere(t *testing.T) {
	p := newParts()
	inSession(t, p, "key", func() { must(t, p.Put(part{})) })
	for _, index := range []int{-2, -1, 2} {
		for _, r := range []reader{p, p.View()} {
			if rows := append(collect(t, r.IndexPrefix(index, nil)), collect(t, r.IndexRange(index, nil, nil, []byte{255}))...); rows != nil {
				t.Fatalf("index %d has rows %v", index, rows)
			}
			if _, ok := r.IndexGet(index, nil); ok {
				t.Fatalf("index %d has a row", index)
			}
		}
	}
}
