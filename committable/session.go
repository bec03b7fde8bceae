package committable

import "bytes"

// session is the state of an open session. What it wrote hangs on the rows; the
// session lists those rows, and holds the rows of keys that it inserted.
type session[K comparable, V any] struct {
	key      []byte
	seq      uint64
	written  []writtenRow[K, V] // each row once; its memory belongs to Table.buffers
	inserted map[K]*row[V]      // rows of keys that were not committed before
	orders   []ordered[K]

	// ended holds what the session had written when it ended, for loops that still
	// run over it; nil while the session is open, or if there are no such loops.
	ended map[K]*version[V]

	// lastRow is the row that was read or written last, and lastKey its key: most
	// writes are for the row that was read just before.
	lastRow *row[V]
	lastKey K

	replay replay[K, V]

	log        []logEntry[K, V]
	pins       int // savepoints and running loops that need the log
	savepoints []*savepoint[K, V]

	result *stageResult[K, V] // set by Stage if it succeeds
	failed error              // set by Stage if it fails
}

// writtenRow is a row that the session wrote, and its key.
type writtenRow[K comparable, V any] struct {
	key K
	row *row[V]
}

// logEntry records the version that a write replaced. Rolling back writes too, so
// a position in the log stays valid.
type logEntry[K comparable, V any] struct {
	writtenRow[K, V]
	was *version[V] // nil if the committed row counted
}

func newSession[K comparable, V any](key []byte, seq uint64, orders []*tree[K]) *session[K, V] {
	s := &session[K, V]{key: bytes.Clone(key), seq: seq, orders: make([]ordered[K], len(orders))}
	for i, tree := range orders {
		s.orders[i].tree = tree
	}
	return s
}

// startSession makes s the open session.
func (t *Table[K, V]) startSession(s *session[K, V]) {
	s.written, t.buffers.written = t.buffers.written, nil
	t.session = s
	t.conversion = nil // journals of sessions have the table's own schema
}

// endSession ends the open session, if there is one: it removes what the session
// wrote from the rows, and takes the buffers back.
func (t *Table[K, V]) endSession() {
	s := t.session
	if s == nil {
		return
	}
	t.session = nil
	if s.pins > 0 {
		s.ended = s.versions()
	}
	for _, w := range s.written {
		w.row.pending = nil
	}
	t.buffers.written = emptied(s.written)
	s.written, s.inserted, s.lastRow = nil, nil, nil
	t.buffers.staging.clear()
}

// versions returns what the session wrote, by key.
func (s *session[K, V]) versions() map[K]*version[V] {
	all := make(map[K]*version[V], len(s.written))
	for _, w := range s.written {
		if v := w.row.written(); v != nil {
			all[w.key] = v
		}
	}
	return all
}

// sealed reports whether Stage was called.
func (s *session[K, V]) sealed() bool { return s.result != nil || s.failed != nil }

// write installs next as the version of a row.
func (s *session[K, V]) write(w writtenRow[K, V], next *version[V]) {
	if s.pins > 0 {
		s.log = append(s.log, logEntry[K, V]{w, w.row.written()})
	}
	if w.row.pending == nil {
		s.written = append(s.written, w)
	}
	w.row.pending = next
}

// insert returns the row for a key that has none.
func (s *session[K, V]) insert(k K) *row[V] {
	if s.inserted == nil {
		s.inserted = make(map[K]*row[V])
	}
	r := &row[V]{base: committedRow[V]{absent: true}}
	s.inserted[k] = r
	return r
}

// pin makes the session log its writes until unpin is called, and returns the
// current position in the log.
func (s *session[K, V]) pin() int {
	s.pins++
	return len(s.log)
}

// unpin ends n pins. Without pins, the log is empty.
func (s *session[K, V]) unpin(n int) {
	if s.pins -= n; s.pins == 0 {
		clear(s.log)
		s.log = s.log[:0]
	}
}

// find returns the row of a key, or nil if there is none. The row has no current
// value if the session deleted it, or rolled its insertion back.
func (t *Table[K, V]) find(k K) *row[V] {
	s := t.session
	if s == nil {
		return t.committed.rows[k]
	}
	if s.lastRow != nil && s.lastKey == k {
		return s.lastRow
	}
	r := s.find(k, t.committed)
	if r != nil {
		s.lastRow, s.lastKey = r, k
	}
	return r
}

// find returns the row of a key in the state that the session began on, or among
// its insertions.
func (s *session[K, V]) find(k K, c *committed[K, V]) *row[V] {
	if s.replay.before != nil {
		if r, ok := s.replay.before[k]; ok {
			return r
		}
	}
	if r, ok := c.rows[k]; ok {
		return r
	}
	return s.inserted[k]
}
