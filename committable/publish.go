package committable

import "sync/atomic"

// undo holds what one session replaced. The nodes form a chain in the order of
// commits. A snapshot refers to the node that the next publish fills, and follows
// the chain from there. Nodes do not point backwards, and the table only keeps the
// node of the last session, so the garbage collector frees what no snapshot needs.
type undo[K comparable, V any] struct {
	old    []oldValue[K, V] // in the order of the journal
	orders []*tree[K]       // before the session
	next   atomic.Pointer[undo[K, V]]
}

// oldValue is the value that a key had before a session. It never changes.
type oldValue[K comparable, V any] struct {
	key   K
	value *V // nil if there was none
}

// publish makes the changes of a session the committed state, and keeps what they
// replaced.
func (t *Table[K, V]) publish(s *session[K, V], changes []change[K, V]) {
	orders := make([]*tree[K], len(s.orders))
	for i := range s.orders {
		orders[i] = s.orders[i].share()
	}
	following, old := new(undo[K, V]), make([]oldValue[K, V], len(changes))

	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.committed
	filled := c.newest
	for i, change := range changes {
		old[i] = oldValue[K, V]{change.key, c.publish(change, s.pins > 0)}
	}
	filled.old, filled.orders = old, c.orders
	c.orders = orders
	c.last, c.newest = filled, following
	c.lastKey, c.seq = s.key, sessionSeq{s.seq, true}
	filled.next.Store(following) // last, because catchUp reads the node from here on
}

// publish applies one change and returns the value that it replaced, which may be
// stored where the new value was. It must not be stored there if running loops
// observe the session's versions.
func (c *committed[K, V]) publish(change change[K, V], observed bool) (old *V) {
	switch base := &change.row.base; {
	case change.new == nil:
		delete(c.rows, change.key)
		return &base.value
	case base.absent:
		base.value, base.absent = *change.new, false
		c.rows[change.key] = change.row
		return nil
	case observed:
		old = new(V)
		*old, base.value = base.value, *change.new
		return old
	default:
		base.value, *change.new = *change.new, base.value
		return change.new
	}
}

// rowsBeforeLast returns what the last session replaced, as rows.
func (c *committed[K, V]) rowsBeforeLast() map[K]*row[V] {
	rows := make(map[K]*row[V], len(c.last.old))
	for _, o := range c.last.old {
		before := &row[V]{base: committedRow[V]{absent: o.value == nil}}
		if o.value != nil {
			before.base.value = *o.value
		}
		rows[o.key] = before
	}
	return rows
}

// lastChanges returns what the last session changed, in the order of its journal.
func (c *committed[K, V]) lastChanges() []change[K, V] {
	changes := make([]change[K, V], len(c.last.old))
	for i, o := range c.last.old {
		changes[i] = change[K, V]{key: o.key, new: c.rows[o.key].committed()}
	}
	return changes
}
