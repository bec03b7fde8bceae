package sqlcommittable

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
)

// engine is a committable.SavepointEngine over a database.
type engine struct {
	db   *sql.DB
	name string
	sql  statements
	open *transaction // nil if none is open
}

// transaction is a transaction and its connection. If the state of the transaction
// is unknown, both are dropped.
type transaction struct {
	conn       *sql.Conn
	tx         *sql.Tx
	stop       context.CancelFunc // cancels the context of tx, which ends tx
	savepoints int                // number of savepoints so far, for their names
}

var _ committable.SavepointEngine = (*engine)(nil)

var errNoTransaction = errors.New("sqlcommittable: no transaction is open")

// Begin opens a transaction and locks the row of the name. Recovery relies on the
// lock: a transaction of the same name whose connection was lost during Commit holds
// the lock until the database has committed it or rolled it back.
func (e *engine) Begin(ctx context.Context) error {
	if e.open != nil {
		return errors.New("sqlcommittable: a transaction is open")
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	// database/sql rolls back when the context of BeginTx is done, but a session
	// outlives the context of its Begin.
	txCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, stop)
	tx, err := conn.BeginTx(txCtx, nil)
	e.open = &transaction{conn: conn, tx: tx, stop: stop}
	if !detach() {
		err = errors.Join(ctx.Err(), err)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, e.sql.lock, e.name)
	}
	if err != nil {
		e.drop()
		return err
	}
	return nil
}

// Last reads the bookkeeping row.
func (e *engine) Last(ctx context.Context) (key, id []byte, err error) {
	if e.open == nil {
		return nil, nil, errNoTransaction
	}
	err = e.open.tx.QueryRowContext(ctx, e.sql.last, e.name).Scan(&key, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = e.rowMissing()
	}
	return key, id, err
}

// SetLast writes the bookkeeping row.
func (e *engine) SetLast(ctx context.Context, key, id []byte) error {
	if e.open == nil {
		return errNoTransaction
	}
	result, err := e.open.tx.ExecContext(ctx, e.sql.setLast, key, id, e.name)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil {
		return err
	} else if n != 1 {
		return e.rowMissing()
	}
	return nil
}

func (e *engine) rowMissing() error {
	return fmt.Errorf("sqlcommittable: the bookkeeping row of %q was deleted; restore it, because it says which session is committed", e.name)
}

// Commit commits. When ctx is done, the driver stops waiting.
func (e *engine) Commit(ctx context.Context) error {
	t := e.open
	if t == nil {
		return errNoTransaction
	}
	detach := context.AfterFunc(ctx, t.stop)
	defer detach()
	if err := t.tx.Commit(); err != nil {
		e.drop()
		return err
	}
	e.open = nil
	t.stop()
	_ = t.conn.Close() // returns it to the pool; the session is committed even if this fails
	return nil
}

// Rollback rolls back. If that fails it drops the connection, which makes the
// database roll back, so Rollback always succeeds.
func (e *engine) Rollback(context.Context) error {
	t := e.open
	if t == nil {
		return nil
	}
	if t.tx.Rollback() != nil {
		e.drop()
		return nil
	}
	e.open = nil
	t.stop()
	_ = t.conn.Close() // returns it to the pool
	return nil
}

// drop ends the transaction by closing its connection. The state of the connection
// is unknown, so it must not return to the pool.
func (e *engine) drop() {
	t := e.open
	e.open = nil
	t.stop()
	if t.tx != nil {
		_ = t.tx.Rollback() // ends it in database/sql
	}
	_ = t.conn.Raw(func(any) error { return driver.ErrBadConn }) // closes the connection
}

// Savepoint creates a savepoint in the database.
func (e *engine) Savepoint(ctx context.Context) (committable.Savepoint, error) {
	t := e.open
	if t == nil {
		return nil, errNoTransaction
	}
	t.savepoints++
	sp := &savepoint{t.tx, fmt.Sprintf("committable_%d", t.savepoints)}
	return sp, sp.exec(ctx, "SAVEPOINT ")
}

type savepoint struct {
	tx   *sql.Tx
	name string
}

func (sp *savepoint) Rollback(ctx context.Context) error {
	return sp.exec(ctx, "ROLLBACK TO SAVEPOINT ")
}

func (sp *savepoint) Release(ctx context.Context) error { return sp.exec(ctx, "RELEASE SAVEPOINT ") }

func (sp *savepoint) exec(ctx context.Context, command string) error {
	_, err := sp.tx.ExecContext(ctx, command+sp.name)
	return err
}
