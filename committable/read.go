package committable

import "iter"

// Get returns a copy of the row with the key. Like all reads of a table it sees
// the writes of the open session. Outside a session it sees the committed state.
func (t *Table[K, V]) Get(k K) (V, bool) {
	if v := t.find(t.def.key(k)).current(); v != nil {
		return t.def.clone(v), true
	}
	var none V
	return none, false
}

// Has reports whether there is a row with the key.
func (t *Table[K, V]) Has(k K) bool { return t.find(t.def.key(k)).current() != nil }

// Len returns the number of rows.
func (t *Table[K, V]) Len() int { return t.order(keyOrder).Len() }

// order returns the tree that reads of the table see.
func (t *Table[K, V]) order(i int) *tree[K] {
	if t.session != nil {
		return t.session.orders[i].tree
	}
	return t.committed.orders[i]
}

// All returns all rows in key order.
//
// All and the other sequences show the rows as they are when the range statement
// starts. The body of the loop may write, delete, roll back to a savepoint,
// cancel and commit. Each range statement starts anew.
func (t *Table[K, V]) All() iter.Seq2[K, V] { return t.loop(keyOrder, bounds{}, false) }

// Backward returns all rows in descending key order.
func (t *Table[K, V]) Backward() iter.Seq2[K, V] { return t.loop(keyOrder, bounds{}, true) }

// Range returns the rows with from <= key < to, in key order.
func (t *Table[K, V]) Range(from, to K) iter.Seq2[K, V] {
	return t.loop(keyOrder, t.keyRange(from, to), false)
}

// From returns the rows with from <= key, in key order.
func (t *Table[K, V]) From(from K) iter.Seq2[K, V] { return t.loop(keyOrder, t.keysFrom(from), false) }

// Prefix returns the rows whose encoded key starts with the given bytes, in key
// order. The bytes must be the encoding of whole leading components of a composite
// key.
func (t *Table[K, V]) Prefix(encoded []byte) iter.Seq2[K, V] {
	return t.loop(keyOrder, prefixed(encoded), false)
}

// IndexPrefix returns the rows whose index components start with prefix, in the
// order of the index; rows with equal components are in key order. The prefix must
// be the encoding of whole leading components. An index that does not exist has no
// rows.
func (t *Table[K, V]) IndexPrefix(index int, prefix []byte) iter.Seq2[K, V] {
	if !t.def.hasIndex(index) {
		return noRows[K, V]
	}
	return t.loop(1+index, prefixed(prefix), false)
}

// IndexRange is like IndexPrefix, and limits the component x after prefix to
// from <= x < to, which are encoded.
func (t *Table[K, V]) IndexRange(index int, prefix, from, to []byte) iter.Seq2[K, V] {
	if !t.def.hasIndex(index) {
		return noRows[K, V]
	}
	return t.loop(1+index, indexRange(prefix, from, to), false)
}

// IndexGet returns a copy of the row with the given components in a unique index;
// encoded is the encoding of all of them. For other indexes it returns the first
// such row.
func (t *Table[K, V]) IndexGet(index int, encoded []byte) (V, bool) {
	if t.def.hasIndex(index) {
		if e, ok := firstWithPrefix(t.order(1+index), string(encoded)); ok {
			return t.Get(e.key)
		}
	}
	var none V
	return none, false
}
