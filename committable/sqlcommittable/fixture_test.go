package sqlcommittable_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/gencommittable/gencommittable/committable/sqlcommittable"
)

// place is the address of a database. Any process can connect to it.
type place struct {
	dialect sqlcommittable.Dialect
	at      string // file, or schema in the database that postgresDSN names
}

// postgresDSN is the data source name of the PostgreSQL server for tests.
const postgresDSN = "GENCOMMITTABLE_POSTGRES"

// connect returns a pool of connections. If configure is not nil, it may change the
// configuration of connections to PostgreSQL.
func (p place) connect(configure func(*pgx.ConnConfig)) (*sql.DB, error) {
	if p.dialect == sqlcommittable.SQLite {
		return sql.Open("sqlite", "file:"+p.at+"?_pragma=busy_timeout(20000)&_pragma=synchronous(off)")
	}
	config, err := pgx.ParseConfig(os.Getenv(postgresDSN))
	if err != nil {
		return nil, err
	}
	if p.at != "" {
		config.RuntimeParams["search_path"] = p.at
	}
	if configure != nil {
		configure(config)
	}
	return stdlib.OpenDB(*config), nil
}

// newPlace returns an empty database, which is removed after the test.
func newPlace(t *testing.T, dialect sqlcommittable.Dialect) place {
	t.Helper()
	if dialect == sqlcommittable.SQLite {
		return place{dialect, filepath.Join(t.TempDir(), "db.sqlite")}
	}
	if os.Getenv(postgresDSN) == "" {
		if os.Getenv("GENCOMMITTABLE_REQUIRE_ALL") == "1" {
			t.Fatalf("GENCOMMITTABLE_REQUIRE_ALL=1, and %s names no PostgreSQL", postgresDSN)
		}
		t.Skipf("%s names no PostgreSQL, as in %s='host=/tmp user=postgres'", postgresDSN, postgresDSN)
	}
	admin := connect(t, place{dialect: dialect})
	schema := fmt.Sprintf("test_%d_%s", os.Getpid(), strings.ToLower(strings.NewReplacer("/", "_", "#", "_").Replace(t.Name())))
	schema = schema[:min(len(schema), 63)]
	execute(t, admin, "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
	execute(t, admin, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { execute(t, admin, "DROP SCHEMA "+schema+" CASCADE") })
	return place{dialect, schema}
}

func connect(t *testing.T, p place) *sql.DB {
	t.Helper()
	db, err := p.connect(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// onEachDatabase runs a test on SQLite and on PostgreSQL.
func onEachDatabase(t *testing.T, test func(t *testing.T, p place)) {
	for _, dialect := range []sqlcommittable.Dialect{sqlcommittable.SQLite, sqlcommittable.PostgreSQL} {
		t.Run(dialect.String(), func(t *testing.T) { test(t, newPlace(t, dialect)) })
	}
}

// query replaces the placeholders ?1, ?2, … with those of the dialect.
func (p place) query(q string) string {
	if p.dialect == sqlcommittable.PostgreSQL {
		return strings.ReplaceAll(q, "?", "$")
	}
	return q
}

// bank is an external over a database with a table of payments, and the process that
// uses it.
type bank struct {
	*sqlcommittable.Database
	t     *testing.T
	place place
	db    *sql.DB
}

func newBank(t *testing.T, p place, opts ...sqlcommittable.Option) *bank {
	t.Helper()
	db := connect(t, p)
	execute(t, db, "CREATE TABLE IF NOT EXISTS payments (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)")
	return openBank(t, p, db, "bank", opts...)
}

func openBank(t *testing.T, p place, db *sql.DB, name string, opts ...sqlcommittable.Option) *bank {
	t.Helper()
	d, err := sqlcommittable.Open(t.Context(), db, name, p.dialect, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Cancel(context.WithoutCancel(t.Context())) }) // what a failed test has open
	return &bank{d, t, p, db}
}

// pay is a statement of a session.
func (b *bank) pay(id, amount int) error {
	return b.Exec(b.t.Context(), b.place.query("INSERT INTO payments (id, amount) VALUES (?1, ?2)"), id, amount)
}

func (b *bank) begin(key string) {
	b.t.Helper()
	must(b.t, b.Begin(b.t.Context(), []byte(key)))
}

func (b *bank) recover(key string) {
	b.t.Helper()
	must(b.t, b.BeginRecovery(b.t.Context(), []byte(key)))
}

func (b *bank) commit(key string) []byte {
	b.t.Helper()
	id, err := b.Commit(b.t.Context(), []byte(key))
	must(b.t, err)
	return id
}

// run commits a session with one payment.
func (b *bank) run(key string, id, amount int) []byte {
	b.t.Helper()
	b.begin(key)
	must(b.t, b.pay(id, amount))
	return b.commit(key)
}

// want compares the committed rows, as another connection sees them, with the given
// ones.
func (b *bank) want(want string) {
	b.t.Helper()
	got, err := payments(b.t.Context(), b.db)
	must(b.t, err)
	if got != want {
		b.t.Errorf("payments %q, want %q", got, want)
	}
}

// payments returns the table as text.
func payments(ctx context.Context, db *sql.DB) (string, error) {
	rows, err := db.QueryContext(ctx, "SELECT id, amount FROM payments ORDER BY id")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var id, amount int
		if err := rows.Scan(&id, &amount); err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf("%d:%d", id, amount))
	}
	return strings.Join(all, " "), rows.Err()
}

func execute(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	// The context of the test is done when cleanup functions run.
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantIs(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want one that wraps %q", what, err, want)
	}
}

func wantSame(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %x, want %x", what, got, want)
	}
}
