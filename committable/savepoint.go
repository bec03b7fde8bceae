package committable

import (
	"context"
	"fmt"
)

// Savepoint is a point inside a session. It is an alias of an interface type, and
// identical to committer.Savepoint.
//
// Rollback returns the session to the savepoint, which stays usable, and ends all
// later savepoints. Release ends the savepoint and all later ones, and keeps the
// changes. Both return an error if the savepoint has ended.
type Savepoint = interface {
	Rollback(ctx context.Context) error
	Release(ctx context.Context) error
}

type savepoint[K comparable, V any] struct {
	table    *Table[K, V]
	session  *session[K, V]
	depth    int // position in session.savepoints until it ends
	position int // in the session's log
	orders   []*tree[K]
	array    [1]*tree[K] // memory of orders for a table without indexes
}

// Savepoint returns a savepoint at this point of the session. Savepoints nest, and
// all of them end with the session. Outside a session the error wraps
// [ErrNotInSession].
func (t *Table[K, V]) Savepoint(context.Context) (Savepoint, error) {
	s, err := t.openSession("Savepoint")
	if err != nil {
		return nil, err
	}
	sp := &savepoint[K, V]{table: t, session: s, depth: len(s.savepoints), position: s.pin()}
	sp.orders = sp.array[:0]
	for i := range s.orders {
		sp.orders = append(sp.orders, s.orders[i].share())
	}
	s.savepoints = append(s.savepoints, sp)
	return sp, nil
}

// Rollback implements Savepoint.
func (sp *savepoint[K, V]) Rollback(context.Context) error {
	s, err := sp.check("Rollback")
	if err != nil {
		return err
	}
	for i := len(s.log) - 1; i >= sp.position; i-- {
		e := s.log[i]
		if e.was == nil {
			e.was = &sp.table.rolledBack
		}
		s.write(e.writtenRow, e.was)
	}
	sp.position = len(s.log) // the state is the same here, and the next Rollback undoes less
	for i, tree := range sp.orders {
		s.orders[i].replace(tree)
	}
	s.endSavepoints(sp.depth + 1)
	return nil
}

// Release implements Savepoint.
func (sp *savepoint[K, V]) Release(context.Context) error {
	s, err := sp.check("Release")
	if err != nil {
		return err
	}
	s.endSavepoints(sp.depth)
	return nil
}

// check returns the session, or an error if the savepoint has ended.
func (sp *savepoint[K, V]) check(op string) (*session[K, V], error) {
	t := sp.table
	s, err := t.openSession(op)
	if err != nil {
		return nil, err
	}
	if s != sp.session {
		return nil, t.fail(op, ErrNotInSession, "the session of the savepoint has ended")
	}
	if sp.depth >= len(s.savepoints) || s.savepoints[sp.depth] != sp {
		return nil, fmt.Errorf("committable: store %s: %s: the savepoint has ended: it or an earlier one was released, or the session was rolled back to an earlier one",
			t.name, op)
	}
	return s, nil
}

// endSavepoints ends all savepoints except the first n.
func (s *session[K, V]) endSavepoints(n int) {
	ended := s.savepoints[n:]
	s.unpin(len(ended))
	clear(ended)
	s.savepoints = s.savepoints[:n]
}
