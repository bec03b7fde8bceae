package crashtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
)

// database is what an external committable keeps: it survives what the process
// does not.
type database struct {
	rows map[string]string
	ids  map[string][]byte // of the committed sessions, by idempotency key
}

func newDatabase() *database {
	return &database{rows: make(map[string]string), ids: make(map[string][]byte)}
}

// external is an external committable over a database, with the four methods,
// and Set for the session's code.
type external struct {
	db     *database
	staged map[string]string // of the open session
	known  []byte            // the id, if the session was committed before
}

func (e *external) Set(name, value string) { e.staged[name] = value }

func (e *external) Begin(context.Context, []byte) error {
	e.staged, e.known = make(map[string]string), nil
	return nil
}

func (e *external) BeginRecovery(ctx context.Context, key []byte) error {
	err := e.Begin(ctx, key)
	e.known = e.db.ids[string(key)]
	return err
}

func (e *external) Commit(_ context.Context, key []byte) ([]byte, error) {
	if e.known != nil {
		return e.known, nil
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(e.staged)) {
		fmt.Fprintf(h, "%q=%q;", name, e.staged[name])
	}
	for name, value := range e.staged {
		e.db.rows[name] += value + " " // so that a session that is committed twice shows
	}
	e.db.ids[string(key)] = h.Sum(nil)
	return e.db.ids[string(key)], nil
}

func (e *external) Cancel(context.Context) error {
	e.staged, e.known = nil, nil
	return nil
}
