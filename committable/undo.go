package committable

import "sync/atomic"

// undo is what one publish replaced. The nodes form a chain in the order of
// commits: whoever wants to go on seeing a state holds the node that the next
// publish will fill, and follows the chain from there. Nothing points backwards
// except the table to its last session, so the garbage collector frees what no
// view needs.
type undo[K comparable, V any] struct {
	changes []change[K, V]
	orders  []*tree[K] // as they were before
	next    atomic.Pointer[undo[K, V]]
}

// past sees one committed state, however many were published since.
type past[K comparable, V any] struct {
	state  *committed[K, V]
	next   *undo[K, V]   // the first node that is not in undone
	undone map[K]*row[V] // rows that were replaced since; nil: absent then
}

// catchUp moves filled nodes into undone. The first one to replace a key has
// the row of this past. Nodes do not change once the next one is linked, so
// this needs no lock.
func (p *past[K, V]) catchUp() {
	for following := p.next.next.Load(); following != nil; following = p.next.next.Load() {
		if p.undone == nil && len(p.next.changes) > 0 {
			p.undone = make(map[K]*row[V], len(p.next.changes))
		}
		for _, c := range p.next.changes {
			if _, ok := p.undone[c.key]; !ok {
				p.undone[c.key] = c.old
			}
		}
		p.next = following
	}
}

// behind reports whether a publish has happened that undone does not know.
func (p *past[K, V]) behind() bool { return p.next.next.Load() != nil }

// row returns the row of a key; nil if there was none. The past must have
// caught up, and nobody may publish meanwhile.
func (p *past[K, V]) row(k K) *row[V] {
	if r, ok := p.undone[k]; ok {
		return r
	}
	return p.state.rows[k]
}

// publish makes a session's changes the committed state and keeps what they
// replaced.
func (t *Table[K, V]) publish(s *session[K, V], changes []change[K, V]) {
	orders := make([]*tree[K], len(s.orders))
	for i := range s.orders {
		orders[i] = s.orders[i].share()
	}
	following := new(undo[K, V])

	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.committed
	filled := c.newest
	filled.changes, filled.orders = changes, c.orders
	for _, change := range changes {
		if change.new == nil {
			delete(c.rows, change.key)
		} else {
			change.new.fresh, change.new.pair = false, nil
			c.rows[change.key] = change.new
		}
	}
	c.orders = orders
	c.last, c.newest = filled, following
	c.lastKey, c.seq, c.nextSeq = s.key, s.seq, s.seq+1
	filled.next.Store(following) // last: from here on catchUp reads the node
}

// priorRows returns what the last session replaced, by key.
func (c *committed[K, V]) priorRows() map[K]*row[V] {
	rows := make(map[K]*row[V], len(c.last.changes))
	for _, change := range c.last.changes {
		rows[change.key] = change.old
	}
	return rows
}
