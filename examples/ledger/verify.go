package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
)

// verify is the command verify.
func verify(ctx context.Context, in *invocation) error {
	in.withDB()
	if err := in.parse(0, 0); err != nil {
		return err
	}
	return in.useExisting(ctx, func(l *Ledger) error {
		if err := l.Verify(ctx); err != nil {
			return err
		}
		last, found, err := l.Last()
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(table, "accounts\t%d\ntransfers\t%d\n", l.Accounts.Len(), l.Transfers.Len())
		if found {
			fmt.Fprintf(table, "sessions\t%d\ncommit_id\t%s\n", last.Seq+1, last.ID)
		}
		fmt.Fprint(table, "verified\tyes\n")
		return table.Flush()
	})
}

// Verify recomputes the hashes of everything stored, and every balance from the
// transfers. It returns all faults, joined.
func (l *Ledger) Verify(ctx context.Context) error {
	return errors.Join(l.committer.Verify(ctx), l.verifyBalances())
}

func (l *Ledger) verifyBalances() error {
	sums := make(map[string]int64)
	for _, t := range l.Transfers.All() {
		sums[t.From] -= t.Amount
		sums[t.To] += t.Amount
	}
	var faults []error
	for name, account := range l.Accounts.All() {
		if account.Balance != sums[name] {
			faults = append(faults, fmt.Errorf("account %s is at %d; its transfers add up to %d", name, account.Balance, sums[name]))
		}
		delete(sums, name)
	}
	if len(sums) > 0 {
		faults = append(faults, fmt.Errorf("%d accounts with transfers do not exist", len(sums)))
	}
	return errors.Join(faults...)
}
