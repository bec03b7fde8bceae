package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/merkle"
)

// process applies all invoices, twice if wanted, and reports. It calls step
// after each.
func process(ctx context.Context, inv *Inventory, invoices []Invoice, twice bool, step func()) (*Report, error) {
	report := new(Report)
	accepted := make(map[string]merkle.ID) // invoice number → commit ID
	for _, invoice := range invoices {
		session, _, err := inv.Apply(ctx, invoice)
		switch {
		case errors.Is(err, ErrOutOfStock):
			report.Refused++
		case err != nil:
			return nil, err
		default:
			report.Accepted++
			report.Lines += len(invoice.Lines)
			accepted[invoice.Number] = session.ID
		}
		step()
	}
	if twice {
		var err error
		if report.SecondTime, err = processAgain(ctx, inv, invoices, accepted, step); err != nil {
			return nil, err
		}
	}
	return report, report.addState(inv)
}

// processAgain applies all invoices once more. Those that were accepted must be
// answered from their records, with the commit IDs of the first time. Those that
// were refused left no trace, so they are new, and by now the stock may suffice.
func processAgain(ctx context.Context, inv *Inventory, invoices []Invoice, accepted map[string]merkle.ID, step func()) (*SecondTime, error) {
	second := new(SecondTime)
	for _, invoice := range invoices {
		session, ran, err := inv.Apply(ctx, invoice)
		id, before := accepted[invoice.Number]
		switch {
		case before && err != nil:
			return nil, fmt.Errorf("inventory: invoice %q was accepted the first time, but not the second: %w", invoice.Number, err)
		case before && ran:
			return nil, fmt.Errorf("inventory: invoice %q was applied twice", invoice.Number)
		case before && session.ID != id:
			return nil, fmt.Errorf("inventory: invoice %q has commit ID %s the first time and %s the second", invoice.Number, id, session.ID)
		case before:
			second.Replayed++
		case errors.Is(err, ErrOutOfStock): // refused again
		case err != nil:
			return nil, err
		default:
			second.AcceptedSecond++
		}
		step()
	}
	return second, nil
}
