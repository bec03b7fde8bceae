package committable

import "strings"

// checkUnique returns a UniqueError if another row has the components of next in
// a unique index. old is the row that next replaces; nil if there is none.
func (t *Table[K, V]) checkUnique(s *session[K, V], old, next *V) error {
	for i := range t.def.Indexes {
		index := &t.def.Indexes[i]
		if !index.Unique || old != nil && t.sameComponents(index, old, next) {
			continue
		}
		components := string(index.Append(nil, next))
		if e, ok := firstWithPrefix(s.orders[1+i].tree, components); ok {
			return &UniqueError{Index: index.Name, Key: []byte(e.enc[len(components):])}
		}
	}
	return nil
}

// checkNeighbours returns a UniqueError if v has the components of the entry that
// precedes its own in a unique index.
func (i *Index[V]) checkNeighbours(preceding string, v *V) error {
	components := string(i.Append(nil, v))
	if !strings.HasPrefix(preceding, components) {
		return nil
	}
	return &UniqueError{Index: i.Name, Key: []byte(preceding[len(components):])}
}

func (t *Table[K, V]) sameComponents(index *Index[V], a, b *V) bool {
	t.buffers.components = index.Append(t.buffers.components[:0], a)
	t.buffers.otherComponents = index.Append(t.buffers.otherComponents[:0], b)
	return string(t.buffers.components) == string(t.buffers.otherComponents)
}

// moveEntries updates all orders for a key whose row changes from old to next;
// nil means no row.
//
// The encoded key is part of every entry, so entries of different rows differ even
// if their components are equal. That is why a session may exchange unique values
// between rows in any order.
func (t *Table[K, V]) moveEntries(s *session[K, V], k K, old, next *V) {
	if byKey := &s.orders[keyOrder]; old == nil {
		byKey.writable().Set(entry[K]{enc: string(t.def.AppendKey(nil, k)), key: k})
	} else if next == nil {
		byKey.writable().Delete(entry[K]{enc: string(t.def.AppendKey(nil, k))})
	}
	for i := range t.def.Indexes {
		index, order := &t.def.Indexes[i], &s.orders[1+i]
		if old != nil && next != nil && t.sameComponents(index, old, next) {
			continue
		}
		if old != nil {
			order.writable().Delete(t.indexEntry(index, k, old))
		}
		if next != nil {
			order.writable().Set(t.indexEntry(index, k, next))
		}
	}
}

func (t *Table[K, V]) indexEntry(index *Index[V], k K, v *V) entry[K] {
	t.buffers.components = t.def.AppendKey(index.Append(t.buffers.components[:0], v), k)
	return entry[K]{enc: string(t.buffers.components), key: k}
}
