package crashtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv"
)

// app is what is disturbed: two generated stores whose sessions depend on
// the state before, so that one that ran twice, or was lost, shows.
type app struct {
	m         *committer.MultiCommitter
	accounts  *generated.AccountStore
	transfers *generated.TransferStore
	bank      *External // nil: there is none
}

// newApp returns one that is not loaded. The database is that of its external,
// nil if it has none.
func newApp(store kv.KV, syncEvery int, db *Database) *app {
	a := &app{accounts: generated.NewAccountStore(), transfers: generated.NewTransferStore()}
	members := map[string]committer.Committable{a.accounts.Name(): a.accounts, a.transfers.Name(): a.transfers}
	if db != nil {
		a.bank = &External{DB: db}
		members["bank"] = a.bank
	}
	a.m = committer.NewCommitter(store, members, committer.WithSyncEvery(syncEvery), committer.WithRecords(5), committer.WithHistory(50),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1 << 10, Growth: 0.01}))
	return a
}

// application is the app with so many sessions.
func application(sessions uint64, external bool) committertest.Application[*app] {
	var db *Database
	of := committertest.Application[*app]{
		Open:      func(store kv.KV) (*app, error) { return newApp(store, 1, db), nil },
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
		row.ID, row.Owner, row.IBAN = id, generated.Owner(fmt.Sprint("owner-", seq%5)), id
		row.Balance = 3*row.Balance + generated.Cents(seq)
		err := errors.Join(a.accounts.Put(row), a.transfers.Put(generated.Transfer{ID: seq, Amount: int64(a.accounts.Len())}))
		if a.bank != nil {
			a.bank.Set(id, fmt.Sprint(row.Balance))
		}
		if seq > 20 {
			_, gone := a.transfers.Delete(seq - 20)
			err = errors.Join(err, gone)
		}
		return err
	})
	return s, err
}

// next returns the sequence of the session that comes next.
func (a *app) next() (uint64, error) {
	last, ok, err := a.m.Last()
	if err != nil || !ok {
		return 0, err
	}
	return last.Seq + 1, nil
}
