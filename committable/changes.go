package committable

import (
	"cmp"
	"iter"
	"slices"
)

// Change is the net effect of a session on one key.
type Change[K comparable, V any] struct {
	Key K
	Old *V // nil if there was no row before the session
	New *V // nil if the session deleted the row
}

// Changes returns the net changes of the open session so far, in key order;
// outside a session there are none. A row that has its old value again is not a
// change. The rows are copies.
func (t *Table[K, V]) Changes() iter.Seq[Change[K, V]] {
	return func(yield func(Change[K, V]) bool) {
		if t.session == nil {
			return
		}
		type keyed struct {
			encoded string
			change[K, V]
		}
		var sorted []keyed
		for _, c := range t.netChanges(nil, t.session.written) {
			sorted = append(sorted, keyed{string(t.def.AppendKey(nil, c.key)), c})
		}
		slices.SortFunc(sorted, func(a, b keyed) int { return cmp.Compare(a.encoded, b.encoded) })
		for _, c := range sorted {
			if !yield(Change[K, V]{Key: c.key, Old: t.copyOf(c.row.committed()), New: t.copyOf(c.new)}) {
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

// change is a net change inside the package, without copies.
type change[K comparable, V any] struct {
	key K
	row *row[V] // nil in a journal that was only read
	new *V      // nil if the session deleted the row
}

// netChanges appends the net changes among the written rows. A row that has its
// committed value again, or was inserted and deleted, is not a change.
func (t *Table[K, V]) netChanges(changes []change[K, V], written []writtenRow[K, V]) []change[K, V] {
	for _, w := range written {
		committed, current := w.row.committed(), w.row.current()
		same := committed == current
		if committed != nil && current != nil {
			same = same || t.def.Equal(committed, current)
		}
		if !same {
			changes = append(changes, change[K, V]{key: w.key, row: w.row, new: current})
		}
	}
	return changes
}
