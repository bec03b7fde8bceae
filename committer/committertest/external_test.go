package committertest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/docs/quickstart"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// ledger is a database with transactions. It survives processes.
type ledger struct {
	lines   []string
	key, id []byte
}

func (l *ledger) clone() *ledger { return &ledger{slices.Clone(l.lines), l.key, l.id} }

func (l *ledger) String() string { return strings.Join(l.lines, "") }

// connection is the engine of a ledger: one connection, which ends with the process.
type connection struct {
	db *ledger
	tx *ledger // nil: no transaction is open
}

func (c *connection) Begin(context.Context) error { c.tx = c.db.clone(); return nil }

func (c *connection) Last(context.Context) (key, id []byte, err error) { return c.tx.key, c.tx.id, nil }

func (c *connection) SetLast(_ context.Context, key, id []byte) error {
	c.tx.key, c.tx.id = slices.Clone(key), slices.Clone(id)
	return nil
}

func (c *connection) Commit(context.Context) error { *c.db, c.tx = *c.tx, nil; return nil }

func (c *connection) Rollback(context.Context) error { c.tx = nil; return nil }

func (c *connection) Savepoint(context.Context) (committable.Savepoint, error) {
	return &mark{c, len(c.tx.lines)}, nil
}

func (c *connection) write(line string) { c.tx.lines = append(c.tx.lines, line) }

type mark struct {
	c *connection
	n int
}

func (m *mark) Rollback(context.Context) error { m.c.tx.lines = m.c.tx.lines[:m.n]; return nil }

func (m *mark) Release(context.Context) error { return nil }

// shop has a store, an external over an engine, and an external written by hand.
// Each session writes to all three of them, in part in a transaction of its own.
type shop struct {
	m        *committer.MultiCommitter
	accounts *quickstart.AccountStore
	ledger   *committable.External
	writes   *connection
	branch   *crashtest.External
}

// shopBugs break a shop. The zero value breaks nothing.
type shopBugs struct {
	engine   func(c *connection) committable.Engine // in place of the connection
	external func(e *crashtest.External) committer.Committable
}

func (b shopBugs) application() committertest.Application[*shop] {
	var db *ledger
	var branch *crashtest.Database
	app := committertest.Application[*shop]{
		Reset: func() { db, branch = &ledger{}, crashtest.NewDatabase() },
		Open: func(p *committertest.Process) (*shop, error) {
			s := &shop{accounts: quickstart.NewAccountStore(), writes: &connection{db: db}, branch: crashtest.NewExternal("branch", branch)}
			var engine committable.Engine = s.writes
			if b.engine != nil {
				engine = b.engine(s.writes)
			}
			var external committer.Committable = s.branch
			if b.external != nil {
				external = b.external(s.branch)
			}
			s.ledger = committable.NewExternal("ledger", p.Engine(engine))
			s.m = committer.NewCommitter(p.KV, map[string]committer.Committable{
				"accounts": s.accounts, "ledger": s.ledger, "branch": p.External(external),
			})
			return s, nil
		},
		Committer: func(s *shop) *committer.MultiCommitter { return s.m },
		State: func(s *shop) string {
			return committertest.Rows("accounts", s.accounts.All()) + db.String() + branch.String()
		},
	}
	for n := range 4 {
		key := fmt.Sprint("buy-", n)
		app.Sessions = append(app.Sessions, committertest.Session[*shop]{
			Key: key, Run: func(ctx context.Context, s *shop) error { return s.buy(ctx, key) },
		})
	}
	return app
}

var errRefused = errors.New("refused")

func (s *shop) buy(ctx context.Context, key string) error {
	_, _, err := s.m.Do(ctx, []byte(key), func(ctx context.Context) error {
		for _, line := range []string{key + " paid\n", key + " refused\n"} {
			err := s.m.Try(ctx, func(ctx context.Context) error {
				account, _ := s.accounts.Get("a")
				account.ID, account.Balance = "a", 2*account.Balance+1
				err := s.branch.Set(line, key)
				err = errors.Join(err, s.ledger.Apply(ctx, []byte(line), func(context.Context) error { s.writes.write(line); return nil }))
				if err = errors.Join(err, s.accounts.Put(account)); err == nil && strings.HasSuffix(line, "refused\n") {
					err = errRefused
				}
				return err
			})
			if err != nil && err.Error() != errRefused.Error() {
				return err
			}
		}
		return nil
	})
	return err
}

// Every call of an external and of an engine is disturbed, in each way.
func TestExternals(t *testing.T) {
	committertest.Run(t, shopBugs{}.application(), committertest.WithEvery(1))
}

// separate commits the key in SetLast, in a transaction of its own.
type separate struct{ *connection }

func (c separate) SetLast(ctx context.Context, key, id []byte) error {
	c.db.key, c.db.id = slices.Clone(key), slices.Clone(id)
	return c.connection.SetLast(ctx, key, id)
}

// eager publishes what a session writes before Commit.
type eager struct{ *connection }

func (c eager) SetLast(ctx context.Context, key, id []byte) error {
	c.db.lines = slices.Clone(c.tx.lines)
	return c.connection.SetLast(ctx, key, id)
}

// early is an external whose Cancel commits.
type early struct{ *crashtest.External }

func (e early) Cancel(ctx context.Context) error {
	if key, open := e.OpenKey(); open {
		if _, err := e.Commit(ctx, key); err != nil {
			return err
		}
	}
	return e.External.Cancel(ctx)
}

// forgetful takes each recovery for a new session.
type forgetful struct{ *crashtest.External }

func (e forgetful) BeginRecovery(ctx context.Context, key []byte) error { return e.Begin(ctx, key) }

func TestBrokenExternalsAreFound(t *testing.T) {
	for name, bugs := range map[string]shopBugs{
		"an engine that commits the key separately": {engine: func(c *connection) committable.Engine { return separate{c} }},
		"an engine that publishes before Commit":    {engine: func(c *connection) committable.Engine { return eager{c} }},
		"an external that forgets the key":          {external: func(e *crashtest.External) committer.Committable { return forgetful{e} }},
		"an external whose Cancel commits":          {external: func(e *crashtest.External) committer.Committable { return early{e} }},
	} {
		t.Run(name, func(t *testing.T) {
			err := committertest.Check(t.Context(), bugs.application(), committertest.WithEvery(1))
			if err == nil {
				t.Fatal("it was not found")
			}
			t.Log(err)
		})
	}
}

// four is an external without savepoints.
type four struct{ committer.Committable }

// What a wrapper returns has savepoints if what it wraps has them.
func TestWrappersKeepSavepoints(t *testing.T) {
	p := plain(memkv.New())
	external := crashtest.NewExternal("branch", crashtest.NewDatabase())
	engine := &connection{db: &ledger{}}
	if _, ok := p.External(external).(committer.Savepointer); !ok {
		t.Error("External hides the savepoints of an external")
	}
	if _, ok := p.External(four{external}).(committer.Savepointer); ok {
		t.Error("External adds savepoints to an external")
	}
	if _, ok := p.Engine(engine).(committable.SavepointEngine); !ok {
		t.Error("Engine hides the savepoints of an engine")
	}
	if _, ok := p.Engine(struct{ committable.Engine }{engine}).(committable.SavepointEngine); ok {
		t.Error("Engine adds savepoints to an engine")
	}
}

func TestExternalRefusesAStore(t *testing.T) {
	defer func() {
		if err := fmt.Sprint(recover()); !strings.Contains(err, "called with a store, a *quickstart.AccountStore; register the store itself") {
			t.Errorf("External of a store: %s", err)
		}
	}()
	plain(memkv.New()).External(quickstart.NewAccountStore())
}

// Every method of an external and of an engine is a call of the fault's.
func TestCallsOfExternalsAreCounted(t *testing.T) {
	app := shopBugs{}.application()
	app.Reset()
	fault := kvtest.NewFault(memkv.New())
	p := committertest.NewProcess(fault)
	s, err := app.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	p.Cleanup(func() { closed = 2*closed + 1 })
	p.Cleanup(func() { closed += 5 })
	key := []byte("buy-0")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.buy(t.Context(), "buy-0"))
	must(s.m.Begin(t.Context(), key)) // a recovery
	must(s.m.Cancel(t.Context()))
	seen := make(map[string]bool)
	for _, call := range fault.Log() {
		seen[call.Method] = true
	}
	for _, kvCall := range []string{"Get", "Set", "Delete", "Batch", "Create", "Sync"} {
		delete(seen, kvCall)
	}
	got := strings.Join(slices.Sorted(maps.Keys(seen)), " ")
	const want = "branch.Begin branch.BeginRecovery branch.Cancel branch.Commit branch.Savepoint branch.Savepoint.Release branch.Savepoint.Rollback " +
		"engine.Begin engine.Commit engine.Last engine.Rollback engine.Savepoint engine.Savepoint.Release engine.Savepoint.Rollback engine.SetLast"
	if got != want {
		t.Errorf("calls\n%s\nwant\n%s", got, want)
	}
	p.End()
	if closed != 11 {
		t.Errorf("the functions of Cleanup left %d, want 11", closed)
	}
	if err := s.buy(t.Context(), "buy-1"); !errors.Is(err, kvtest.ErrCrashed) {
		t.Errorf("after End a session returned %v, want ErrCrashed", err)
	}
}
