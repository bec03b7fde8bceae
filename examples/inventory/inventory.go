package main

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
)

// MaxInvoices is how many invoices an Inventory may be given. Each of them is
// recognised for as long as the Inventory lives, because its history holds as
// many sessions: none can be forgotten and then applied twice.
const MaxInvoices = 1_000_000

// Inventory is the application: the stock, the orders that were accepted, and
// the committer that changes both or neither.
type Inventory struct {
	Items  *ItemStore
	Orders *OrderStore

	opening   int64
	committer *committer.MultiCommitter
}

// NewInventory loads the inventory that is in store, which for an empty memkv is
// an empty one. A product has opening pieces when it is first seen.
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

// Apply runs an invoice as one session, under its number. If it would take a
// product below zero at any of its lines, it returns ErrOutOfStock, and it
// leaves no trace. An invoice that was accepted before is answered from its
// record and changes nothing: ran is false then, and session is that of the
// first time.
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

// take moves the quantity of one line out of the stock, or back into it.
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
	return inv.Items.Put(item) // ErrOutOfStock if it is below zero, see Item.Validate
}

// Last returns the session of the last accepted invoice, false if there is none.
func (inv *Inventory) Last() (committer.Session, bool, error) {
	return inv.committer.Last()
}
