package main

import (
	"fmt"
	"math/rand/v2"
)

// transfer moves 1 from an account to another one.
type transfer struct{ from, to int }

// workload is a ledger and what happens to it.
type workload struct {
	accounts  int
	transfers int // of a session
	zipf      bool
}

func (w workload) String() string {
	return fmt.Sprintf("A=%d T=%d %s", w.accounts, w.transfers, w.picked())
}

// picked is how accounts are picked.
func (w workload) picked() string {
	if w.zipf {
		return "zipf"
	}
	return "uniform"
}

// sessions returns so many sessions, the same ones each time.
func (w workload) sessions(n int) [][]transfer {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() int { return random.IntN(w.accounts) }
	if w.zipf {
		z := rand.NewZipf(random, 1.1, 1, uint64(w.accounts-1))
		pick = func() int { return int(z.Uint64()) }
	}
	all := make([][]transfer, n)
	for i := range all {
		all[i] = make([]transfer, w.transfers)
		for j := range all[i] {
			from, to := pick(), pick()
			if to == from {
				to = (to + 1) % w.accounts
			}
			all[i][j] = transfer{from, to}
		}
	}
	return all
}

const opening = 1_000_000 // balance

// names has the IDs of accounts, so that making them is not measured.
type names []string

func newNames(accounts int) names {
	n := make(names, accounts)
	for i := range n {
		n[i] = fmt.Sprintf("acct-%08d", i)
	}
	return n
}

// account returns an account as it is opened. The row has 53 bytes in memory
// that are its own: two strings' contents and two integers.
func (n names) account(i int) Account {
	return Account{ID: n[i], Owner: fmt.Sprintf("owner-%018d", i), Balance: opening}
}
