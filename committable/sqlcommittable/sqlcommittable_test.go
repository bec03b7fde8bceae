package sqlcommittable_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/sqlcommittable"
	"github.com/gencommittable/gencommittable/committer"
)

var (
	_ committer.Committable = (*sqlcommittable.Database)(nil)
	_ committer.Savepointer = (*sqlcommittable.Database)(nil)
)

func TestSessionIsOneTransaction(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		b.begin("a")
		must(t, b.pay(1, 10))
		b.want("") // not before Commit
		tx, err := b.Tx()
		must(t, err)
		var n int
		must(t, tx.QueryRowContext(t.Context(), "SELECT count(*) FROM payments").Scan(&n))
		if n != 1 {
			t.Errorf("the session sees %d payments, want its own", n)
		}
		b.commit("a")
		b.want("1:10")

		b.begin("b")
		must(t, b.pay(2, 20))
		must(t, b.Cancel(t.Context()))
		b.want("1:10")
		b.run("b", 2, 30)
		b.want("1:10 2:30")
		if open := b.db.Stats().InUse; open != 0 {
			t.Errorf("%d connections are in use after the sessions", open)
		}
	})
}

func TestReplayOfCommittedSessionWritesNothing(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		b.run("a", 1, 10)
		first := b.run("b", 2, 20)

		next := newBank(t, p) // another process
		next.recover("b")
		if !next.Replaying() {
			t.Fatal("a committed key is no replay")
		}
		_, err := next.Tx()
		wantIs(t, "Tx in a replay", err, committable.ErrReplaying)
		must(t, next.pay(2, 20)) // the key is there
		wantSame(t, "id of the replay", next.commit("b"), first)
		next.want("1:10 2:20")

		next.recover("b")
		must(t, next.pay(2, 21))
		_, err = next.Commit(t.Context(), []byte("b"))
		wantIs(t, "Commit of another argument", err, committable.ErrDivergence)
		must(t, next.Cancel(t.Context()))

		next.recover("c")
		if next.Replaying() {
			t.Error("a new key is a replay")
		}
		must(t, next.pay(3, 30))
		next.commit("c")
		next.want("1:10 2:20 3:30")
	})
}

func TestIDIsThatOfTheStatements(t *testing.T) {
	lite := newBank(t, newPlace(t, sqlcommittable.SQLite))
	if id := func() []byte { lite.begin("empty"); return lite.commit("empty") }(); len(id) != 0 {
		t.Errorf("a session without statements has id %x", id)
	}
	one := lite.run("a", 1, 10)
	execute(t, lite.db, "DELETE FROM payments")
	wantSame(t, "id under another key", lite.run("b", 1, 10), one)
	if other := lite.run("c", 2, 10); string(other) == string(one) {
		t.Error("another argument has the same id")
	}
}

func TestFailedStatementLeavesOnlyCancel(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		b.run("a", 1, 10)
		b.begin("b")
		if err := b.Exec(t.Context(), "UPDATE payments SET amount = amount", struct{}{}); err == nil || !strings.Contains(err.Error(), "argument 1") {
			t.Errorf("an argument that nothing can convert: %v", err)
		}
		must(t, b.pay(2, 20)) // that one broke nothing
		if err := b.pay(1, 10); err == nil {
			t.Fatal("an id is there twice")
		}
		wantIs(t, "a statement after a failed one", b.pay(3, 30), committable.ErrBroken)
		_, err := b.Commit(t.Context(), []byte("b"))
		wantIs(t, "Commit after a failed statement", err, committable.ErrBroken)
		must(t, b.Cancel(t.Context()))
		b.run("b", 2, 20)
		b.want("1:10 2:20")
	})
}

func TestSavepoints(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		b.begin("a")
		must(t, b.pay(1, 10))
		outer, err := b.Savepoint(t.Context())
		must(t, err)
		must(t, b.pay(2, 20))
		inner, err := b.Savepoint(t.Context())
		must(t, err)
		must(t, b.pay(3, 30))
		must(t, inner.Rollback(t.Context()))
		must(t, b.pay(3, 31))
		must(t, inner.Release(t.Context()))
		must(t, outer.Rollback(t.Context()))
		must(t, b.pay(2, 22))
		must(t, outer.Rollback(t.Context()))
		must(t, outer.Release(t.Context()))
		b.commit("a")
		b.want("1:10")
	})
}

func TestNamesAndTablesStandSideBySide(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		a := newBank(t, p)
		b := openBank(t, p, a.db, "Bank") // as bytes, another name
		c := openBank(t, p, a.db, "bank", sqlcommittable.WithTable("elsewhere"))
		ids := [][]byte{a.run("key a", 1, 1), b.run("key b", 2, 2), c.run("key c", 3, 3)}
		for i, x := range []*bank{a, b, c} {
			for j, key := range []string{"key a", "key b", "key c"} {
				x.recover(key)
				if x.Replaying() != (i == j) {
					t.Errorf("for bank %d, %s is a replay: %v", i, key, x.Replaying())
				}
				if i == j {
					wantSame(t, key, x.commit(key), ids[i])
				}
				must(t, x.Cancel(t.Context()))
			}
		}
	})
}

func TestSecondProcessWaitsForTheRow(t *testing.T) {
	p := newPlace(t, sqlcommittable.PostgreSQL)
	a, b := newBank(t, p), newBank(t, p)
	other := openBank(t, p, a.db, "other")
	a.begin("a")
	must(t, a.pay(1, 10))
	other.run("b", 2, 20) // it has a row of its own

	ctx, end := context.WithCancel(t.Context())
	began := make(chan error)
	go func() { began <- b.BeginRecovery(ctx, []byte("a")) }()
	waitForLock(t, a.db, began)
	end()
	wantIs(t, "BeginRecovery whose context ends", <-began, context.Canceled)

	go func() { began <- b.BeginRecovery(t.Context(), []byte("a")) }()
	waitForLock(t, a.db, began)
	a.commit("a")
	must(t, <-began)
	if !b.Replaying() {
		t.Error("what the other process has committed is not seen")
	}
	must(t, b.Cancel(t.Context()))
}

// waitForLock waits until a connection waits for a lock. The call whose result began
// receives must be the one that waits.
func waitForLock(t *testing.T, db *sql.DB, began <-chan error) {
	t.Helper()
	for waiting := 0; waiting == 0; {
		select {
		case err := <-began:
			t.Fatalf("it did not wait for the lock, and says %v", err)
		default:
		}
		must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
			WHERE NOT l.granted AND a.query LIKE 'UPDATE committable_sessions%'`).Scan(&waiting))
	}
}

// A session outlives the context of its Begin.
func TestContextOfBeginMayEnd(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		ctx, end := context.WithCancel(t.Context())
		must(t, b.Begin(ctx, []byte("a")))
		end()
		must(t, b.pay(1, 10))
		b.commit("a")
		b.want("1:10")

		wantIs(t, "Begin after the end of its context", b.Begin(ctx, []byte("b")), context.Canceled)
		b.run("b", 2, 20)

		// One that ends before Commit leaves the outcome to BeginRecovery.
		b.begin("c")
		must(t, b.pay(3, 30))
		if _, err := b.Commit(ctx, []byte("c")); !errors.Is(err, context.Canceled) {
			t.Errorf("Commit after the end of its context: %v", err)
		}
		b.recover("c")
		must(t, b.pay(3, 30))
		b.commit("c")
		b.want("1:10 2:20 3:30")
		if open := b.db.Stats().InUse; open != 0 {
			t.Errorf("%d connections are in use after the sessions", open)
		}
	})
}

func TestIDFunction(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p, sqlcommittable.WithID(func(ctx context.Context, tx *sql.Tx) ([]byte, error) {
			var sum string
			err := tx.QueryRowContext(ctx, "SELECT CAST(sum(amount) AS TEXT) FROM payments").Scan(&sum)
			return []byte(sum), err
		}))
		b.run("a", 1, 10)
		wantSame(t, "id", b.run("b", 2, 20), []byte("30"))
		b.recover("b")
		wantSame(t, "id in a replay", b.commit("b"), []byte("30"))
	})
}

func TestOpenRefuses(t *testing.T) {
	p := newPlace(t, sqlcommittable.SQLite)
	db := connect(t, p)
	for _, table := range []string{"", "a b", "a;b", "1a", "a.b.c", "a.", `"a"`} {
		if _, err := sqlcommittable.Open(t.Context(), db, "bank", p.dialect, sqlcommittable.WithTable(table)); err == nil {
			t.Errorf("table %q is accepted", table)
		}
	}
	if _, err := sqlcommittable.Open(t.Context(), db, "bank", 0); err == nil || !strings.Contains(err.Error(), "Dialect(0)") {
		t.Errorf("no dialect: %v", err)
	}
	must(t, db.Close())
	if _, err := sqlcommittable.Open(t.Context(), db, "bank", p.dialect); err == nil {
		t.Error("a closed database is opened")
	}
}

func TestDeletedRowIsNoEmptyDatabase(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		b.run("a", 1, 10)
		b.begin("b")
		tx, err := b.Tx()
		must(t, err)
		_, err = tx.ExecContext(t.Context(), "DELETE FROM committable_sessions")
		must(t, err)
		if _, err := b.Commit(t.Context(), []byte("b")); err == nil || !strings.Contains(err.Error(), "deleted") {
			t.Errorf("Commit without the row: %v", err)
		}
		b.run("b", 2, 20) // nothing of that was committed

		execute(t, b.db, "DELETE FROM committable_sessions")
		if err := b.BeginRecovery(t.Context(), []byte("b")); err == nil || !strings.Contains(err.Error(), "deleted") {
			t.Errorf("BeginRecovery without the row: %v", err)
		}
	})
}

// A connection in an unknown state must not return to the pool.
func TestConnectionThatFailedIsClosed(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, p place) {
		b := newBank(t, p)
		b.db.SetMaxOpenConns(1)
		execute(t, b.db, "ALTER TABLE committable_sessions RENAME TO away")
		if err := b.Begin(t.Context(), []byte("a")); err == nil {
			t.Fatal("Begin succeeds without its table")
		}
		if open := b.db.Stats().OpenConnections; open != 0 {
			t.Errorf("%d connections are open after a failed Begin", open)
		}
		execute(t, b.db, "ALTER TABLE away RENAME TO committable_sessions")
		b.run("a", 1, 10)
	})
}
