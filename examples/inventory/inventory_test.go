package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
	"github.com/gencommittable/gencommittable/merkle"
)

// failer is implemented by *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func newInventory(t failer, opening int64) *Inventory {
	t.Helper()
	inv, err := NewInventory(context.Background(), memkv.New(), opening)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// parse reads lines such as "A1 MUG 5": invoice, product, quantity.
func parse(t failer, lines ...string) []Invoice {
	t.Helper()
	content := header + "\n"
	for _, line := range lines {
		var number, code string
		var quantity int64
		if _, err := fmt.Sscan(line, &number, &code, &quantity); err != nil {
			t.Fatal(err)
		}
		content += fmt.Sprintf("%s,%s,,%d,2026-03-02T09:05,1.25,7,Ireland\n", number, code, quantity)
	}
	invoices, err := ReadInvoices("test.csv", strings.NewReader(content), MaxInvoices)
	if err != nil {
		t.Fatal(err)
	}
	return invoices
}

// apply applies invoices in turn and returns the numbers of the accepted ones.
func apply(t failer, inv *Inventory, invoices []Invoice) (accepted []string) {
	t.Helper()
	for _, invoice := range invoices {
		switch _, ran, err := inv.Apply(context.Background(), invoice); {
		case errors.Is(err, ErrOutOfStock):
		case err != nil || !ran:
			t.Fatalf("invoice %s: ran %v, %v", invoice.Number, ran, err)
		default:
			accepted = append(accepted, invoice.Number)
		}
	}
	return accepted
}

// state is the content of an inventory.
type state struct {
	Items  map[string]Item
	Orders map[string]Order
	Last   committer.Session
}

func stateOf(t failer, inv *Inventory) state {
	t.Helper()
	last, _, err := inv.Last()
	if err != nil {
		t.Fatal(err)
	}
	return state{maps.Collect(inv.Items.All()), maps.Collect(inv.Orders.All()), last}
}

func expectSame(t failer, want, got state) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefusedInvoiceLeavesNoTrace(t *testing.T) {
	with := newInventory(t, 10)
	// A2 takes from a known product, first sees another, and fails at its last line.
	accepted := apply(t, with, parse(t, "A1 MUG 4", "A2 MUG 1", "A2 TIN 1", "A2 MUG 6", "A3 MUG 6"))
	if diff := cmp.Diff([]string{"A1", "A3"}, accepted); diff != "" {
		t.Fatal(diff)
	}
	without := newInventory(t, 10)
	apply(t, without, parse(t, "A1 MUG 4", "A3 MUG 6"))
	expectSame(t, stateOf(t, without), stateOf(t, with))
	if got := stateOf(t, with); len(got.Items) != 1 || got.Last.Seq != 1 {
		t.Errorf("%d items and sequence %d, want 1 and 1", len(got.Items), got.Last.Seq)
	}
}

func TestLinesOfAnInvoiceNeedNotBeAdjacent(t *testing.T) {
	apart, together := newInventory(t, 10), newInventory(t, 10)
	apply(t, apart, parse(t, "A1 MUG 4", "A2 TIN 1", "A1 TIN 2", "A2 MUG 3"))
	apply(t, together, parse(t, "A1 MUG 4", "A1 TIN 2", "A2 TIN 1", "A2 MUG 3"))
	expectSame(t, stateOf(t, together), stateOf(t, apart))
}

func TestInvoicesRunInTheOrderOfTheirFirstLines(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  []string
	}{
		{[]string{"A1 TIN 1", "A2 MUG 6", "A1 MUG 6"}, []string{"A1"}},
		{[]string{"A2 MUG 6", "A1 TIN 1", "A1 MUG 6"}, []string{"A2"}},
	} {
		if diff := cmp.Diff(test.want, apply(t, newInventory(t, 10), parse(t, test.lines...))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.lines, diff)
		}
	}
}

func TestStockMustSufficeAtEveryLine(t *testing.T) {
	accepted := apply(t, newInventory(t, 10), parse(t, "A1 MUG 11", "A1 MUG -5", "A2 MUG -5", "A2 MUG 11"))
	if diff := cmp.Diff([]string{"A2"}, accepted); diff != "" {
		t.Error(diff)
	}
}

func TestCodesAreComparedAsBytes(t *testing.T) {
	content := header + "\n"
	for _, code := range []string{"mug", "MUG", " MUG", "MUG ", "MU\u0308G", "M\u00dcG"} {
		content += "A1," + code + ",,1,2026-03-02T09:05,1,7,Ireland\n"
	}
	invoices, err := ReadInvoices("test.csv", strings.NewReader(content), MaxInvoices)
	if err != nil {
		t.Fatal(err)
	}
	inv := newInventory(t, 10)
	apply(t, inv, invoices)
	if got := inv.Items.Len(); got != 6 {
		t.Errorf("%d products, want 6", got)
	}
}

func TestInvoicesAreBookedAsInTheFile(t *testing.T) {
	invoices, err := open("")
	if err != nil {
		t.Fatal(err)
	}
	inv := newInventory(t, 1000)
	apply(t, inv, invoices)
	order, ok := inv.Orders.Get("S1012")
	if !ok {
		t.Fatal("no order S1012")
	}
	want := Order{
		Invoice: "S1012", Customer: "417", Country: "France", Date: order.Date, Total: -1050,
		Lines: []OrderLine{{Code: "MUG02", Quantity: -5, Price: 295}, {Code: "RUL06", Quantity: 5, Price: 85}},
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := order.Date.String(); got != "2026-03-02 12:31:00 +0000 UTC" {
		t.Errorf("date %s", got)
	}
	item, _ := inv.Items.Get("CND20")
	if diff := cmp.Diff(Item{Code: "CND20", Description: "CANDLE, LAVENDER, 20 CM"}, item); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescriptionIsTheFirstThatIsNotEmpty(t *testing.T) {
	inv := newInventory(t, 10)
	for i, description := range []string{"", "MUG", "MUGS", ""} {
		line := InvoiceLine{OrderLine: OrderLine{Code: "M1", Quantity: 1}, Description: description}
		apply(t, inv, []Invoice{{Number: fmt.Sprint(i), Lines: []InvoiceLine{line}}})
	}
	if item, _ := inv.Items.Get("M1"); item.Description != "MUG" {
		t.Errorf("description %q, want MUG", item.Description)
	}
}

// model is the application in a plain map: the same rules without stores.
type model struct {
	opening int64
	stock   map[string]int64
}

func (m *model) accepts(invoice Invoice) bool {
	next := maps.Clone(m.stock)
	for _, line := range invoice.Lines {
		if _, known := next[line.Code]; !known {
			next[line.Code] = m.opening
		}
		if next[line.Code] -= line.Quantity; next[line.Code] < 0 {
			return false
		}
	}
	m.stock = next
	return true
}

func TestInventoryAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opening := rapid.Int64Range(0, 8).Draw(t, "opening")
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("A%d P%d %d",
				rapid.IntRange(1, 12).Draw(t, "invoice"),
				rapid.IntRange(1, 4).Draw(t, "product"),
				rapid.Int64Range(-4, 6).Draw(t, "quantity"))
		}), 1, 40).Draw(t, "lines")
		invoices := parse(t, lines...)
		inv := newInventory(t, opening)
		plain := &model{opening: opening, stock: make(map[string]int64)}
		var accepted []Invoice
		ids := make(map[string]merkle.ID)
		for _, invoice := range invoices {
			before := stateOf(t, inv)
			session, _, err := inv.Apply(context.Background(), invoice)
			if plain.accepts(invoice) != (err == nil) || err != nil && !errors.Is(err, ErrOutOfStock) {
				t.Fatalf("invoice %s: %v", invoice.Number, err)
			}
			if err == nil {
				accepted = append(accepted, invoice)
				ids[invoice.Number] = session.ID
			} else {
				expectSame(t, before, stateOf(t, inv))
			}
		}
		stock := make(map[string]int64)
		for code, item := range inv.Items.All() {
			stock[code] = item.OnHand
		}
		if diff := cmp.Diff(plain.stock, stock); diff != "" {
			t.Fatalf("(-model +inventory):\n%s", diff)
		}
		alone := newInventory(t, opening) // did not get the refused invoices
		apply(t, alone, accepted)
		expectSame(t, stateOf(t, alone), stateOf(t, inv))

		want := &SecondTime{Replayed: len(accepted)}
		for _, invoice := range invoices {
			if _, before := ids[invoice.Number]; !before && plain.accepts(invoice) {
				want.AcceptedSecond++
			}
		}
		second, err := processAgain(context.Background(), inv, invoices, ids, ignore)
		if diff := cmp.Diff(want, second); diff != "" || err != nil {
			t.Fatalf("second time: %v (-model +inventory):\n%s", err, diff)
		}
	})
}
