package main

import (
	"fmt"
	"math/rand/v2"
)

// transfer moves 1 from one account to another. Accounts are numbers below
// workload.accounts.
type transfer struct{ from, to int }

// workload describes a ledger and its sessions.
type workload struct {
	accounts  int
	transfers int  // in each session
	zipf      bool // pick accounts by Zipf with s = 1.1; otherwise uniformly
}

// String returns the workload's heading, such as "A=1000 T=100 uniform".
func (w workload) String() string {
	return fmt.Sprintf("A=%d T=%d %s", w.accounts, w.transfers, w.distribution())
}

// distribution returns the name of the distribution that picks accounts.
func (w workload) distribution() string {
	if w.zipf {
		return "zipf"
	}
	return "uniform"
}

// sessions returns n sessions. The seed is fixed, so that every call returns the
// same sessions.
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

// opening is the balance of a new account.
const opening = 1_000_000

// names holds the ID of each account. It is made in advance, so that formatting
// IDs is not measured.
type names []string

// newNames returns the IDs of the given number of accounts.
func newNames(accounts int) names {
	n := make(names, accounts)
	for i := range n {
		n[i] = fmt.Sprintf("acct-%08d", i)
	}
	return n
}

// account returns account i as it is opened. The contents of its two strings and
// its two integers take 53 bytes.
func (n names) account(i int) Account {
	return Account{ID: n[i], Owner: fmt.Sprintf("owner-%018d", i), Balance: opening}
}
