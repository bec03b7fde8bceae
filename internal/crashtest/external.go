package crashtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Database is what an external committable keeps: it survives what the process
// does not.
type Database struct {
	// Forgetful breaks the contract: a key that was committed is not known again.
	Forgetful bool

	rows map[string]string
	ids  map[string][]byte // of the committed sessions, by idempotency key
}

// NewDatabase returns an empty one.
func NewDatabase() *Database {
	return &Database{rows: make(map[string]string), ids: make(map[string][]byte)}
}

// Get returns all values that a name was given in committed sessions, each with
// a space after it: a session that is committed twice shows.
func (d *Database) Get(name string) string { return d.rows[name] }

// String prints the rows, by name, a line for each; nothing for a nil database.
func (d *Database) String() string {
	var b strings.Builder
	if d != nil {
		for _, name := range slices.Sorted(maps.Keys(d.rows)) {
			fmt.Fprintf(&b, "external %s: %s\n", name, d.rows[name])
		}
	}
	return b.String()
}

// External is an external committable over a database, with the four methods,
// and Set for the session's code.
type External struct {
	DB *Database

	staged map[string]string // of the open session
	known  []byte            // the id, if the session was committed before
}

// Set gives a name one more value.
func (e *External) Set(name, value string) { e.staged[name] = value }

// Begin opens a session.
func (e *External) Begin(context.Context, []byte) error {
	e.staged, e.known = make(map[string]string), nil
	return nil
}

// BeginRecovery opens one whose key may be committed already.
func (e *External) BeginRecovery(ctx context.Context, key []byte) error {
	err := e.Begin(ctx, key)
	e.known = e.DB.ids[string(key)]
	return err
}

// Commit adds the values to the database, once for each key.
func (e *External) Commit(_ context.Context, key []byte) ([]byte, error) {
	if e.known != nil {
		return e.known, nil
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(e.staged)) {
		fmt.Fprintf(h, "%q=%q;", name, e.staged[name])
		e.DB.rows[name] += e.staged[name] + " "
	}
	id := h.Sum(nil)
	if !e.DB.Forgetful {
		e.DB.ids[string(key)] = id
	}
	return id, nil
}

// Cancel drops the session.
func (e *External) Cancel(context.Context) error {
	e.staged, e.known = nil, nil
	return nil
}
