package committable

import (
	"bytes"
	"maps"
)

// session is a session in progress: what it has written, looked at before the
// committed rows, and the orders with it.
//
// A row that it replaces or deletes has a link to what is there now, so that
// one lookup finds both. Keys that had no row before it are in a map.
type session[K comparable, V any] struct {
	key      []byte
	seq      uint64
	replaced []replaced[K, V]
	inserted map[K]*row[V] // nil: deleted again
	orders   []ordered[K]

	// ended is what a session had written when it ended, for loops that are
	// still running over it; nil: it is open, or nobody looks.
	ended map[K]*row[V]

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

// replaced is a row that the session has written over, unless that was rolled
// back.
type replaced[K comparable, V any] struct {
	key   K
	below *row[V]
}

// logged is what a write replaced in the overlay. The log is kept only while
// something needs it; rolling back appends to it too, so that a position, once
// taken, stays valid.
type logged[K comparable, V any] struct {
	key   K
	below *row[V] // before the session; nil: none
	was   overlaid[V]
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
	if last := t.committed.last; last != nil { // sessions tend to resemble each other
		s.replaced = make([]replaced[K, V], 0, min(len(last.changes), sizeHint))
	}
	t.session = s
	t.conversion = nil // what sessions record has the table's own schema
}

// end makes the session over, and takes its links out of the rows below.
func (t *Table[K, V]) end() {
	s := t.session
	if s == nil {
		return
	}
	t.session = nil
	if s.pins > 0 {
		s.ended = s.overlay()
	}
	for _, r := range s.replaced {
		r.below.pair, r.below.listed = nil, false
	}
}

// overlay returns all that the session has written, by key; nil: deleted.
func (s *session[K, V]) overlay() map[K]*row[V] {
	all := make(map[K]*row[V], len(s.replaced)+len(s.inserted))
	maps.Copy(all, s.inserted)
	for _, r := range s.replaced {
		if over := over(r.below); over.written {
			all[r.key] = over.row
		}
	}
	return all
}

// sealed reports whether Stage has been called.
func (s *session[K, V]) sealed() bool { return s.staged != nil || s.failed != nil }

// over returns what the session has put in the place of a row.
func over[V any](below *row[V]) overlaid[V] {
	switch r := below.pair; {
	case r == nil:
		return overlaid[V]{}
	case r.deleted:
		return overlaid[V]{written: true}
	default:
		return overlaid[V]{row: r, written: true}
	}
}

// overlaid returns what the session says of a key, which has the row below.
func (s *session[K, V]) overlaid(k K, below *row[V]) overlaid[V] {
	if below != nil {
		return over(below)
	}
	r, ok := s.inserted[k]
	return overlaid[V]{row: r, written: ok}
}

// set makes the overlay say something else of a key, which has the row below.
func (s *session[K, V]) set(k K, below *row[V], to overlaid[V]) {
	if s.pins > 0 {
		s.log = append(s.log, logged[K, V]{key: k, below: below, was: s.overlaid(k, below)})
	}
	switch {
	case below != nil:
		s.replace(k, below, to)
	case to.written:
		if s.inserted == nil {
			s.inserted = make(map[K]*row[V])
		}
		s.inserted[k] = to.row
	default:
		delete(s.inserted, k)
	}
	if s.foundAt == k {
		s.found = to.row
	}
}

func (s *session[K, V]) replace(k K, below *row[V], to overlaid[V]) {
	if !below.listed {
		below.listed = true
		s.replaced = append(s.replaced, replaced[K, V]{key: k, below: below})
	}
	if below.pair = to.row; to.written && to.row == nil {
		below.pair = &row[V]{deleted: true}
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

// callPinned calls the fn of an Update. If that writes the row, it is not
// overwritten in place, so that its pointer shows it.
func (s *session[K, V]) callPinned(fn func(v *V) error, v *V) error {
	s.pin()
	defer s.unpin(1)
	return fn(v)
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
	r := t.below(s, k)
	if now := s.overlaid(k, r); now.written {
		r = now.row
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
	changes := make([]change[K, V], 0, len(s.replaced)+len(s.inserted))
	for _, r := range s.replaced {
		now := over(r.below)
		if !now.written || now.row != nil && t.def.Equal(&r.below.value, &now.row.value) {
			continue
		}
		changes = append(changes, change[K, V]{key: r.key, old: r.below, new: now.row})
	}
	for k, next := range s.inserted {
		if next != nil {
			changes = append(changes, change[K, V]{key: k, new: next})
		}
	}
	return changes
}
