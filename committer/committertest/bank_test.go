package committertest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/docs/quickstart"
	"github.com/gencommittable/gencommittable/internal/crashtest"
)

// bank is an application for the tests: a store, and perhaps an external.
type bank struct {
	m        *committer.MultiCommitter
	accounts *quickstart.AccountStore
	branch   *crashtest.External // nil: there is none

	sessions int // of this process: what it remembers outside every store
}

func newBank(p *committertest.Process, db *crashtest.Database, opts ...committer.CommitterOpt) *bank {
	b := &bank{accounts: quickstart.NewAccountStore()}
	members := map[string]committer.Committable{b.accounts.Name(): b.accounts}
	if db != nil {
		b.branch = crashtest.NewExternal("branch", db)
		members[b.branch.Name()] = p.External(b.branch)
	}
	b.m = committer.NewCommitter(p.KV, members, opts...)
	return b
}

var errNoMoney = errors.New("no money")

// pay is a session that depends on the state before it.
func (b *bank) pay(ctx context.Context, key, id string, amount int64) error {
	_, ran, err := b.m.Do(ctx, []byte(key), func(context.Context) error { return b.add(id, amount) })
	if ran && err == nil {
		b.sessions++
	}
	return err
}

func (b *bank) add(id string, amount int64) error {
	row, _ := b.accounts.Get(id)
	row.ID, row.Balance = id, 2*row.Balance+amount
	if row.Balance < 0 {
		return errNoMoney
	}
	if b.branch != nil {
		if err := b.branch.Set(id, fmt.Sprint(amount)); err != nil {
			return err
		}
	}
	return b.accounts.Put(row)
}

// application has sessions one of which is refused.
func application(opts ...committer.CommitterOpt) committertest.Application[*bank] {
	app := committertest.Application[*bank]{
		Open:      func(p *committertest.Process) (*bank, error) { return newBank(p, nil, opts...), nil },
		Committer: func(b *bank) *committer.MultiCommitter { return b.m },
		State:     func(b *bank) string { return committertest.Rows("accounts", b.accounts.All()) },
	}
	for i, amount := range []int64{5, 3, -90, 4, 1, -7, 2} {
		key, id := fmt.Sprint("pay-", i), string('a'+rune(i%3))
		app.Sessions = append(app.Sessions, committertest.Session[*bank]{Key: key, Run: func(ctx context.Context, b *bank) error {
			if err := b.pay(ctx, key, id, amount); !errors.Is(err, errNoMoney) {
				return err
			}
			return nil
		}})
	}
	return app
}

// withBranch gives an application an external, whose rows are part of the state.
func withBranch(app committertest.Application[*bank], prepare func(*crashtest.Database)) committertest.Application[*bank] {
	var db *crashtest.Database
	app.Reset = func() {
		db = crashtest.NewDatabase()
		prepare(db)
	}
	app.Open = func(p *committertest.Process) (*bank, error) { return newBank(p, db), nil }
	rows := app.State
	app.State = func(b *bank) string { return rows(b) + db.String() }
	return app
}
