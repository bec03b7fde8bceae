package sqlcommittable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"github.com/gencommittable/gencommittable/committable"
)

// defaultTable is where the bookkeeping is without WithTable.
const defaultTable = "committable_sessions"

// Database is a database as an external committable. Its methods beyond those
// of committable.External are for the code of a session. All belong to one
// goroutine at a time.
type Database struct {
	*committable.External
	engine *engine
}

// Option sets an option of [Open].
type Option func(*options)

type options struct {
	table string
	id    func(ctx context.Context, tx *sql.Tx) ([]byte, error)
}

// WithTable sets the table of the bookkeeping; the default is
// committable_sessions. It may have the name of a schema and a dot before it.
func WithTable(name string) Option {
	return func(o *options) { o.table = name }
}

// WithID makes fn the source of a session's id in place of the statements; see
// committable.WithID. It must not write.
func WithID(fn func(ctx context.Context, tx *sql.Tx) (id []byte, err error)) Option {
	return func(o *options) { o.id = fn }
}

// tableName keeps what is no name of a table out of statements.
var tableName = regexp.MustCompile(`^([A-Za-z_][0-9A-Za-z_]*\.)?[A-Za-z_][0-9A-Za-z_]*$`)

// Open returns the database as the external with this name. It creates the
// table of the bookkeeping, and the row of the name in it, unless they are
// there. The name is at most 255 bytes, and must stay the same: under another
// one, the database is taken for one that has committed nothing.
//
// Sessions take a connection of db from Begin to Commit or Cancel. Close db
// yourself.
func Open(ctx context.Context, db *sql.DB, name string, dialect Dialect, opts ...Option) (*Database, error) {
	o := options{table: defaultTable}
	for _, opt := range opts {
		opt(&o)
	}
	if !tableName.MatchString(o.table) {
		return nil, fmt.Errorf("sqlcommittable: %q cannot be the name of a table here; use letters, digits and _, and a schema with a dot before if need be", o.table)
	}
	queries, err := dialect.statements(o.table)
	if err != nil {
		return nil, err
	}
	e := &engine{db: db, name: name, sql: queries}
	if err := e.prepare(ctx); err != nil {
		return nil, fmt.Errorf("sqlcommittable: the row of %q in table %s: %w", name, o.table, err)
	}
	var external []committable.ExternalOption
	if o.id != nil {
		external = append(external, committable.WithID(func(ctx context.Context) ([]byte, error) { return o.id(ctx, e.open.tx) }))
	}
	return &Database{External: committable.NewExternal(name, e, external...), engine: e}, nil
}

// prepare makes sure that the row of the name is there. It creates nothing that
// is there already, as it may not be allowed to.
func (e *engine) prepare(ctx context.Context) error {
	var name string
	err := e.db.QueryRowContext(ctx, e.sql.look, e.name).Scan(&name)
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
	return nil // if the table was not created, then because somebody else just had
}

// Exec executes a statement in the session's transaction, and registers query
// and arguments for the id. In a replay of a committed session it registers
// only. Arguments are what database/sql converts by itself (numbers, strings,
// bytes, times, bools, nil, pointers to them, and driver.Valuer), and
// sql.Named; times are written as UTC.
//
// An error of the database leaves only Cancel. Other errors are about an
// argument, after which the session goes on, or those of External.Apply.
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

// Tx returns the session's transaction, to write with together with Register or
// Apply, or to read. The error is that of External.CheckReadable: a replay has no
// transaction. Do not commit it or roll it back.
func (d *Database) Tx() (*sql.Tx, error) {
	if err := d.CheckReadable(); err != nil {
		return nil, err
	}
	return d.engine.open.tx, nil
}
