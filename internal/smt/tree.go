package smt

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/gencommittable/gencommittable/internal/parallel"
)

// Root returns the root of the tree over leaves in any order, and may reorder
// them. It returns an error if two leaves have the same path, or if a leaf has
// no hash. Without leaves the root is the zero Hash.
//
// Paths that [KeyPath] returns cost O(1) hashes each, on all processors if there
// are many. Paths chosen to share long prefixes cost at most 256 hashes each.
func Root(leaves []Leaf) (Hash, error) {
	if len(leaves) < 2*partitionSize { // a single partition needs no copy
		slices.SortFunc(leaves, func(a, b Leaf) int { return bytes.Compare(a.Path[:], b.Path[:]) })
		tree, err := NewSubtree(leaves, 0)
		return tree.Root, err
	}
	items := make([]Item[*Leaf], len(leaves))
	for i := range leaves {
		items[i] = NewItem(&leaves[i].Path, &leaves[i])
	}
	var p Partitioner[*Leaf]
	p.Partition([][]Item[*Leaf]{items})
	subtrees, errs := make([]Subtree, p.Len()), make([]error, p.Len())
	parallel.Do(p.Len(), func(i int) {
		var sorted []Leaf
		for _, item := range p.Sort(i, func(l *Leaf) *Path { return &l.Path }) {
			sorted = append(sorted, *item.Value)
		}
		subtrees[i], errs[i] = NewSubtree(sorted, p.Depth())
	})
	for _, err := range errs {
		if err != nil {
			return Hash{}, err
		}
	}
	return Join(subtrees), nil
}

// Subtree is the part of a tree below one node: the leaves whose paths begin
// with the same bits.
type Subtree struct {
	Root   Hash // zero without leaves; with one leaf, its hash
	Leaves int
}

// NewSubtree returns the subtree whose root is at the given depth, at most 256.
// The leaves must be in strictly ascending order of path, agree in the first
// depth bits of their paths, and have hashes; otherwise it returns an error.
func NewSubtree(leaves []Leaf, depth uint) (Subtree, error) {
	for i := range leaves {
		if leaves[i].Hash == (Hash{}) {
			return Subtree{}, fmt.Errorf("smt: leaf %d has no hash; use PutLeaf or DeleteLeaf", i)
		}
		if i > 0 && bytes.Compare(leaves[i-1].Path[:], leaves[i].Path[:]) >= 0 {
			return Subtree{}, fmt.Errorf("smt: leaf %d has the same path as the previous leaf, or a smaller one", i)
		}
	}
	for bit := range min(depth, 8*sha256.Size) {
		if n := len(leaves); n > 1 && leaves[0].Path.bit(bit) != leaves[n-1].Path.bit(bit) {
			return Subtree{}, fmt.Errorf("smt: the leaves of a subtree at depth %d have paths that differ in bit %d", depth, bit)
		}
	}
	return Subtree{root(leaves, depth), len(leaves)}, nil
}

// root returns the root over sorted leaves that agree in their first depth bits.
// Two different paths differ in bit 255 at the latest, so depth is below 256
// where there are two leaves or more.
func root(leaves []Leaf, depth uint) Hash {
	switch len(leaves) {
	case 0:
		return Hash{}
	case 1:
		return leaves[0].Hash
	}
	split := sort.Search(len(leaves), func(i int) bool { return leaves[i].Path.bit(depth) == 1 })
	return NodeHash(root(leaves[:split], depth+1), root(leaves[split:], depth+1))
}

// Join returns the root of the tree that consists of the 2^depth subtrees at one
// depth, in path order. Missing subtrees at the end count as empty.
func Join(subtrees []Subtree) Hash {
	depth := bits.Len(uint(max(1, len(subtrees)) - 1))
	return join(subtrees, depth).Root
}

func join(subtrees []Subtree, depth int) Subtree {
	switch {
	case len(subtrees) == 0:
		return Subtree{}
	case depth == 0:
		return subtrees[0]
	}
	half := min(len(subtrees), 1<<(depth-1))
	left, right := join(subtrees[:half], depth-1), join(subtrees[half:], depth-1)
	joined := Subtree{Leaves: left.Leaves + right.Leaves}
	switch {
	case joined.Leaves > 1:
		joined.Root = NodeHash(left.Root, right.Root)
	case left.Leaves == 1:
		joined.Root = left.Root
	default:
		joined.Root = right.Root
	}
	return joined
}
