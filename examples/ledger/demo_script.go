package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The script of the demo is an endless list of requests. The request of a step depends
// on the number of the step alone; its result depends on the state. So a session that
// is lost, doubled or torn changes the results of the steps after it.

// demoAccounts returns the accounts that the first steps open. Money comes from the
// bank.
func demoAccounts() []Account {
	return []Account{
		{Name: "bank", Overdraft: Unlimited},
		{Name: "alice"},
		{Name: "bob"},
		{Name: "carol", Overdraft: 50},
		{Name: "dan"},
	}
}

// runStep sends the request of a step. A request that would exceed an overdraft is
// refused. That is not an error, and leaves no session.
func runStep(ctx context.Context, l *Ledger, step int) (r Receipt, refused bool, err error) {
	accounts := demoAccounts()
	if step < len(accounts) {
		r, err = l.Open(ctx, accounts[step].Name, accounts[step].Overdraft)
		return r, false, err
	}
	dice := rand.New(rand.NewPCG(uint64(step), 0))
	from := dice.IntN(len(accounts))
	to := (from + 1 + dice.IntN(len(accounts)-1)) % len(accounts)
	r, err = l.Post(ctx, Transfer{
		Request: fmt.Sprintf("demo-%d", step),
		Date:    time.Date(2026, 1, 1+step/10, 0, 0, 0, 0, time.UTC),
		From:    accounts[from].Name,
		To:      accounts[to].Name,
		Amount:  1 + dice.Int64N(100),
	})
	if errors.Is(err, ErrOverdraft) {
		return Receipt{}, true, nil
	}
	return r, false, err
}

// nextStep returns the step after the one that the last session committed.
func nextStep(l *Ledger) (int, error) {
	last, found, err := l.Last()
	if err != nil || !found {
		return 0, err
	}
	key := string(last.Key)
	if name, ok := strings.CutPrefix(key, "open/"); ok {
		for step, account := range demoAccounts() {
			if account.Name == name {
				return step + 1, nil
			}
		}
	}
	var step int
	if _, err := fmt.Sscanf(key, "post/demo-%d", &step); err != nil {
		return 0, fmt.Errorf("the last session, %q, is not a session of the demo", key)
	}
	return step + 1, nil
}
