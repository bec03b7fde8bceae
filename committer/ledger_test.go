package committer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// The ledger workload: sessions of transfers between accounts. Each reads two
// accounts, moves 1 and writes both back; reads see the session's writes.

type transfer struct{ from, to string }

// ledgerWorkload returns sessions of transfers, the same in every call. Accounts
// are picked uniformly, or by Zipf with s = 1.1.
func ledgerWorkload(accounts, sessions, transfers int, zipf bool) [][]transfer {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func() int { return rnd.IntN(accounts) }
	if zipf {
		z := rand.NewZipf(rnd, 1.1, 1, uint64(accounts-1))
		pick = func() int { return int(z.Uint64()) }
	}
	work := make([][]transfer, sessions)
	for i := range work {
		work[i] = make([]transfer, transfers)
		for j := range work[i] {
			from, to := pick(), pick()
			for to == from {
				to = (to + 1) % accounts
			}
			work[i][j] = transfer{accountID(from), accountID(to)}
		}
	}
	return work
}

func accountID(i int) string { return fmt.Sprintf("acct-%08d", i) }

func newAccount(i int) account {
	return account{ID: accountID(i), Owner: fmt.Sprintf("owner-%04d", i%10_000), Balance: 1_000_000}
}

// ledger runs the workload on a MultiCommitter with one store over memkv.
type ledger struct {
	m        *committer.MultiCommitter
	accounts *accountStore
	session  int
}

func newLedger(tb testing.TB, accounts int) *ledger {
	l := &ledger{accounts: newAccountStore()}
	l.m = committer.NewCommitter(memkv.New(), map[string]committer.Committable{"accounts": l.accounts})
	_, _, err := l.m.Do(context.Background(), []byte("open"), func(context.Context) error {
		for i := range accounts {
			if err := l.accounts.Put(newAccount(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func (l *ledger) run(tb testing.TB, transfers []transfer) {
	l.session++
	_, _, err := l.m.Do(context.Background(), fmt.Append(nil, "session-", l.session), func(context.Context) error {
		for _, t := range transfers {
			if err := l.add(t.from, -1); err != nil {
				return err
			}
			if err := l.add(t.to, +1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func (l *ledger) add(id string, by int64) error {
	a, ok := l.accounts.Get(id)
	if !ok {
		return fmt.Errorf("no account %q", id)
	}
	a.Balance += by
	a.Sequence++
	return l.accounts.Put(a)
}

// BenchmarkLedger measures transfers per second, and the floor in the same run.
func BenchmarkLedger(b *testing.B) {
	const sessions = 32
	for _, accounts := range []int{10_000, 100_000, 1_000_000} {
		for _, zipf := range []bool{false, true} {
			const transfers = 1000
			name := fmt.Sprintf("accounts=%d/picked=%s", accounts, map[bool]string{false: "uniform", true: "zipf"}[zipf])
			work := ledgerWorkload(accounts, sessions, transfers, zipf)
			report := func(b *testing.B) {
				b.ReportMetric(float64(b.N*transfers)/b.Elapsed().Seconds(), "transfers/s")
			}
			b.Run(name+"/floor", func(b *testing.B) {
				f := newFloor(accounts)
				b.ResetTimer()
				for i := range b.N {
					f.run(work[i%sessions])
				}
				report(b)
			})
			b.Run(name+"/memkv", func(b *testing.B) {
				l := newLedger(b, accounts)
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					l.run(b, work[i%sessions])
				}
				report(b)
			})
		}
	}
}

// TestLedgerAgreesWithFloor runs the workload on ledger and floor and compares
// every account, so that the benchmark compares the same work.
func TestLedgerAgreesWithFloor(t *testing.T) {
	const accounts = 300
	f, l := newFloor(accounts), newLedger(t, accounts)
	for _, transfers := range ledgerWorkload(accounts, 20, 200, true) {
		f.run(transfers)
		l.run(t, transfers)
	}
	for id, row := range f.rows {
		if got, _ := l.accounts.Get(id); got != row.account {
			t.Errorf("account %s: %+v, the floor has %+v", id, got, row.account)
		}
	}
}
