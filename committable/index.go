package committable

import (
	"strings"

	"github.com/tidwall/btree"
)

// keyOrder is the position of the order by key among a table's orders; index i
// is at 1+i.
const keyOrder = 0

// entry is a member of an ordered set. In the order by key, enc is the encoded
// key; in an index it is the index components followed by the encoded key. Both
// are prefix-free, so that a unique check and a scan by leading components are
// seeks.
type entry[K comparable] struct {
	enc string
	key K
}

// tree is an ordered set of entries.
type tree[K comparable] = btree.BTreeG[entry[K]]

func newTree[K comparable]() *tree[K] {
	return btree.NewBTreeGOptions(
		func(a, b entry[K]) bool { return a.enc < b.enc },
		btree.Options{NoLocks: true}, // see ordered: no tree is ever written while somebody else reads it
	)
}

// ordered is a session's hold on an ordered set. The tree is shared with the
// committed state, savepoints and loops, and copied before the first write
// after it was shared; a copy shares all nodes and costs a path for each write.
//
// Copying writes a field of the source that reads never touch. So only the
// session's goroutine may copy, and others may read the source meanwhile.
type ordered[K comparable] struct {
	tree  *tree[K]
	owned bool // the session made this tree and nothing holds it for good
	lent  int  // loops that hold it now; means something only while owned
}

// share returns the tree to somebody who holds it for good.
func (o *ordered[K]) share() *tree[K] {
	o.owned = false
	return o.tree
}

// lend returns the tree to a loop, which ends with giveBack.
func (o *ordered[K]) lend() *tree[K] {
	o.lent++
	return o.tree
}

func (o *ordered[K]) giveBack(lent *tree[K]) {
	if o.tree == lent {
		o.lent--
	}
}

// replace goes back to a shared tree.
func (o *ordered[K]) replace(shared *tree[K]) {
	*o = ordered[K]{tree: shared}
}

// writable returns a tree that nobody else holds.
func (o *ordered[K]) writable() *tree[K] {
	if !o.owned || o.lent > 0 {
		*o = ordered[K]{tree: o.tree.Copy(), owned: true}
	}
	return o.tree
}

// firstWithPrefix finds the first entry whose encoding starts with prefix.
func firstWithPrefix[K comparable](t *tree[K], prefix string) (found entry[K], ok bool) {
	t.Ascend(entry[K]{enc: prefix}, func(e entry[K]) bool {
		found, ok = e, strings.HasPrefix(e.enc, prefix)
		return false
	})
	return found, ok
}

// checkUnique refuses a row that would have the same components in a unique
// index as another row. The row that it replaces, nil for none, is not in the
// way.
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

func (t *Table[K, V]) sameComponents(index *Index[V], a, b *V) bool {
	t.scratch.before = index.Append(t.scratch.before[:0], a)
	t.scratch.after = index.Append(t.scratch.after[:0], b)
	return string(t.scratch.before) == string(t.scratch.after)
}

// moveEntries follows the row of a key from old to next, nil for no row, in
// every order where its place changes.
//
// Entries of different rows differ, even where their components are the same,
// because the encoded key is part of them. So rows may pass a unique value on
// in any order.
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
	t.scratch.before = t.def.AppendKey(index.Append(t.scratch.before[:0], v), k)
	return entry[K]{enc: string(t.scratch.before), key: k}
}
