package committertest_test

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/docs/quickstart"
	"github.com/gencommittable/gencommittable/kv"
)

// Bank is an application. Each deposit has a number, and counts once.
type Bank struct {
	accounts  *quickstart.AccountStore
	committer *committer.MultiCommitter
}

func NewBank(store kv.KV) *Bank {
	accounts := quickstart.NewAccountStore()
	return &Bank{accounts, committer.NewCommitter(store, map[string]committer.Committable{accounts.Name(): accounts})}
}

func (b *Bank) Deposit(ctx context.Context, number, id string, amount int64) error {
	_, _, err := b.committer.Do(ctx, []byte(number), func(context.Context) error {
		account, _ := b.accounts.Get(id)
		account.ID, account.Balance = id, account.Balance+amount
		return b.accounts.Put(account)
	})
	return err
}

// In a test, call Run in place of Check.
func ExampleCheck() {
	err := committertest.Check(context.Background(), committertest.Application[*Bank]{
		Open:      func(p *committertest.Process) (*Bank, error) { return NewBank(p.KV), nil },
		Committer: func(b *Bank) *committer.MultiCommitter { return b.committer },
		State:     func(b *Bank) string { return committertest.Rows("accounts", b.accounts.All()) },
		Sessions: []committertest.Session[*Bank]{
			{Key: "n1", Run: func(ctx context.Context, b *Bank) error { return b.Deposit(ctx, "n1", "alice", 7) }},
			{Key: "n2", Run: func(ctx context.Context, b *Bank) error { return b.Deposit(ctx, "n2", "alice", 2) }},
		},
	})
	fmt.Println("difference:", err)
	// Output:
	// difference: <nil>
}
