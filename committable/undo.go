package committable

import "sync/atomic"

// undo is what one publish replaced. The nodes form a chain in the order of
// commits: whoever wants to go on seeing a state holds the node that the next
// publish will fill, and follows the chain from there. Nothing points backwards
// except the table to its last session, so the garbage collector frees what no
// view needs.
type undo[K comparable, V any] struct {
	replaced []replaced[K, V] // in the order of the journal
	orders   []*tree[K]       // as they were before
	next     atomic.Pointer[undo[K, V]]
}

// replaced is the value that a key had before. Nobody changes it any more.
type replaced[K comparable, V any] struct {
	key K
	was *V // nil: there was none
}

// past sees one committed state, however many were published since.
type past[K comparable, V any] struct {
	state  *committed[K, V]
	next   *undo[K, V] // the first node that is not in undone
	undone map[K]*V    // values that were replaced since; nil: absent then
}

// catchUp moves filled nodes into undone. The first one to replace a key has
// the value of this past. Nodes do not change once the next one is linked, so
// this needs no lock.
func (p *past[K, V]) catchUp() {
	for following := p.next.next.Load(); following != nil; following = p.next.next.Load() {
		if p.undone == nil && len(p.next.replaced) > 0 {
			p.undone = make(map[K]*V, len(p.next.replaced))
		}
		for _, r := range p.next.replaced {
			if _, ok := p.undone[r.key]; !ok {
				p.undone[r.key] = r.was
			}
		}
		p.next = following
	}
}

// behind reports whether a publish has happened that undone does not know.
func (p *past[K, V]) behind() bool { return p.next.next.Load() != nil }

// value returns the value of a key; nil if there was none. The past must have
// caught up, and nobody may publish until the value has been read.
func (p *past[K, V]) value(k K) *V {
	if v, ok := p.undone[k]; ok {
		return v
	}
	return p.state.rows[k].before()
}

// publish makes a session's changes the committed state and keeps what they
// replaced.
func (t *Table[K, V]) publish(s *session[K, V], changes []change[K, V]) {
	orders := make([]*tree[K], len(s.orders))
	for i := range s.orders {
		orders[i] = s.orders[i].share()
	}
	following, before := new(undo[K, V]), make([]replaced[K, V], len(changes))

	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.committed
	filled := c.newest
	for i, change := range changes {
		before[i] = replaced[K, V]{change.key, c.publish(change, s.pins > 0)}
	}
	filled.replaced, filled.orders = before, c.orders
	c.orders = orders
	c.last, c.newest = filled, following
	c.lastKey, c.seq = s.key, sessionSeq{s.seq, true}
	filled.next.Store(following) // last: from here on catchUp reads the node
}

// publish makes a change and returns the value that it replaces. Where nobody
// looks at the session's version any more, the two values change places.
func (c *committed[K, V]) publish(change change[K, V], observed bool) (was *V) {
	switch r := change.row; {
	case change.new == nil:
		delete(c.rows, change.key)
		return &r.value
	case r.absent:
		r.value, r.absent = *change.new, false
		c.rows[change.key] = r
		return nil
	case observed:
		was = new(V)
		*was, r.value = r.value, *change.new
		return was
	default:
		r.value, *change.new = *change.new, r.value
		return change.new
	}
}

// prior returns what the last session replaced, as rows for a session that goes
// over it again.
func (c *committed[K, V]) prior() map[K]*row[V] {
	rows := make(map[K]*row[V], len(c.last.replaced))
	for _, r := range c.last.replaced {
		before := &row[V]{absent: r.was == nil}
		if r.was != nil {
			before.value = *r.was
		}
		rows[r.key] = before
	}
	return rows
}

// lastChanges returns what the last session changed, in the order of its
// journal.
func (c *committed[K, V]) lastChanges() []change[K, V] {
	changes := make([]change[K, V], len(c.last.replaced))
	for i, r := range c.last.replaced {
		changes[i] = change[K, V]{key: r.key, new: c.rows[r.key].before()}
	}
	return changes
}
