package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/merkle"
)

func TestSecondTimeThatDiffersIsAnError(t *testing.T) {
	invoices := parse(t, "A1 MUG 4", "A2 MUG 1")
	booked := func() *Inventory {
		inv := newInventory(t, 10)
		apply(t, inv, invoices)
		return inv
	}
	session, _, err := booked().Apply(context.Background(), invoices[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		inv      *Inventory
		accepted map[string]merkle.ID
		want     string
	}{
		"another commit ID": {booked(), map[string]merkle.ID{"A1": session.ID, "A2": session.ID}, `invoice "A2" has commit ID`},
		"applied twice":     {newInventory(t, 10), map[string]merkle.ID{"A1": session.ID}, `invoice "A1" was applied twice`},
		"refused now":       {newInventory(t, 3), map[string]merkle.ID{"A1": session.ID}, `invoice "A1" was accepted the first time, but not the second`},
	} {
		_, err := processAgain(context.Background(), test.inv, invoices, test.accepted, ignore)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProcessStopsWhenItsContextEnds(t *testing.T) {
	inv := newInventory(t, 10)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := process(ctx, inv, parse(t, "A1 MUG 4", "A2 MUG 1"), false, func(Outcome) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if inv.Orders.Len() != 1 {
		t.Errorf("%d orders, want the one before the end", inv.Orders.Len())
	}
}

func TestProcessStopsWhenItsObserverFails(t *testing.T) {
	enough := errors.New("enough")
	for _, at := range []int{1, 3} { // the first and the second time through the file
		calls := 0
		_, err := process(context.Background(), newInventory(t, 10), parse(t, "A1 MUG 4", "A2 MUG 1"), true, func(Outcome) error {
			if calls++; calls == at {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || calls != at {
			t.Errorf("error %v after %d invoices, want it after %d", err, calls, at)
		}
	}
}

func TestOutcomesAreObserved(t *testing.T) {
	// A2 wants too much, until A3 brings some back.
	invoices := parse(t, "A1 MUG 4", "A2 MUG 7", "A3 MUG -1")
	var got []string
	_, err := process(context.Background(), newInventory(t, 10), invoices, true, func(o Outcome) error {
		got = append(got, fmt.Sprint(o.Invoice.Number, " refused ", o.Refused != nil, " ran ", o.Ran, " second ", o.Second))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"A1 refused false ran true second false",
		"A2 refused true ran false second false",
		"A3 refused false ran true second false",
		"A1 refused false ran false second true",
		"A2 refused false ran true second true",
		"A3 refused false ran false second true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func ignore(Outcome) error { return nil }

func TestEveryAcceptedInvoiceIsRetained(t *testing.T) {
	// More invoices than a committer retains by default.
	const count = 66_000
	invoices := make([]Invoice, count)
	number := []byte("A00000")
	for i := range invoices {
		for digit, n := len(number)-1, i; digit > 0; digit, n = digit-1, n/10 {
			number[digit] = byte('0' + n%10)
		}
		invoices[i] = Invoice{Number: string(number), Lines: []InvoiceLine{{OrderLine: OrderLine{Code: "MUG", Quantity: 1}}}}
	}
	report, err := process(context.Background(), newInventory(t, count), invoices, true, ignore)
	if err != nil {
		t.Fatal(err)
	}
	if report.Accepted != count || report.Replayed != count {
		t.Errorf("%d accepted, %d replayed, want %d", report.Accepted, report.Replayed, count)
	}
}
