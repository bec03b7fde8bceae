package sqlcommittable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"github.com/gencommittable/gencommittable/committable"
)

// defaultTable is the bookkeeping table without WithTable.
const defaultTable = "committable_sessions"

// Database is an external committable over a database. Exec and Tx are for the code
// of sessions. All methods belong to one goroutine at a time, the session's.
type Database struct {
	*committable.External
	engine *engine
}

// Option is an option of [Open].
type Option func(*options)

type options struct {
	table string
	id    func(ctx context.Context, tx *sql.Tx) ([]byte, error)
}

// WithTable sets the name of the bookkeeping table, which may be qualified by a
// schema. The default is committable_sessions.
func WithTable(name string) Option {
	return func(o *options) { o.table = name }
}

// WithID makes fn the source of ids, instead of the statements; see
// committable.WithID. fn must not write.
func WithID(fn func(ctx context.Context, tx *sql.Tx) (id []byte, err error)) Option {
	return func(o *options) { o.id = fn }
}

// tableName matches valid table names, which become part of statements.
var tableName = regexp.MustCompile(`^([A-Za-z_][0-9A-Za-z_]*\.)?[A-Za-z_][0-9A-Za-z_]*$`)

// Open returns the external committable with this name over db. It creates the
// bookkeeping table and its row for the name if they do not exist. The name has at
// most 255 bytes and must not change: under another name, nothing counts as
// committed.
//
// A session uses one connection of db from Begin to Commit or Cancel. The caller
// closes db.
func Open(ctx context.Context, db *sql.DB, name string, dialect Dialect, opts ...Option) (*Database, error) {
	o := options{table: defaultTable}
	for _, opt := range opts {
		opt(&o)
	}
	if !tableName.MatchString(o.table) {
		return nil, fmt.Errorf("sqlcommittable: invalid table name %q; use letters, digits and _, and optionally a schema and a dot in front", o.table)
	}
	queries, err := dialect.statements(o.table)
	if err != nil {
		return nil, err
	}
	e := &engine{db: db, name: name, sql: queries}
	if err := e.prepare(ctx); err != nil {
		return nil, fmt.Errorf("sqlcommittable: create the bookkeeping row of %q in table %s: %w", name, o.table, err)
	}
	var external []committable.ExternalOption
	if o.id != nil {
		external = append(external, committable.WithID(func(ctx context.Context) ([]byte, error) { return o.id(ctx, e.open.tx) }))
	}
	return &Database{External: committable.NewExternal(name, e, external...), engine: e}, nil
}

// prepare creates the row of the name, and the table, if they do not exist. If they
// do, the program may lack the permission to create them.
func (e *engine) prepare(ctx context.Context) error {
	var name string
	err := e.db.QueryRowContext(ctx, e.sql.find, e.name).Scan(&name)
	if err == nil {
		return nil
	}
	var failed error
	if !errors.Is(err, sql.ErrNoRows) {
		_, failed = e.db.ExecContext(ctx, e.sql.create)
	}
	if _, err := e.db.ExecContext(ctx, e.sql.insert, e.name); err != nil {
		return errors.Join(failed, err)
	}
	return nil // if creating the table failed, another program had just created it
}

// Exec executes a statement in the session's transaction, and adds the query and its
// arguments to the id of the session. In a replay it does not execute the statement.
// Arguments may be of all types that database/sql converts by itself (numbers,
// strings, bytes, times, bools, nil, pointers to them, and driver.Valuer), and
// sql.Named. Times are written in UTC.
//
// After an error of the database the session can only be cancelled. After an error
// about an argument the session goes on. Other errors are those of External.Apply.
func (d *Database) Exec(ctx context.Context, query string, args ...any) error {
	s, err := newStatement(query, args)
	if err != nil {
		return err
	}
	return d.Apply(ctx, s.value, func(ctx context.Context) error {
		_, err := d.engine.open.tx.ExecContext(ctx, s.query, s.args...)
		return err
	})
}

// Tx returns the session's transaction, for reads, and for writes inside Apply or
// together with AddToID. Do not commit it or roll it back. The error is that of
// External.CheckReadable, because a replay has no transaction.
func (d *Database) Tx() (*sql.Tx, error) {
	if err := d.CheckReadable(); err != nil {
		return nil, err
	}
	return d.engine.open.tx, nil
}
