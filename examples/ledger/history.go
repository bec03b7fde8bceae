package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"text/tabwriter"
)

// history is the command history. It prints the transfers of an account, and the
// balance after each of them.
func history(ctx context.Context, in *invocation) error {
	in.withDB()
	if err := in.parse(1, 1); err != nil {
		return err
	}
	return in.useExisting(ctx, func(l *Ledger) error {
		name := in.args[0]
		if !l.Accounts.Has(name) {
			return fmt.Errorf("%w %s", ErrUnknownAccount, printable(name))
		}
		table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprint(table, "date\ttransfer\taccount\tamount\tbalance\tnote\n")
		sum := int64(0)
		for _, t := range l.History(name) {
			other, amount := t.From, t.Amount
			if t.From == name {
				other, amount = t.To, -t.Amount
			}
			sum += amount
			fmt.Fprintf(table, "%s\t%d\t%s\t%+d\t%d\t%s\n", t.Date.Format(dateFormat), t.ID, other, amount, sum, printable(t.Note))
		}
		return table.Flush()
	})
}

// History returns the transfers of an account by date, and those of one day in the
// order of posting.
func (l *Ledger) History(name string) []Transfer {
	var transfers []Transfer
	for _, index := range []iter.Seq2[uint64, Transfer]{l.Transfers.ByFrom(name), l.Transfers.ByTo(name)} {
		for _, t := range index {
			transfers = append(transfers, t)
		}
	}
	slices.SortFunc(transfers, func(a, b Transfer) int { return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.ID, b.ID)) })
	return transfers
}
