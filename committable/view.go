package committable

import (
	"iter"
	"sync"
)

// View is a read-only image of a table at one commit. It goes on showing that
// commit for as long as it is used, beside sessions and commits of the table,
// and needs no Close. Several goroutines may use one view; a view each keeps
// them out of each other's way.
//
// What was replaced since stays in memory while the view is reachable, so hold
// on to a view for a purpose, not forever.
type View[K comparable, V any] struct {
	table  *Table[K, V]
	orders []*tree[K]
	seq    sessionSeq

	mu   sync.Mutex // guards past; taken before the table's
	past past[K, V]
}

// View returns an image of the state at the last commit, in constant time and
// from any goroutine. It does not see a session in progress.
func (t *Table[K, V]) View() *View[K, V] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := t.committed
	return &View[K, V]{table: t, orders: c.orders, seq: c.seq, past: past[K, V]{state: c, next: c.newest}}
}

// viewBefore returns an image of the state before the last session, or of the
// last commit if no session is known.
func (t *Table[K, V]) viewBefore() *View[K, V] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := t.committed
	if c.last == nil {
		return &View[K, V]{table: t, orders: c.orders, past: past[K, V]{state: c, next: c.newest}}
	}
	return &View[K, V]{table: t, orders: c.last.orders, past: past[K, V]{state: c, next: c.last}}
}

// look calls use with the value of a key in the view, which it must not keep,
// and reports whether there is one.
func (v *View[K, V]) look(k K, use func(*V)) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		v.past.catchUp() // outside the table's lock: a view that was not used for long has much to do here
		if found, ok := v.lookNow(k, use); ok {
			return found
		}
	}
}

// lookNow does it unless a publish came in between.
func (v *View[K, V]) lookNow(k K, use func(*V)) (found, ok bool) {
	v.table.mu.RLock()
	defer v.table.mu.RUnlock()
	if v.past.behind() {
		return false, false
	}
	value := v.past.value(k)
	if value != nil {
		use(value)
	}
	return value != nil, true
}

func (v *View[K, V]) loop(order int, within bounds, backward bool) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		walk(v.orders[order], within, backward, func(k K) bool {
			value, _ := v.get(k)
			return yield(k, value)
		})
	}
}

func (v *View[K, V]) get(k K) (value V, ok bool) {
	ok = v.look(k, func(at *V) { value = v.table.def.clone(at) })
	return value, ok
}

// Seq returns the sequence of the newest session that the view includes, as
// committer.Session.Seq counts; a store used alone counts its own sessions from
// 0. Before the first session ok is false.
func (v *View[K, V]) Seq() (seq uint64, ok bool) { return v.seq.number, v.seq.known }

// Get returns a copy of the row with the key.
func (v *View[K, V]) Get(k K) (V, bool) {
	return v.get(v.table.def.key(k))
}

// Has reports whether there is a row with the key.
func (v *View[K, V]) Has(k K) bool {
	return v.look(v.table.def.key(k), func(*V) {})
}

// Len returns the number of rows.
func (v *View[K, V]) Len() int { return v.orders[keyOrder].Len() }

// All returns all rows in key order.
func (v *View[K, V]) All() iter.Seq2[K, V] { return v.loop(keyOrder, bounds{}, false) }

// Backward returns all rows in descending key order.
func (v *View[K, V]) Backward() iter.Seq2[K, V] { return v.loop(keyOrder, bounds{}, true) }

// Range returns the rows with from <= key < to, in key order.
func (v *View[K, V]) Range(from, to K) iter.Seq2[K, V] {
	return v.loop(keyOrder, v.table.keyRange(from, to), false)
}

// From returns the rows with from <= key, in key order.
func (v *View[K, V]) From(from K) iter.Seq2[K, V] {
	return v.loop(keyOrder, v.table.keysFrom(from), false)
}

// Prefix is [Table.Prefix] in the view.
func (v *View[K, V]) Prefix(encoded []byte) iter.Seq2[K, V] {
	return v.loop(keyOrder, prefixed(encoded), false)
}

// IndexPrefix is [Table.IndexPrefix] in the view.
func (v *View[K, V]) IndexPrefix(index int, prefix []byte) iter.Seq2[K, V] {
	if !v.table.def.hasIndex(index) {
		return noRows[K, V]
	}
	return v.loop(1+index, prefixed(prefix), false)
}

// IndexRange is [Table.IndexRange] in the view.
func (v *View[K, V]) IndexRange(index int, prefix, from, to []byte) iter.Seq2[K, V] {
	if !v.table.def.hasIndex(index) {
		return noRows[K, V]
	}
	return v.loop(1+index, indexRange(prefix, from, to), false)
}

// IndexGet is [Table.IndexGet] in the view.
func (v *View[K, V]) IndexGet(index int, encoded []byte) (V, bool) {
	if v.table.def.hasIndex(index) {
		if e, ok := firstWithPrefix(v.orders[1+index], string(encoded)); ok {
			return v.Get(e.key)
		}
	}
	var none V
	return none, false
}
