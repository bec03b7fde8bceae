package crashtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/docs/quickstart"
)

// app is the application under test: two stores, and an external if it has a
// database. Each session depends on the state before it, so a session that is lost
// or runs twice changes the final state.
type app struct {
	m         *committer.MultiCommitter
	accounts  *quickstart.AccountStore
	transfers *quickstart.AccountStore
	bank      *External // nil: there is none
}

// newApp returns an app that is not loaded. It has an external if db is not nil.
func newApp(p *committertest.Process, syncEvery int, db *Database) *app {
	a := &app{
		accounts:  quickstart.NewAccountStore(),
		transfers: quickstart.NewAccountStore(committable.WithName("transfers")),
	}
	members := map[string]committer.Committable{a.accounts.Name(): a.accounts, a.transfers.Name(): a.transfers}
	if db != nil {
		a.bank = NewExternal("bank", db)
		members[a.bank.Name()] = p.External(a.bank)
	}
	a.m = committer.NewCommitter(p.KV, members, committer.WithSyncEvery(syncEvery), committer.WithRecords(5), committer.WithHistory(50),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1 << 10, Growth: 0.01}))
	return a
}

// application returns the app with a number of sessions.
func application(sessions uint64, external bool) committertest.Application[*app] {
	var db *Database
	of := committertest.Application[*app]{
		Open:      func(p *committertest.Process) (*app, error) { return newApp(p, 1, db), nil },
		Committer: func(a *app) *committer.MultiCommitter { return a.m },
		State: func(a *app) string {
			return committertest.Rows("accounts", a.accounts.All()) + committertest.Rows("transfers", a.transfers.All()) + db.String()
		},
	}
	if external {
		of.Reset = func() { db = NewDatabase() }
	}
	for seq := range sessions {
		of.Sessions = append(of.Sessions, committertest.Session[*app]{
			Key: string(key(seq)),
			Run: func(ctx context.Context, a *app) error { _, err := a.run(ctx, seq); return err },
		})
	}
	return of
}

func key(seq uint64) []byte { return fmt.Appendf(nil, "session-%06d", seq) }

// run commits the session with this sequence.
func (a *app) run(ctx context.Context, seq uint64) (committer.Session, error) {
	s, _, err := a.m.Do(ctx, key(seq), func(context.Context) error {
		id := fmt.Sprintf("account-%02d", seq*7%30)
		row, _ := a.accounts.Get(id)
		row.ID, row.Owner = id, fmt.Sprint("owner-", seq%5)
		row.Balance = 3*row.Balance + int64(seq)
		errs := []error{
			a.accounts.Put(row),
			a.transfers.Put(quickstart.Account{ID: transfer(seq), Balance: int64(a.accounts.Len())}),
		}
		if a.bank != nil {
			errs = append(errs, a.bank.Set(id, fmt.Sprint(row.Balance)))
		}
		if seq > 20 {
			_, gone := a.transfers.Delete(transfer(seq - 20))
			errs = append(errs, gone)
		}
		return errors.Join(errs...)
	})
	return s, err
}

func transfer(seq uint64) string { return fmt.Sprintf("transfer-%06d", seq) }

// next returns the sequence of the session that comes next.
func (a *app) next() (uint64, error) {
	last, ok, err := a.m.Last()
	if err != nil || !ok {
		return 0, err
	}
	return last.Seq + 1, nil
}
