package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
)

// TestCrashes crashes the ledger at its calls to the KV, and compares the state and
// the commit IDs after recovery with those of an undisturbed run. The demo kills
// whole processes; this test reports at which call a fault occurs.
func TestCrashes(t *testing.T) {
	app := committertest.Application[*Ledger]{
		Open:      func(p *committertest.Process) (*Ledger, error) { return NewLedger(p.KV), nil },
		Committer: func(l *Ledger) *committer.MultiCommitter { return l.committer },
		State: func(l *Ledger) string {
			return committertest.Rows("accounts", l.Accounts.All()) + committertest.Rows("transfers", l.Transfers.All())
		},
	}
	for step := range 16 { // some of them are refused
		key := fmt.Sprintf("post/demo-%d", step)
		if step < len(demoAccounts()) {
			key = "open/" + demoAccounts()[step].Name
		}
		app.Sessions = append(app.Sessions, committertest.Session[*Ledger]{Key: key, Run: func(ctx context.Context, l *Ledger) error {
			_, _, err := runStep(ctx, l, step)
			return err
		}})
	}
	im := importer{file: "rows.csv", name: "rows.csv", batch: 2}
	for i, batch := range [][]row{
		{{2, Transfer{From: "bank", To: "alice", Amount: 9}}, {3, Transfer{From: "alice", To: "bob", Amount: 5}}},
		{{4, Transfer{From: "bank", To: "dan", Amount: 1}}},
	} {
		key := []string{"import/rows.csv:2-3", "import/rows.csv:4-4"}[i]
		app.Sessions = append(app.Sessions, committertest.Session[*Ledger]{Key: key, Run: func(ctx context.Context, l *Ledger) error {
			_, err := im.post(ctx, l, batch, func() {})
			return err
		}})
	}
	committertest.Run(t, app)
}
