package committer_test

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

// remoteDB is the database of an external; it survives a process. It lists the
// keys that it committed, so that one committed twice shows.
type remoteDB struct {
	rows    map[string]string
	ids     map[string][]byte // by idempotency key
	applied []string
}

func newRemoteDB() *remoteDB {
	return &remoteDB{rows: make(map[string]string), ids: make(map[string][]byte)}
}

func (db *remoteDB) clone() *remoteDB {
	return &remoteDB{rows: maps.Clone(db.rows), ids: maps.Clone(db.ids), applied: slices.Clone(db.applied)}
}

func (db *remoteDB) image() image {
	s := image{"committed: " + strings.Join(db.applied, " ")}
	for _, name := range slices.Sorted(maps.Keys(db.rows)) {
		s = append(s, fmt.Sprintf("row %q: %q", name, db.rows[name]))
	}
	return s
}

// remote is an external with savepoints: one connection to its database. Every
// call goes through call, which may keep it from the database, or its answer
// from the caller.
type remote struct {
	db   *remoteDB
	call func(method string, do func() error) error

	open     bool
	key      []byte
	tx       map[string]string
	repeated bool // the key was committed before
}

// sender is an external that the code of sessions can write to.
type sender interface {
	committer.Committable
	Set(name, value string) error
}

var (
	_ sender                = (*remote)(nil)
	_ committer.Savepointer = (*remote)(nil)
)

func (r *remote) Begin(_ context.Context, key []byte) error {
	return r.call("Begin", func() error { return r.begin(key, false) })
}

func (r *remote) BeginRecovery(_ context.Context, key []byte) error {
	return r.call("BeginRecovery", func() error {
		_, repeated := r.db.ids[string(key)]
		return r.begin(key, repeated)
	})
}

func (r *remote) begin(key []byte, repeated bool) error {
	if r.open {
		return errors.New("remote: a transaction is open")
	}
	r.open, r.key, r.tx, r.repeated = true, bytes.Clone(key), make(map[string]string), repeated
	return nil
}

// Set writes a row in the open transaction; it stays with the connection until
// Commit.
func (r *remote) Set(name, value string) error {
	if !r.open {
		return errors.New("remote: no transaction is open")
	}
	r.tx[name] = value
	return nil
}

func (r *remote) Commit(_ context.Context, key []byte) (id []byte, err error) {
	err = r.call("Commit", func() error {
		if !r.open || !bytes.Equal(r.key, key) {
			return fmt.Errorf("remote: no transaction with key %q is open", key)
		}
		r.open = false
		if !r.repeated {
			r.db.ids[string(key)] = r.id()
			maps.Copy(r.db.rows, r.tx)
			r.db.applied = append(r.db.applied, string(key))
		}
		id = bytes.Clone(r.db.ids[string(key)])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return id, nil
}

// id depends on the changes alone; none have no id.
func (r *remote) id() []byte {
	if len(r.tx) == 0 {
		return nil
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(r.tx)) {
		fmt.Fprintf(h, "%q=%q\n", name, r.tx[name])
	}
	return h.Sum(nil)
}

func (r *remote) Cancel(context.Context) error {
	return r.call("Cancel", func() error {
		r.open = false
		return nil
	})
}

// Savepoint is a copy of the transaction. It never fails: what the tests
// disturb is the session, not its code.
func (r *remote) Savepoint(context.Context) (committer.Savepoint, error) {
	return &remoteSavepoint{r, maps.Clone(r.tx)}, nil
}

type remoteSavepoint struct {
	r  *remote
	tx map[string]string
}

func (s *remoteSavepoint) Rollback(context.Context) error {
	s.r.tx = maps.Clone(s.tx)
	return nil
}

func (s *remoteSavepoint) Release(context.Context) error { return nil }
