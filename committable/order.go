package committable

import (
	"strings"

	"github.com/tidwall/btree"
)

// keyOrder is the position of the key order among a table's orders. Index i is at
// 1+i.
const keyOrder = 0

// entry is a member of an order. In the key order, enc is the encoded key; in an
// index, it is the index components followed by the encoded key. Both encodings
// are prefix-free, so that a search for leading components is a seek.
type entry[K comparable] struct {
	enc string
	key K
}

// tree is an ordered set of entries.
type tree[K comparable] = btree.BTreeG[entry[K]]

func newTree[K comparable]() *tree[K] {
	return btree.NewBTreeGOptions(
		func(a, b entry[K]) bool { return a.enc < b.enc },
		btree.Options{NoLocks: true}, // a tree is never written while others read it: see ordered
	)
}

// ordered is an order as the open session sees it. It shares its tree with the
// committed state, savepoints and loops, and copies a shared tree before it
// writes. A copy shares all nodes with its source, and each write copies a path.
//
// Copying writes a field of the source that reading never uses. So only the
// session's goroutine may copy, and other goroutines may read meanwhile.
type ordered[K comparable] struct {
	tree  *tree[K]
	owned bool // the session made the tree, and nobody keeps it
	lent  int  // running loops that read the tree; only counted while it is owned
}

// share returns the tree to a caller that keeps it.
func (o *ordered[K]) share() *tree[K] {
	o.owned = false
	return o.tree
}

// lend returns the tree to a loop, which calls release at its end.
func (o *ordered[K]) lend() *tree[K] {
	o.lent++
	return o.tree
}

// release ends a loan. It does nothing if the tree was replaced since.
func (o *ordered[K]) release(lent *tree[K]) {
	if o.tree == lent {
		o.lent--
	}
}

// replace installs a tree that others keep.
func (o *ordered[K]) replace(shared *tree[K]) {
	*o = ordered[K]{tree: shared}
}

// writable returns the tree after copying it if others hold it.
func (o *ordered[K]) writable() *tree[K] {
	if !o.owned || o.lent > 0 {
		*o = ordered[K]{tree: o.tree.Copy(), owned: true}
	}
	return o.tree
}

// firstWithPrefix returns the first entry whose encoding starts with prefix.
func firstWithPrefix[K comparable](t *tree[K], prefix string) (found entry[K], ok bool) {
	t.Ascend(entry[K]{enc: prefix}, func(e entry[K]) bool {
		found, ok = e, strings.HasPrefix(e.enc, prefix)
		return false
	})
	return found, ok
}

// bounds limit a loop to a range of an order. The zero value has no limits.
type bounds struct {
	from    string // inclusive
	to      string // exclusive; only used if bounded
	bounded bool   // there is an upper limit
	prefix  string
}

func prefixed(prefix []byte) bounds {
	p := string(prefix)
	return bounds{from: p, prefix: p}
}

func (t *Table[K, V]) keyRange(from, to K) bounds {
	return bounds{from: t.def.encodedKey(from), to: t.def.encodedKey(to), bounded: true}
}

func (t *Table[K, V]) keysFrom(from K) bounds {
	return bounds{from: t.def.encodedKey(from)}
}

func indexRange(prefix, from, to []byte) bounds {
	p := string(prefix)
	return bounds{prefix: p, from: p + string(from), to: p + string(to), bounded: true}
}

// contains reports whether enc is within the bounds. It assumes enc >= from.
func (b bounds) contains(enc string) bool {
	return strings.HasPrefix(enc, b.prefix) && (!b.bounded || enc < b.to)
}

// walk calls visit for the keys within the bounds, in the order of the tree, until
// visit returns false. Backward it ignores the bounds.
func walk[K comparable](t *tree[K], within bounds, backward bool, visit func(K) bool) {
	if backward {
		t.Reverse(func(e entry[K]) bool { return visit(e.key) })
		return
	}
	t.Ascend(entry[K]{enc: within.from}, func(e entry[K]) bool {
		return within.contains(e.enc) && visit(e.key)
	})
}
