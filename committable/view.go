package committable

import (
	"iter"
	"sync"
)

// View is a read-only image of a table at one commit. It shows that commit for as
// long as it is used, while sessions go on and are committed, and needs no Close.
// Any number of goroutines may use one view; a view for each of them avoids
// waiting.
//
// While a view is reachable, the values that later sessions replace stay in
// memory, so do not keep views longer than necessary.
type View[K comparable, V any] struct {
	table  *Table[K, V]
	orders []*tree[K]

	mu       sync.Mutex // guards snapshot; acquired before the table's lock
	snapshot snapshot[K, V]

	seq sessionSeq
}

// View returns a view of the state at the last commit, in constant time. It does
// not see the open session. Any goroutine may call it at any time.
func (t *Table[K, V]) View() *View[K, V] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := t.committed
	return &View[K, V]{table: t, orders: c.orders, seq: c.seq, snapshot: snapshot[K, V]{state: c, next: c.newest}}
}

// viewBeforeLast returns a view of the state before the last session, or of the
// state at the last commit if the last session is unknown. The view has no
// sequence.
func (t *Table[K, V]) viewBeforeLast() *View[K, V] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := t.committed
	if c.last == nil {
		return &View[K, V]{table: t, orders: c.orders, snapshot: snapshot[K, V]{state: c, next: c.newest}}
	}
	return &View[K, V]{table: t, orders: c.last.orders, snapshot: snapshot[K, V]{state: c, next: c.last}}
}

// look calls use with the value of a key, if there is one, and reports whether
// there is one. The value is only valid during the call.
func (v *View[K, V]) look(k K, use func(*V)) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		v.snapshot.catchUp() // before locking the table, because it may take long
		if found, ok := v.tryLook(k, use); ok {
			return found
		}
	}
}

// tryLook does the same if no session was published since catchUp; otherwise ok is
// false.
func (v *View[K, V]) tryLook(k K, use func(*V)) (found, ok bool) {
	v.table.mu.RLock()
	defer v.table.mu.RUnlock()
	if v.snapshot.behind() {
		return false, false
	}
	value := v.snapshot.value(k)
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

// Seq returns the sequence of the last session that the view includes; ok is false
// before the first session. It is the committer.Session.Seq of that session. A
// store without a MultiCommitter counts its own sessions from 0.
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

// Prefix is like [Table.Prefix].
func (v *View[K, V]) Prefix(encoded []byte) iter.Seq2[K, V] {
	return v.loop(keyOrder, prefixed(encoded), false)
}

// IndexPrefix is like [Table.IndexPrefix].
func (v *View[K, V]) IndexPrefix(index int, prefix []byte) iter.Seq2[K, V] {
	if !v.table.def.hasIndex(index) {
		return noRows[K, V]
	}
	return v.loop(1+index, prefixed(prefix), false)
}

// IndexRange is like [Table.IndexRange].
func (v *View[K, V]) IndexRange(index int, prefix, from, to []byte) iter.Seq2[K, V] {
	if !v.table.def.hasIndex(index) {
		return noRows[K, V]
	}
	return v.loop(1+index, indexRange(prefix, from, to), false)
}

// IndexGet is like [Table.IndexGet].
func (v *View[K, V]) IndexGet(index int, encoded []byte) (V, bool) {
	if v.table.def.hasIndex(index) {
		if e, ok := firstWithPrefix(v.orders[1+index], string(encoded)); ok {
			return v.Get(e.key)
		}
	}
	var none V
	return none, false
}
