package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/merkle"
)

// Outcome is the answer to one invoice.
type Outcome struct {
	Invoice Invoice
	Session committer.Session // the session that booked the invoice; zero if Refused is set
	Refused error             // why the invoice was refused; nil if it was accepted
	Ran     bool              // false if the invoice was accepted earlier and is answered from its record
	Second  bool              // the second time through the file
}

// outcomeOf applies one invoice. Only an invoice that is neither accepted nor
// refused is an error.
func outcomeOf(ctx context.Context, inv *Inventory, invoice Invoice) (Outcome, error) {
	session, ran, err := inv.Apply(ctx, invoice)
	if errors.Is(err, ErrOutOfStock) {
		return Outcome{Invoice: invoice, Refused: err}, nil
	}
	return Outcome{Invoice: invoice, Session: session, Ran: ran}, err
}

// process applies all invoices, twice if wanted, and reports. It calls observe
// after each of them; an error of observe ends the run.
func process(ctx context.Context, inv *Inventory, invoices []Invoice, twice bool, observe func(Outcome) error) (*Report, error) {
	report := new(Report)
	accepted := make(map[string]merkle.ID) // invoice number → commit ID
	for _, invoice := range invoices {
		outcome, err := outcomeOf(ctx, inv, invoice)
		if err != nil {
			return nil, err
		}
		if outcome.Refused != nil {
			report.Refused++
		} else {
			report.Accepted++
			report.Lines += len(invoice.Lines)
			accepted[invoice.Number] = outcome.Session.ID
		}
		if err := observe(outcome); err != nil {
			return nil, err
		}
	}
	if twice {
		var err error
		if report.SecondTime, err = processAgain(ctx, inv, invoices, accepted, observe); err != nil {
			return nil, err
		}
	}
	return report, report.addState(inv)
}

// processAgain applies all invoices once more. Invoices that were accepted must
// be answered from their records, with the commit IDs of the first time. Refused
// invoices left no trace. They are applied as new ones, and may be accepted now.
func processAgain(ctx context.Context, inv *Inventory, invoices []Invoice, accepted map[string]merkle.ID, observe func(Outcome) error) (*SecondTime, error) {
	second := new(SecondTime)
	for _, invoice := range invoices {
		outcome, err := outcomeOf(ctx, inv, invoice)
		if err != nil {
			return nil, err
		}
		id, before := accepted[invoice.Number]
		switch {
		case before && outcome.Refused != nil:
			return nil, fmt.Errorf("inventory: invoice %q was accepted the first time, but not the second: %w", invoice.Number, outcome.Refused)
		case before && outcome.Ran:
			return nil, fmt.Errorf("inventory: invoice %q was applied twice", invoice.Number)
		case before && outcome.Session.ID != id:
			return nil, fmt.Errorf("inventory: invoice %q has commit ID %s the first time and %s the second", invoice.Number, id, outcome.Session.ID)
		case before:
			second.Replayed++
		case outcome.Refused == nil:
			second.AcceptedSecond++
		}
		outcome.Second = true
		if err := observe(outcome); err != nil {
			return nil, err
		}
	}
	return second, nil
}
