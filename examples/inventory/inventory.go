package main

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
)

// MaxInvoices is the number of invoices that an Inventory accepts. The committer
// retains as many sessions, so that it recognises every accepted invoice: none can be
// forgotten and then applied twice.
const MaxInvoices = 1_000_000

// Inventory is the application: the stock, the accepted orders, and the committer
// that changes both of them or neither.
type Inventory struct {
	Items  *ItemStore
	Orders *OrderStore

	opening   int64
	committer *committer.MultiCommitter
}

// NewInventory loads the inventory stored in store. An empty KV holds an empty
// inventory. A product that is new has opening pieces in stock.
func NewInventory(ctx context.Context, store committer.KV, opening int64) (*Inventory, error) {
	items, orders := NewItemStore(), NewOrderStore()
	inv := &Inventory{
		Items:   items,
		Orders:  orders,
		opening: opening,
		committer: committer.NewCommitter(store, map[string]committer.Committable{
			items.Name():  items,
			orders.Name(): orders,
		}, committer.WithHistory(MaxInvoices)),
	}
	return inv, inv.committer.Load(ctx)
}

// Apply books an invoice in one session, whose idempotency key is the number of the
// invoice. If a line would take a product below zero, Apply returns an
// *OutOfStockError and the invoice leaves no trace. An invoice that was accepted
// before changes nothing: ran is false, and session is the session that booked it.
func (inv *Inventory) Apply(ctx context.Context, invoice Invoice) (session committer.Session, ran bool, err error) {
	return inv.committer.Do(ctx, []byte(invoice.Number), func(context.Context) error {
		for _, line := range invoice.Lines {
			if err := inv.take(line); err != nil {
				return err
			}
		}
		return inv.Orders.Insert(invoice.Order())
	})
}

// take takes the quantity of one line from the stock; a negative one comes back.
func (inv *Inventory) take(line InvoiceLine) error {
	item, known := inv.Items.Get(line.Code)
	if !known {
		item = Item{Code: line.Code, OnHand: inv.opening}
	}
	if item.Description == "" {
		item.Description = line.Description
	}
	onHand, ok := subtract(item.OnHand, line.Quantity)
	if !ok {
		return fmt.Errorf("%s: the stock of product %q is too large to count", line.Position, line.Code)
	}
	item.OnHand = onHand
	return inv.Items.Put(item) // an *OutOfStockError if it is below zero, see Item.Validate
}

// Last returns the session of the last accepted invoice, and false if there is none.
func (inv *Inventory) Last() (committer.Session, bool, error) {
	return inv.committer.Last()
}
