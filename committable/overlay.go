package committable

import "bytes"

// session is a session in progress: what it has written, looked at before the
// committed values, and the orders with it.
//
// What it writes hangs on the rows, so that one lookup finds both. Keys that had
// no row before it are in a map of their own.
type session[K comparable, V any] struct {
	key      []byte
	seq      uint64
	touched  []touched[K, V]
	inserted map[K]*row[V]
	orders   []ordered[K]

	// ended is what a session had written when it ended, for loops that are
	// still running over it; nil: it is open, or nobody looks.
	ended map[K]*version[V]

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

// touched is a row that the session has written, unless that was rolled back.
type touched[K comparable, V any] struct {
	key K
	row *row[V]
}

// logged is what a write replaced in the overlay. The log is kept only while
// something needs it; rolling back appends to it too, so that a position, once
// taken, stays valid.
type logged[K comparable, V any] struct {
	touched[K, V]
	was *version[V] // nil: nothing, the value from before the session counted
}

func newSession[K comparable, V any](key []byte, seq uint64, below []*tree[K]) *session[K, V] {
	s := &session[K, V]{key: bytes.Clone(key), seq: seq, orders: make([]ordered[K], len(below))}
	for i, tree := range below {
		s.orders[i].tree = tree
	}
	return s
}

// start makes the session the one in progress.
func (t *Table[K, V]) start(s *session[K, V]) {
	s.touched, t.scratch.touched = t.scratch.touched, nil
	t.session = s
	t.conversion = nil // what sessions record has the table's own schema
}

// end makes the session over, and takes what it wrote off the rows.
func (t *Table[K, V]) end() {
	s := t.session
	if s == nil {
		return
	}
	t.session = nil
	if s.pins > 0 {
		s.ended = s.overlay()
	}
	for _, w := range s.touched {
		w.row.over, w.row.touched = nil, false
	}
	t.scratch.touched = emptied(s.touched)
	s.touched, s.inserted, s.found = nil, nil, nil
	t.scratch.staging.end()
}

// overlay returns all that the session has written, by key.
func (s *session[K, V]) overlay() map[K]*version[V] {
	all := make(map[K]*version[V], len(s.touched))
	for _, w := range s.touched {
		if w.row.over != nil {
			all[w.key] = w.row.over
		}
	}
	return all
}

// sealed reports whether Stage has been called.
func (s *session[K, V]) sealed() bool { return s.staged != nil || s.failed != nil }

// set puts a version in place of the value of a row, or of the version that is
// there; nil takes that away.
func (s *session[K, V]) set(at touched[K, V], to *version[V]) {
	r := at.row
	if s.pins > 0 {
		s.log = append(s.log, logged[K, V]{touched: at, was: r.over})
	}
	if !r.touched {
		r.touched = true
		s.touched = append(s.touched, at)
	}
	r.over = to
}

// insert returns a row for a key that has none.
func (s *session[K, V]) insert(k K) *row[V] {
	if s.inserted == nil {
		s.inserted = make(map[K]*row[V])
	}
	r := &row[V]{absent: true}
	s.inserted[k] = r
	return r
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

// find returns the row of a key, which has no value if the session has deleted
// it or taken its insertion back; nil: there is none.
func (t *Table[K, V]) find(k K) *row[V] {
	s := t.session
	if s == nil {
		return t.committed.rows[k]
	}
	if s.found != nil && s.foundAt == k {
		return s.found
	}
	r := s.find(k, t.committed)
	if r != nil {
		s.found, s.foundAt = r, k
	}
	return r
}

// find looks for a row in the session's own maps, and then in what it began on.
func (s *session[K, V]) find(k K, began *committed[K, V]) *row[V] {
	if s.prior != nil {
		if r, ok := s.prior[k]; ok {
			return r
		}
	}
	if r, ok := began.rows[k]; ok {
		return r
	}
	return s.inserted[k]
}

// change is the net effect of a session on one key.
type change[K comparable, V any] struct {
	key K
	row *row[V] // of what was there before; nil in a journal that was only read
	new *V      // nil: absent
}

// netChanges appends what has changed of what the session touched: a key put
// back to its old value, or inserted and deleted again, is not among them.
func (t *Table[K, V]) netChanges(changes []change[K, V], all []touched[K, V]) []change[K, V] {
	for _, w := range all {
		before, now := w.row.before(), w.row.now()
		same := before == now
		if before != nil && now != nil {
			same = same || t.def.Equal(before, now)
		}
		if !same {
			changes = append(changes, change[K, V]{key: w.key, row: w.row, new: now})
		}
	}
	return changes
}
