package main

import (
	"context"
	"errors"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
)

// TestCrashes crashes the inventory at its calls to the KV, and compares the state
// and the commit IDs after recovery with those of an undisturbed run.
func TestCrashes(t *testing.T) {
	app := committertest.Application[*Inventory]{
		Open: func(p *committertest.Process) (*Inventory, error) {
			return NewInventory(context.Background(), p.KV, 1000)
		},
		Committer: func(inv *Inventory) *committer.MultiCommitter { return inv.committer },
		State: func(inv *Inventory) string {
			return committertest.Rows("items", inv.Items.All()) + committertest.Rows("orders", inv.Orders.All())
		},
	}
	for _, invoice := range readSample() {
		app.Sessions = append(app.Sessions, committertest.Session[*Inventory]{
			Key: invoice.Number,
			Run: func(ctx context.Context, inv *Inventory) error {
				_, _, err := inv.Apply(ctx, invoice)
				if errors.Is(err, ErrOutOfStock) {
					return nil // the undisturbed run refuses it, too
				}
				return err
			},
		})
	}
	committertest.Run(t, app)
}
