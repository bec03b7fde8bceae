package crashtest

import (
	"bytes"
	"context"
	"errors"
	"maps"

	"github.com/gencommittable/gencommittable/committable"
)

// Engine is a [Database] as the engine of a committable.External, with
// savepoints.
type Engine struct {
	name string
	db   *Database

	tx      map[string]string // of the open transaction; nil: none is open
	key, id []byte            // from SetLast
}

var _ committable.SavepointEngine = (*Engine)(nil)

// NewEngine returns an engine over a database.
func NewEngine(name string, db *Database) *Engine { return &Engine{name: name, db: db} }

// Name names the engine in messages.
func (e *Engine) Name() string { return e.name }

// Begin opens a transaction.
func (e *Engine) Begin(context.Context) error {
	if e.tx != nil {
		return errors.New("crashtest: a transaction is open")
	}
	e.tx, e.key, e.id = make(map[string]string), nil, nil
	return nil
}

// Last returns the key and the id of the last committed transaction with a key.
func (e *Engine) Last(context.Context) (key, id []byte, err error) {
	n := len(e.db.committed)
	if n == 0 {
		return nil, nil, nil
	}
	last := e.db.committed[n-1]
	return []byte(last), bytes.Clone(e.db.ids[last]), nil
}

// SetLast writes the key and the id of the open transaction.
func (e *Engine) SetLast(_ context.Context, key, id []byte) error {
	if e.tx == nil {
		return errNoTransaction
	}
	e.key, e.id = bytes.Clone(key), bytes.Clone(id)
	return nil
}

// Set gives a name one more value, in the open transaction.
func (e *Engine) Set(name, value string) error {
	if e.tx == nil {
		return errNoTransaction
	}
	e.tx[name] = value
	return nil
}

// Commit makes the open transaction permanent. Without SetLast only its rows
// are.
func (e *Engine) Commit(context.Context) error {
	if e.tx == nil {
		return errNoTransaction
	}
	if e.key == nil {
		for name, value := range e.tx {
			e.db.rows[name] += value + " "
		}
	} else {
		e.db.commit(string(e.key), e.id, e.tx)
	}
	e.tx = nil
	return nil
}

// Rollback drops the open transaction.
func (e *Engine) Rollback(context.Context) error {
	e.tx = nil
	return nil
}

// Savepoint marks a point of the open transaction.
func (e *Engine) Savepoint(context.Context) (committable.Savepoint, error) {
	return &txSavepoint{&e.tx, maps.Clone(e.tx)}, nil
}
