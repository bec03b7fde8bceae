package committable

import (
	"iter"
	"strings"
)

// bounds are a stretch of an order. The zero value is all of it.
type bounds struct {
	from   string // first encoding
	to     string // first encoding beyond; only if closed
	prefix string // what encodings start with
	closed bool
}

func prefixed(prefix []byte) bounds {
	p := string(prefix)
	return bounds{from: p, prefix: p}
}

func (t *Table[K, V]) keyRange(from, to K) bounds {
	return bounds{from: t.def.encodedKey(from), to: t.def.encodedKey(to), closed: true}
}

func (t *Table[K, V]) keysFrom(from K) bounds {
	return bounds{from: t.def.encodedKey(from)}
}

func indexRange(prefix, from, to []byte) bounds {
	p := string(prefix)
	return bounds{prefix: p, from: p + string(from), to: p + string(to), closed: true}
}

// contains reports whether an encoding that is not below from is within the
// bounds.
func (b bounds) contains(enc string) bool {
	return strings.HasPrefix(enc, b.prefix) && (!b.closed || enc < b.to)
}

// walk visits the keys within the bounds in the order of the tree until visit
// returns false. Backward, it visits the whole order.
func walk[K comparable](t *tree[K], within bounds, backward bool, visit func(K) bool) {
	if backward {
		t.Reverse(func(e entry[K]) bool { return visit(e.key) })
		return
	}
	t.Ascend(entry[K]{enc: within.from}, func(e entry[K]) bool {
		return within.contains(e.enc) && visit(e.key)
	})
}

// loop returns the rows of an order within bounds, as they are when a range
// statement over it starts.
func (t *Table[K, V]) loop(order int, within bounds, backward bool) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		e := t.openEye(order)
		defer e.close() // also when the loop's body panics
		walk(e.tree, within, backward, func(k K) bool {
			return yield(k, t.def.clone(e.value(k)))
		})
	}
}

// noRows is the loop over an index that is not there.
func noRows[K comparable, V any](func(K, V) bool) {}

// eye is what one loop sees: the state at its start. The body may write, roll
// back, cancel, commit and begin anew.
type eye[K comparable, V any] struct {
	tree *tree[K]
	past past[K, V] // the committed state at the start

	session *session[K, V]    // that was open at the start; nil: none
	order   *ordered[K]       // where the tree was lent
	seen    int               // log entries that are in before
	before  map[K]*version[V] // nil: the session had written nothing there
}

func (t *Table[K, V]) openEye(order int) *eye[K, V] {
	e := &eye[K, V]{past: past[K, V]{state: t.committed, next: t.committed.newest}}
	if s := t.session; s != nil {
		e.session, e.order, e.seen = s, &s.orders[order], s.pin()
		e.tree = e.order.lend()
	} else {
		e.tree = t.committed.orders[order]
	}
	return e
}

func (e *eye[K, V]) close() {
	if e.session != nil {
		e.order.giveBack(e.tree)
		e.session.unpin(1)
	}
}

// value returns the value of a key that the tree has, until the next publish.
func (e *eye[K, V]) value(k K) *V {
	if s := e.session; s != nil {
		e.catchUp()
		was, ok := e.before[k]
		if !ok {
			was = e.over(k)
		}
		if was != nil {
			return &was.value
		}
		if r, ok := s.prior[k]; ok {
			return &r.value
		}
	}
	e.past.catchUp()
	return e.past.value(k)
}

// over returns what the session has in place of a value now, or had when it
// ended; nil: nothing.
func (e *eye[K, V]) over(k K) *version[V] {
	s := e.session
	if s.ended != nil {
		return s.ended[k]
	}
	if r := s.find(k, e.past.state); r != nil { // nothing is published while the session is open
		return r.over
	}
	return nil
}

// catchUp moves what the log has gained into before. The first entry of a key
// has its state at the start.
func (e *eye[K, V]) catchUp() {
	for ; e.seen < len(e.session.log); e.seen++ {
		entry := e.session.log[e.seen]
		if _, ok := e.before[entry.key]; !ok {
			if e.before == nil {
				e.before = make(map[K]*version[V])
			}
			e.before[entry.key] = entry.was
		}
	}
}
