package sqlcommittable_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/gencommittable/gencommittable/committable/sqlcommittable"
	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/boltkv"
)

// site is the durable state of an application: the file of the committer and two
// databases.
type site struct {
	dir    string
	schema string // in PostgreSQL
}

func (s site) places() [2]place {
	return [2]place{
		{sqlcommittable.SQLite, filepath.Join(s.dir, "db.sqlite")},
		{sqlcommittable.PostgreSQL, s.schema},
	}
}

// step is one call of the KV or of an external. A test can prevent that it takes
// effect, or that its result reaches the caller.
type step func(do func() error) error

func undisturbed(do func() error) error { return do() }

// app is one process: a generated store over boltkv and two databases, which take part
// in the same sessions.
type app struct {
	m        *committer.MultiCommitter
	accounts *generated.AccountStore
	banks    [2]*sqlcommittable.Database
	dbs      [2]*sql.DB
	closers  []io.Closer
}

const (
	tables = `CREATE TABLE IF NOT EXISTS payments (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
		CREATE TABLE IF NOT EXISTS totals (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
		INSERT INTO totals (id, amount) VALUES (1, 0) ON CONFLICT (id) DO NOTHING`
	// sessions is the number of committed sessions.
	sessions = 3
)

// openApp opens the site. Opening is not disturbed.
func openApp(s site, through step) (a *app, err error) {
	ctx := context.Background()
	a = &app{accounts: generated.NewAccountStore()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	store, err := boltkv.Open(filepath.Join(s.dir, "kv"), nil)
	if err != nil {
		return a, err
	}
	a.closers = append(a.closers, store)
	a.m = committer.NewCommitter(steppedKV{store, through}, map[string]committer.Committable{a.accounts.Name(): a.accounts})
	for i, p := range s.places() {
		if a.dbs[i], err = p.connect(nil); err != nil {
			return a, err
		}
		a.closers = append(a.closers, a.dbs[i])
		for _, statement := range strings.Split(tables, ";") {
			if _, err = a.dbs[i].ExecContext(ctx, statement); err != nil {
				return a, err
			}
		}
		if a.banks[i], err = sqlcommittable.Open(ctx, a.dbs[i], p.dialect.String(), p.dialect); err != nil {
			return a, err
		}
		if err = a.m.Register(a.banks[i].Name(), steppedExternal{a.banks[i], through}); err != nil {
			return a, err
		}
	}
	return a, nil
}

// Close closes all files and connections, as the end of a process does.
func (a *app) Close() error {
	var errs []error
	for _, bank := range a.banks {
		if bank != nil {
			errs = append(errs, bank.Cancel(context.Background()))
		}
	}
	for _, c := range a.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

var errTaken = errors.New("this one goes back")

// run commits the session with the given number. Its writes depend on the state before
// it, so a session that ran twice or on another state is detected.
func (a *app) run(ctx context.Context, n int) (committer.Session, error) {
	s, _, err := a.m.Do(ctx, fmt.Appendf(nil, "session %d", n), func(ctx context.Context) error {
		row, _ := a.accounts.Get("alice")
		row.ID, row.Balance = "alice", 3*row.Balance+generated.Cents(n)+1
		if err := a.accounts.Put(row); err != nil {
			return err
		}
		for i, p := range (site{}).places() {
			bank := a.banks[i]
			if err := bank.Exec(ctx, p.query("INSERT INTO payments (id, amount) VALUES (?1, ?2)"), n, int64(row.Balance)); err != nil {
				return err
			}
			if err := bank.Exec(ctx, p.query("UPDATE totals SET amount = 3 * amount + ?1 WHERE id = 1"), n+1); err != nil {
				return err
			}
		}
		err := a.m.Try(ctx, func(ctx context.Context) error {
			return errors.Join(a.banks[n%2].Exec(ctx, "DELETE FROM payments"), errTaken)
		})
		if err != nil && err.Error() != errTaken.Error() {
			return err
		}
		return nil
	})
	return s, err
}

// image returns the committed state as text.
func (a *app) image(ctx context.Context) (string, error) {
	var b strings.Builder
	for n := range sessions {
		s, ok, err := a.m.Lookup(fmt.Appendf(nil, "session %d", n))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "session %d: %v %s\n", n, ok, s.ID)
	}
	for _, row := range a.accounts.All() {
		fmt.Fprintf(&b, "%+v\n", row)
	}
	for i, db := range a.dbs {
		list, err := payments(ctx, db)
		if err != nil {
			return "", err
		}
		var total int
		if err := db.QueryRowContext(ctx, "SELECT amount FROM totals").Scan(&total); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s: payments %s, total %d\n", a.banks[i].Name(), list, total)
	}
	return b.String(), nil
}

// steppedKV and steppedExternal count every call as a step.
type steppedKV struct {
	*boltkv.KV
	step step
}

func (k steppedKV) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = k.step(func() error {
		value, err = k.KV.Get(ctx, key)
		return err
	})
	return value, err
}

func (k steppedKV) Set(ctx context.Context, key, value []byte) error {
	return k.step(func() error { return k.KV.Set(ctx, key, value) })
}

func (k steppedKV) Delete(ctx context.Context, key []byte) error {
	return k.step(func() error { return k.KV.Delete(ctx, key) })
}

func (k steppedKV) Batch(ctx context.Context, ops []kv.Op) error {
	return k.step(func() error { return k.KV.Batch(ctx, ops) })
}

type steppedExternal struct {
	*sqlcommittable.Database
	step step
}

func (e steppedExternal) Begin(ctx context.Context, key []byte) error {
	return e.step(func() error { return e.Database.Begin(ctx, key) })
}

func (e steppedExternal) BeginRecovery(ctx context.Context, key []byte) error {
	return e.step(func() error { return e.Database.BeginRecovery(ctx, key) })
}

func (e steppedExternal) Commit(ctx context.Context, key []byte) (id []byte, err error) {
	err = e.step(func() error {
		id, err = e.Database.Commit(ctx, key)
		return err
	})
	return id, err
}

func (e steppedExternal) Cancel(ctx context.Context) error {
	return e.step(func() error { return e.Database.Cancel(ctx) })
}
