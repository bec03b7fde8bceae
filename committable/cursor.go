package committable

import "iter"

// loop returns the rows of an order within bounds, as they are when a range
// statement over it starts.
func (t *Table[K, V]) loop(order int, within bounds, backward bool) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		c := t.openCursor(order)
		defer c.close() // also if the body of the loop panics
		walk(c.tree, within, backward, func(k K) bool {
			return yield(k, t.def.clone(c.value(k)))
		})
	}
}

// noRows is the loop over an index that does not exist.
func noRows[K comparable, V any](func(K, V) bool) {}

// cursor shows one loop the state at its start. Meanwhile the body of the loop may
// write, roll back, cancel, commit and begin another session.
type cursor[K comparable, V any] struct {
	tree     *tree[K]
	snapshot snapshot[K, V] // the committed state at the start

	session *session[K, V]    // the session that was open at the start; nil if none was
	order   *ordered[K]       // which lent the tree
	read    int               // number of log entries that earlier includes
	earlier map[K]*version[V] // versions at the start of keys that were written since; nil if the committed row counted
}

func (t *Table[K, V]) openCursor(order int) *cursor[K, V] {
	c := &cursor[K, V]{snapshot: snapshot[K, V]{state: t.committed, next: t.committed.newest}}
	if s := t.session; s != nil {
		c.session, c.order, c.read = s, &s.orders[order], s.pin()
		c.tree = c.order.lend()
	} else {
		c.tree = t.committed.orders[order]
	}
	return c
}

func (c *cursor[K, V]) close() {
	if c.session != nil {
		c.order.release(c.tree)
		c.session.unpin(1)
	}
}

// value returns the value of a key in the tree. It is valid until the next
// publish.
func (c *cursor[K, V]) value(k K) *V {
	if s := c.session; s != nil {
		c.catchUp()
		v, ok := c.earlier[k]
		if !ok {
			v = c.written(k)
		}
		if v != nil {
			return &v.value
		}
		if r, ok := s.replay.before[k]; ok {
			return &r.base.value
		}
	}
	c.snapshot.catchUp()
	return c.snapshot.value(k)
}

// written returns the version that counts for the session now, or counted when it
// ended; nil if the committed row does.
func (c *cursor[K, V]) written(k K) *version[V] {
	s := c.session
	if s.ended != nil {
		return s.ended[k]
	}
	if r := s.find(k, c.snapshot.state); r != nil { // nothing is published while the session is open
		return r.written()
	}
	return nil
}

// catchUp reads the log entries that were appended since the last call. The first
// entry of a key has its version at the start.
func (c *cursor[K, V]) catchUp() {
	for ; c.read < len(c.session.log); c.read++ {
		e := c.session.log[c.read]
		if _, ok := c.earlier[e.key]; !ok {
			if c.earlier == nil {
				c.earlier = make(map[K]*version[V])
			}
			c.earlier[e.key] = e.was
		}
	}
}
