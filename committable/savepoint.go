package committable

import (
	"context"
	"fmt"
)

// Savepoint is a point inside a session. It is an alias, so that
// committer.Savepoint is the same type.
//
// Rollback returns to the point and ends the savepoints that were taken after
// it, but not itself. Release ends it and those after it and keeps what was
// changed. Using one that has ended is an error.
type Savepoint = interface {
	Rollback(ctx context.Context) error
	Release(ctx context.Context) error
}

type savepoint[K comparable, V any] struct {
	table   *Table[K, V]
	session *session[K, V]
	depth   int // place in session.savepoints while it has not ended
	logged  int // position in the log with the overlay's state at the point
	orders  []*tree[K]
	room    [1]*tree[K] // for the orders of a table without indexes
}

// Savepoint marks this point in the session. Savepoints nest; all of them end
// with the session. It returns an error that wraps [ErrNotInSession] outside a
// session.
func (t *Table[K, V]) Savepoint(context.Context) (Savepoint, error) {
	s, err := t.open("Savepoint")
	if err != nil {
		return nil, err
	}
	sp := &savepoint[K, V]{table: t, session: s, depth: len(s.savepoints), logged: s.pin()}
	sp.orders = sp.room[:0]
	for i := range s.orders {
		sp.orders = append(sp.orders, s.orders[i].share())
	}
	s.savepoints = append(s.savepoints, sp)
	return sp, nil
}

// Rollback returns the session to the savepoint.
func (sp *savepoint[K, V]) Rollback(context.Context) error {
	s, err := sp.live("Rollback")
	if err != nil {
		return err
	}
	for i := len(s.log) - 1; i >= sp.logged; i-- {
		s.set(s.log[i].touched, s.log[i].was)
	}
	sp.logged = len(s.log) // the state here is the state there, and the next Rollback has less to do
	for i, tree := range sp.orders {
		s.orders[i].replace(tree)
	}
	s.endSavepoints(sp.depth + 1)
	return nil
}

// Release ends the savepoint and keeps what was changed.
func (sp *savepoint[K, V]) Release(context.Context) error {
	s, err := sp.live("Release")
	if err != nil {
		return err
	}
	s.endSavepoints(sp.depth)
	return nil
}

// live returns the session if the savepoint has not ended.
func (sp *savepoint[K, V]) live(op string) (*session[K, V], error) {
	t := sp.table
	s, err := t.open(op)
	if err != nil {
		return nil, err
	}
	if s != sp.session {
		return nil, t.fail(op, ErrNotInSession, "the session of the savepoint has ended")
	}
	if sp.depth >= len(s.savepoints) || s.savepoints[sp.depth] != sp {
		return nil, fmt.Errorf("committable: store %s: %s: the savepoint has ended: it or an outer one was released, or an outer one rolled back to",
			t.name, op)
	}
	return s, nil
}

// endSavepoints ends all but the first n.
func (s *session[K, V]) endSavepoints(n int) {
	ended := s.savepoints[n:]
	s.unpin(len(ended))
	clear(ended)
	s.savepoints = s.savepoints[:n]
}
