package committer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// database simulates a SQL database: its contents survive the process. One
// transaction stores the rows of a session together with its idempotency key and
// id.
type database struct {
	mu   sync.Mutex
	rows map[string]string
	ids  map[string][]byte // id by idempotency key
}

func newDatabase() *database {
	return &database{rows: make(map[string]string), ids: make(map[string][]byte)}
}

// clone returns a database with the same rows and sessions.
func (db *database) clone() *database {
	db.mu.Lock()
	defer db.mu.Unlock()
	return &database{rows: maps.Clone(db.rows), ids: maps.Clone(db.ids)}
}

// commits returns the number of sessions that the database has committed.
func (db *database) commits() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return len(db.ids)
}

// external is an external committable over a database. The session's code writes
// through Set.
type external struct {
	db *database
	// fault, if not nil, is called before and after each method takes effect.
	// The method returns its error.
	fault func(method string, when when) error

	key      []byte
	writes   map[string]string
	repeated bool // the database has committed this key already
}

type when string

const (
	before when = "before"
	after  when = "after"
)

func newExternal(db *database) *external { return &external{db: db} }

var errNoTransaction = errors.New("external: no transaction is open")

// with runs a method and calls fault before and after it.
func (e *external) with(method string, do func() error) error {
	for _, step := range []func() error{
		func() error { return e.at(method, before) },
		do,
		func() error { return e.at(method, after) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("external: %s: %w", method, err)
		}
	}
	return nil
}

func (e *external) at(method string, w when) error {
	if e.fault == nil {
		return nil
	}
	return e.fault(method, w)
}

func (e *external) Begin(_ context.Context, key []byte) error {
	return e.with("Begin", func() error {
		if e.key != nil {
			return errors.New("a transaction is open")
		}
		e.key, e.writes, e.repeated = bytes.Clone(key), make(map[string]string), false
		return nil
	})
}

func (e *external) BeginRecovery(_ context.Context, key []byte) error {
	return e.with("BeginRecovery", func() error {
		if e.key != nil {
			return errors.New("a transaction is open")
		}
		e.db.mu.Lock()
		defer e.db.mu.Unlock()
		_, e.repeated = e.db.ids[string(key)]
		e.key, e.writes = bytes.Clone(key), make(map[string]string)
		return nil
	})
}

// Set writes a row in the open transaction.
func (e *external) Set(name, value string) error {
	if e.key == nil {
		return errNoTransaction
	}
	e.writes[name] = value
	return nil
}

func (e *external) Commit(_ context.Context, key []byte) ([]byte, error) {
	var id []byte
	err := e.with("Commit", func() error {
		if e.key == nil || !bytes.Equal(e.key, key) {
			return errNoTransaction
		}
		e.db.mu.Lock()
		defer e.db.mu.Unlock()
		if e.repeated {
			id = bytes.Clone(e.db.ids[string(key)])
		} else {
			id = e.id()
			maps.Copy(e.db.rows, e.writes)
			e.db.ids[string(key)] = bytes.Clone(id)
		}
		e.key = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return id, nil
}

// id returns a hash of the changes, or nil if there are none.
func (e *external) id() []byte {
	if len(e.writes) == 0 {
		return nil
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(e.writes)) {
		fmt.Fprintf(h, "%q=%q\n", name, e.writes[name])
	}
	return h.Sum(nil)
}

func (e *external) Cancel(context.Context) error {
	return e.with("Cancel", func() error {
		e.key = nil
		return nil
	})
}
