package committable

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// TestViewsBesideSessions reads from shared and private views and from snapshots, while
// sessions are committed and cancelled. In every committed state the total is the
// same, the balance of the account "bank" is the number of the session, and the index
// by owner has every account once. Run it with -race.
func TestViewsBesideSessions(t *testing.T) {
	const sessions, accounts, total = 80, 2000, 1 << 20
	d := accountDefinition()
	d.Indexes = []Index[account]{{Name: "ByOwner", Append: func(dst []byte, a *account) []byte { return appendText(dst, a.Owner) }}}
	table := NewTable(d)
	inSession(t, table, "-1", func() {
		must(t, table.Put(account{ID: "bank"}))
		must(t, table.Put(account{ID: "rest", Balance: total}))
	})

	done := make(chan struct{})
	shared := make(chan *View[string, account], 16)
	errs := make(chan error, 8)
	var readers sync.WaitGroup
	for r := range cap(errs) {
		readers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(r), 0))
			for seq := uint64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				var view *View[string, account]
				if random.IntN(2) == 0 {
					view = table.View()
					shown, ok := view.Seq()
					if !ok || shown < seq {
						errs <- fmt.Errorf("session %d, %t after %d", shown, ok, seq)
						return
					}
					seq = shown
					for range 2 {
						select {
						case shared <- view:
						default:
						}
					}
				} else {
					select {
					case view = <-shared:
					default:
						continue
					}
				}
				if err := checkLedger(view, total); err != nil {
					errs <- err
					return
				}
				if random.IntN(10) == 0 {
					for range table.Snapshot(ctx, random.IntN(2)) {
					}
				}
			}
		})
	}

	random := rand.New(rand.NewPCG(1, 1))
	for n := range sessions {
		key := fmt.Appendf(nil, "%d", n)
		must(t, table.Begin(ContextWithSequence(ctx, uint64(n)), key))
		for range 60 {
			id := fmt.Sprintf("acct-%d", random.IntN(accounts))
			a, _ := table.Get(id)
			rest, _ := table.Get("rest")
			rest.Balance += a.Balance
			if random.IntN(3) == 0 {
				_, err := table.Delete(id)
				must(t, err)
			} else {
				a = account{ID: id, Owner: fmt.Sprint(random.IntN(20)), Balance: random.Int64N(10)}
				rest.Balance -= a.Balance
				must(t, table.Put(a))
			}
			must(t, table.Put(rest))
		}
		must(t, table.Update("rest", func(a *account) error { a.Balance--; return nil }))
		must(t, table.Update("bank", func(a *account) error { a.Balance++; return nil }))
		if random.IntN(4) == 0 {
			must(t, table.Cancel(ctx))
			must(t, table.Begin(ContextWithSequence(ctx, uint64(n)), key))
			must(t, table.Update("rest", func(a *account) error { a.Balance--; return nil }))
			must(t, table.Update("bank", func(a *account) error { a.Balance++; return nil }))
		}
		_, err := table.Commit(ctx, key)
		must(t, err)
		runtime.Gosched()
	}
	close(done)
	readers.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}

func checkLedger(view *View[string, account], total int64) error {
	seq, _ := view.Seq()
	if bank, _ := view.Get("bank"); seq > 0 && bank.Balance != int64(seq)+1 {
		return fmt.Errorf("bank has %d in session %d", bank.Balance, seq)
	}
	sum, count := int64(0), 0
	for id, a := range view.All() {
		if got, ok := view.Get(id); !ok || got != a {
			return fmt.Errorf("Get gives %v, All %v", got, a)
		}
		sum += a.Balance
		count++
	}
	if sum != total || count != view.Len() {
		return fmt.Errorf("%d accounts with %d, want %d with %d", count, sum, view.Len(), total)
	}
	owner := ""
	for _, a := range view.IndexPrefix(0, nil) {
		if a.Owner < owner {
			return fmt.Errorf("index has owner %q after %q", a.Owner, owner)
		}
		owner = a.Owner
		count--
	}
	if count != 0 {
		return fmt.Errorf("the index lacks %d accounts", count)
	}
	return nil
}

// TestOldUndosAreCollected checks that only a view keeps the undo nodes of later
// sessions in memory.
func TestOldUndosAreCollected(t *testing.T) {
	table, keys := newLedger(t, 10)
	collected := make(chan struct{}, 10)
	commit := func(n int) {
		inSession(t, table, fmt.Sprint(n), func() { must(t, table.Put(account{ID: keys[0], Seq: uint64(n)})) })
		runtime.AddCleanup(table.committed.last, func(struct{}) { collected <- struct{}{} }, struct{}{})
	}
	view := table.View()
	for n := range 10 {
		commit(n + 1)
	}
	if a, _ := view.Get(keys[0]); a.Seq != 0 {
		t.Fatalf("the view shows %v", a)
	}
	left := 9 // all but the last session's
	for attempt := 0; left > 0 && attempt < 1000; attempt++ {
		runtime.GC()
		select {
		case <-collected:
			left--
		default:
		}
	}
	if left > 0 {
		t.Fatalf("%d undos are still in memory", left)
	}
	runtime.KeepAlive(view)
	runtime.KeepAlive(table)
}

// CommittedLen counts committed rows only, and any goroutine may call it.
func TestCommittedLen(t *testing.T) {
	p := newParts()
	want := func(n int) {
		t.Helper()
		got := make(chan int)
		go func() { got <- p.CommittedLen() }()
		if n != <-got {
			t.Fatalf("CommittedLen is not %d", n)
		}
	}
	want(0)
	inSession(t, p, "1", func() {
		must(t, p.Put(part{Org: "a"}))
		want(0)
	})
	want(1)
	must(t, p.Begin(ctx, []byte("2")))
	must(t, p.Put(part{Org: "b", Serial: "1"}))
	must(t, p.Cancel(ctx))
	want(1)
	must(t, p.Restore(ctx, p.Schema(), nil))
	want(0)
}
