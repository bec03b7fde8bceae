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
	open *transaction // nil while none is
}

// transaction has a connection of its own, so that it can be dropped with it.
type transaction struct {
	conn       *sql.Conn
	tx         *sql.Tx
	stop       context.CancelFunc // ends the context of tx, and tx with it
	savepoints int                // made so far, for their names
}

var _ committable.SavepointEngine = (*engine)(nil)

var errNoTransaction = errors.New("sqlcommittable: no transaction is open")

// Begin opens a transaction and locks the row of the name. The lock is what a
// recovery relies on: a transaction of the same name whose connection was lost
// in Commit holds it until the database has decided.
func (e *engine) Begin(ctx context.Context) error {
	if e.open != nil {
		return errors.New("sqlcommittable: a transaction is open")
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	// database/sql rolls back when the context of BeginTx ends; but a session
	// goes on after that of its Begin.
	of, stop := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, stop)
	tx, err := conn.BeginTx(of, nil)
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
		err = e.rowIsGone()
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
		return e.rowIsGone()
	}
	return nil
}

func (e *engine) rowIsGone() error {
	return fmt.Errorf("sqlcommittable: the row of %q was deleted, and with it what is committed; restore it", e.name)
}

// Commit commits. The end of ctx makes the driver give up waiting.
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
	_ = t.conn.Close() // back to the pool; it is committed whatever that says
	return nil
}

// Rollback rolls back, or else drops the connection, and the database then
// rolls back: so it always succeeds.
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
	_ = t.conn.Close() // back to the pool
	return nil
}

// drop ends the transaction by closing its connection: nobody knows what state
// that is in, so the pool must not have it back.
func (e *engine) drop() {
	t := e.open
	e.open = nil
	t.stop()
	if t.tx != nil {
		_ = t.tx.Rollback() // ends it for database/sql
	}
	_ = t.conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it
}

// Savepoint makes a savepoint of the database.
func (e *engine) Savepoint(ctx context.Context) (committable.Savepoint, error) {
	t := e.open
	if t == nil {
		return nil, errNoTransaction
	}
	t.savepoints++
	sp := &savepoint{t.tx, fmt.Sprintf("committable_%d", t.savepoints)}
	return sp, sp.do(ctx, "SAVEPOINT ")
}

type savepoint struct {
	tx   *sql.Tx
	name string
}

func (sp *savepoint) Rollback(ctx context.Context) error { return sp.do(ctx, "ROLLBACK TO SAVEPOINT ") }

func (sp *savepoint) Release(ctx context.Context) error { return sp.do(ctx, "RELEASE SAVEPOINT ") }

func (sp *savepoint) do(ctx context.Context, what string) error {
	_, err := sp.tx.ExecContext(ctx, what+sp.name)
	return err
}
