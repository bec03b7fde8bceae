package crashtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/committer"
)

// Database is the database of an external. It survives the processes that use
// it.
type Database struct {
	// Forgetful breaks the contract of externals: the database does not remember
	// the keys of committed sessions.
	Forgetful bool

	rows      map[string]string
	ids       map[string][]byte // of the committed sessions, by idempotency key
	committed []string          // the keys of the committed sessions, in order
}

// NewDatabase returns an empty database.
func NewDatabase() *Database {
	return &Database{rows: make(map[string]string), ids: make(map[string][]byte)}
}

// Clone returns a copy.
func (d *Database) Clone() *Database {
	return &Database{
		Forgetful: d.Forgetful,
		rows:      maps.Clone(d.rows), ids: maps.Clone(d.ids), committed: slices.Clone(d.committed),
	}
}

// Get returns all values that committed sessions gave to a name, each followed
// by a space: a session that is committed twice shows.
func (d *Database) Get(name string) string { return d.rows[name] }

// ID returns the id of a committed session.
func (d *Database) ID(key []byte) (id []byte, committed bool) {
	id, committed = d.ids[string(key)]
	return bytes.Clone(id), committed
}

// Lines returns the committed keys and then the rows, sorted by name, a line for
// each. A nil database has no lines.
func (d *Database) Lines() []string {
	if d == nil {
		return nil
	}
	lines := []string{"external committed: " + strings.Join(d.committed, " ")}
	for _, name := range slices.Sorted(maps.Keys(d.rows)) {
		lines = append(lines, fmt.Sprintf("external %s: %s", name, d.rows[name]))
	}
	return lines
}

// String returns the lines as one text.
func (d *Database) String() string {
	var b strings.Builder
	for _, line := range d.Lines() {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// commit makes a transaction permanent.
func (d *Database) commit(key string, id []byte, tx map[string]string) {
	for name, value := range tx {
		d.rows[name] += value + " "
	}
	d.committed = append(d.committed, key)
	if !d.Forgetful {
		d.ids[key] = id
	}
}

// External is an external committable over a [Database], with savepoints. It is
// one connection to the database, so it has at most one open transaction.
type External struct {
	name string
	db   *Database

	open     bool
	key      []byte
	tx       map[string]string
	repeated bool // the key was committed before
}

var _ committer.Savepointer = (*External)(nil)

// NewExternal returns an external over a database.
func NewExternal(name string, db *Database) *External { return &External{name: name, db: db} }

// Name returns the name to register the external by.
func (e *External) Name() string { return e.name }

// OpenKey returns the key of the open transaction.
func (e *External) OpenKey() (key []byte, open bool) { return e.key, e.open }

// Database returns the database of the external.
func (e *External) Database() *Database { return e.db }

// Begin opens a transaction.
func (e *External) Begin(_ context.Context, key []byte) error { return e.begin(key, false) }

// BeginRecovery opens a transaction whose key may be committed already.
func (e *External) BeginRecovery(_ context.Context, key []byte) error {
	_, repeated := e.db.ids[string(key)]
	return e.begin(key, repeated)
}

func (e *External) begin(key []byte, repeated bool) error {
	if e.open {
		return errors.New("crashtest: a transaction is open")
	}
	e.open, e.key, e.tx, e.repeated = true, bytes.Clone(key), make(map[string]string), repeated
	return nil
}

var errNoTransaction = errors.New("crashtest: no transaction is open")

// Set gives a name one more value, in the open transaction.
func (e *External) Set(name, value string) error {
	if !e.open {
		return errNoTransaction
	}
	e.tx[name] = value
	return nil
}

// Commit writes the transaction to the database, once for each key.
func (e *External) Commit(_ context.Context, key []byte) ([]byte, error) {
	if !e.open || !bytes.Equal(e.key, key) {
		return nil, fmt.Errorf("%w under key %q", errNoTransaction, key)
	}
	e.open = false
	if e.repeated {
		return bytes.Clone(e.db.ids[string(key)]), nil
	}
	id := changesID(e.tx)
	e.db.commit(string(key), id, e.tx)
	return bytes.Clone(id), nil
}

// changesID returns an id that depends on the changes alone, nil if there are
// none.
func changesID(tx map[string]string) []byte {
	if len(tx) == 0 {
		return nil
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(tx)) {
		fmt.Fprintf(h, "%q=%q\n", name, tx[name])
	}
	return h.Sum(nil)
}

// Cancel drops the open transaction.
func (e *External) Cancel(context.Context) error {
	e.open = false
	return nil
}

// Savepoint marks a point of the open transaction.
func (e *External) Savepoint(context.Context) (committer.Savepoint, error) {
	return &txSavepoint{&e.tx, maps.Clone(e.tx)}, nil
}

// txSavepoint is a copy of the transaction that it belongs to.
type txSavepoint struct {
	tx    *map[string]string
	saved map[string]string
}

func (s *txSavepoint) Rollback(context.Context) error {
	*s.tx = maps.Clone(s.saved)
	return nil
}

func (s *txSavepoint) Release(context.Context) error { return nil }
