package committable

import "bytes"

// session is a session in progress: rows written, looked at before the
// committed ones, and the orders with them.
//
// When it ends, its rows stay as they are for loops that are still running over
// them; nothing is reused.
type session[K comparable, V any] struct {
	key    []byte
	seq    uint64
	rows   map[K]*row[V] // written in this session; nil: deleted
	orders []ordered[K]

	// found is the row that was read or written last: most writes go to the row
	// that was read just before.
	found   *row[V]
	foundAt K

	// A replay compares with what was recorded, in the order of its journal. A
	// replay of the last session goes again over what is published already;
	// reads look into prior, what that session replaced, before the committed
	// rows.
	replay   bool
	recorded []change[K, V]
	again    bool
	prior    map[K]*row[V]

	log        []logged[K, V]
	pins       int // savepoints and running loops, which need the log
	savepoints []*savepoint[K, V]

	staged *staged[K, V] // set by Stage
	failed error         // why Stage refused
}

// logged is what a write replaced in the overlay. The log is kept only while
// something needs it; rolling back appends to it too, so that a position, once
// taken, stays valid.
type logged[K comparable, V any] struct {
	key K
	was overlaid[V]
}

// overlaid is what an overlay says of a key.
type overlaid[V any] struct {
	row     *row[V] // nil: deleted
	written bool    // false: the overlay says nothing, look below
}

func newSession[K comparable, V any](key []byte, seq uint64, below []*tree[K]) *session[K, V] {
	s := &session[K, V]{key: bytes.Clone(key), seq: seq, orders: make([]ordered[K], len(below))}
	for i, tree := range below {
		s.orders[i].tree = tree
	}
	return s
}

// sizeHint bounds what a session allocates before its first write, in rows.
const sizeHint = 1 << 14

// start makes the session the one in progress.
func (t *Table[K, V]) start(s *session[K, V]) {
	likely := 0
	if last := t.committed.last; last != nil {
		likely = min(len(last.changes), sizeHint) // sessions tend to resemble each other
	}
	s.rows = make(map[K]*row[V], likely)
	t.session = s
	t.conversion = nil // what sessions record has the table's own schema
}

// sealed reports whether Stage has been called.
func (s *session[K, V]) sealed() bool { return s.staged != nil || s.failed != nil }

func (s *session[K, V]) overlaid(k K) overlaid[V] {
	r, ok := s.rows[k]
	return overlaid[V]{row: r, written: ok}
}

// set changes what the overlay says of a key.
func (s *session[K, V]) set(k K, to overlaid[V]) {
	if s.pins > 0 {
		s.log = append(s.log, logged[K, V]{key: k, was: s.overlaid(k)})
	}
	if to.written {
		s.rows[k] = to.row
	} else {
		delete(s.rows, k)
	}
	if s.foundAt == k {
		s.found = nil
	}
}

// pin keeps the log from now on, and returns the present position in it.
func (s *session[K, V]) pin() int {
	s.pins++
	return len(s.log)
}

func (s *session[K, V]) unpin(n int) {
	if s.pins -= n; s.pins == 0 {
		clear(s.log)
		s.log = s.log[:0]
	}
}

// below returns the row that was there before the session.
func (t *Table[K, V]) below(s *session[K, V], k K) *row[V] {
	if r, ok := s.prior[k]; ok {
		return r
	}
	return t.committed.rows[k]
}

// current returns the row that the session's eye sees; nil if there is none.
func (t *Table[K, V]) current(k K) *row[V] {
	s := t.session
	if s == nil {
		return t.committed.rows[k]
	}
	if s.found != nil && s.foundAt == k {
		return s.found
	}
	r, ok := s.rows[k]
	if !ok {
		r = t.below(s, k)
	}
	s.found, s.foundAt = r, k
	return r
}

// change is the net effect of a session on one key; old and new differ.
type change[K comparable, V any] struct {
	key      K
	old, new *row[V] // nil: absent
}

// netChanges returns what the session changed so far, in no order: a key put
// back to its old row, or inserted and deleted again, is not among them.
func (t *Table[K, V]) netChanges(s *session[K, V]) []change[K, V] {
	changes := make([]change[K, V], 0, len(s.rows))
	for k, next := range s.rows {
		var old *row[V]
		if next != nil {
			old = next.below
		} else {
			old = t.below(s, k)
		}
		if old == next || old != nil && next != nil && t.def.Equal(&old.value, &next.value) {
			continue
		}
		changes = append(changes, change[K, V]{key: k, old: old, new: next})
	}
	return changes
}
