package committable

import (
	"cmp"
	"iter"
	"slices"
)

// Get returns a copy of the row with the key. Like all reads of a table it sees
// the session in progress, and outside one the state at the last commit.
func (t *Table[K, V]) Get(k K) (V, bool) {
	if v := t.find(t.def.key(k)).now(); v != nil {
		return t.def.clone(v), true
	}
	var none V
	return none, false
}

// Has reports whether there is a row with the key.
func (t *Table[K, V]) Has(k K) bool { return t.find(t.def.key(k)).now() != nil }

// Len returns the number of rows.
func (t *Table[K, V]) Len() int { return t.order(keyOrder).Len() }

// order returns the tree that the session's eye sees.
func (t *Table[K, V]) order(i int) *tree[K] {
	if t.session != nil {
		return t.session.orders[i].tree
	}
	return t.committed.orders[i]
}

// All returns all rows in key order.
//
// This and all other loops show the rows as they are when the range statement
// starts, whatever its body does: it may write, delete, roll back to a
// savepoint, cancel, commit. Ranging over the same sequence again starts anew.
func (t *Table[K, V]) All() iter.Seq2[K, V] { return t.loop(keyOrder, bounds{}, false) }

// Backward returns all rows in descending key order.
func (t *Table[K, V]) Backward() iter.Seq2[K, V] { return t.loop(keyOrder, bounds{}, true) }

// Range returns the rows with from <= key < to, in key order.
func (t *Table[K, V]) Range(from, to K) iter.Seq2[K, V] {
	return t.loop(keyOrder, t.keyRange(from, to), false)
}

// From returns the rows with from <= key, in key order.
func (t *Table[K, V]) From(from K) iter.Seq2[K, V] { return t.loop(keyOrder, t.keysFrom(from), false) }

// Prefix returns the rows whose encoded key starts with the bytes, in key
// order. Give it the encoding of whole leading components of a composite key.
func (t *Table[K, V]) Prefix(encoded []byte) iter.Seq2[K, V] {
	return t.loop(keyOrder, prefixed(encoded), false)
}

// IndexPrefix returns the rows whose index components start with the bytes, in
// the order of the index, then of the key. Give it the encoding of whole
// leading components. An index that is not there has no rows.
func (t *Table[K, V]) IndexPrefix(index int, prefix []byte) iter.Seq2[K, V] {
	if !t.def.hasIndex(index) {
		return noRows[K, V]
	}
	return t.loop(1+index, prefixed(prefix), false)
}

// IndexRange returns the rows whose index components start with prefix, and
// whose next component x has from <= x < to as encoded, in the order of the
// index, then of the key.
func (t *Table[K, V]) IndexRange(index int, prefix, from, to []byte) iter.Seq2[K, V] {
	if !t.def.hasIndex(index) {
		return noRows[K, V]
	}
	return t.loop(1+index, indexRange(prefix, from, to), false)
}

// IndexGet returns a copy of the row with these components, all of them, in a
// unique index. Of an index that is not unique it returns the first such row.
func (t *Table[K, V]) IndexGet(index int, encoded []byte) (V, bool) {
	if t.def.hasIndex(index) {
		if e, ok := firstWithPrefix(t.order(1+index), string(encoded)); ok {
			return t.Get(e.key)
		}
	}
	var none V
	return none, false
}

// Change is the net effect of a session on one key.
type Change[K comparable, V any] struct {
	Key K
	Old *V // nil: there was no row before the session
	New *V // nil: there is none after it
}

// Changes returns what the session in progress has changed so far, in key
// order; nothing outside a session. A row that is as it was before the session
// is not among them. The rows are copies.
func (t *Table[K, V]) Changes() iter.Seq[Change[K, V]] {
	return func(yield func(Change[K, V]) bool) {
		if t.session == nil {
			return
		}
		type keyed struct {
			enc string
			change[K, V]
		}
		var sorted []keyed
		for _, c := range t.netChanges(nil, t.session.touched) {
			sorted = append(sorted, keyed{enc: string(t.def.AppendKey(nil, c.key)), change: c})
		}
		slices.SortFunc(sorted, func(a, b keyed) int { return cmp.Compare(a.enc, b.enc) })
		for _, c := range sorted {
			if !yield(Change[K, V]{Key: c.key, Old: t.copyOf(c.row.before()), New: t.copyOf(c.new)}) {
				return
			}
		}
	}
}

func (t *Table[K, V]) copyOf(v *V) *V {
	if v == nil {
		return nil
	}
	copied := t.def.clone(v)
	return &copied
}
