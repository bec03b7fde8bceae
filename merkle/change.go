package merkle

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"sort"

	"github.com/gencommittable/gencommittable/internal/parallel"
)

// ChangeRoot returns the root of the compact sparse Merkle tree over leaves,
// which must be in strictly ascending order of path; otherwise, or if a leaf's
// hash is zero, it returns an error. Without leaves the root is the zero ID.
//
// Time is O(n) hashes for the paths that [KeyPath] makes, on all processors if
// there are many leaves. Paths built to share long prefixes cost at most 256
// hashes a leaf.
func ChangeRoot(leaves []Leaf) (ID, error) {
	if err := check(leaves); err != nil {
		return ID{}, err
	}
	return inPieces(leaves), nil
}

// Subtree is what a tree has below one node: the leaves whose paths begin with
// the same bits.
type Subtree struct {
	Root   ID // zero if there is no leaf, the leaf's hash if there is one
	Leaves int
}

// NewSubtree returns the subtree over leaves that agree in the first depth bits
// of their paths, at most 256. It returns the errors of ChangeRoot, or one if
// they do not agree. [Join] makes a tree of subtrees, which can be computed side
// by side.
func NewSubtree(leaves []Leaf, depth uint) (Subtree, error) {
	if err := check(leaves); err != nil {
		return Subtree{}, err
	}
	for bit := range min(depth, 8*sha256.Size) {
		if n := len(leaves); n > 1 && leaves[0].Path.bit(bit) != leaves[n-1].Path.bit(bit) {
			return Subtree{}, fmt.Errorf("merkle: paths part at bit %d; a subtree at depth %d has leaves that agree in so many bits", bit, depth)
		}
	}
	return Subtree{subtree(leaves, depth), len(leaves)}, nil
}

// Join returns the root of the tree with these subtrees: all those at one depth,
// in the order of the bits that their paths begin with. So there are a power of
// two of them; subtrees that are missing at the end count as empty.
func Join(subtrees []Subtree) ID {
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
		joined.Root = nodeHash(left.Root, right.Root)
	case left.Leaves == 1:
		joined.Root = left.Root
	default:
		joined.Root = right.Root
	}
	return joined
}

func check(leaves []Leaf) error {
	for i := range leaves {
		if leaves[i].Hash.IsZero() {
			return fmt.Errorf("merkle: leaf %d has no hash; make leaves with PutLeaf or DeleteLeaf", i)
		}
		if i > 0 && bytes.Compare(leaves[i-1].Path[:], leaves[i].Path[:]) >= 0 {
			return fmt.Errorf("merkle: leaf %d is not above the one before it; sort leaves by path and give each key once", i)
		}
	}
	return nil
}

// leavesInPiece is about how many leaves are hashed in one go, on any processor.
const leavesInPiece = 128

// inPieces is subtree(leaves, 0), with the subtrees at one depth done side by
// side.
func inPieces(leaves []Leaf) ID {
	if len(leaves) < 2*leavesInPiece {
		return subtree(leaves, 0)
	}
	pieces, depth := [][]Leaf{leaves}, uint(0)
	for ; len(leaves)/len(pieces) >= 2*leavesInPiece; depth++ {
		halves := make([][]Leaf, 0, 2*len(pieces))
		for _, p := range pieces {
			split := splitAt(p, depth)
			halves = append(halves, p[:split], p[split:])
		}
		pieces = halves
	}
	subtrees := make([]Subtree, len(pieces))
	parallel.Do(len(pieces), func(i int) { subtrees[i] = Subtree{subtree(pieces[i], depth), len(pieces[i])} })
	return Join(subtrees)
}

// splitAt returns where the right half of a subtree begins.
func splitAt(leaves []Leaf, depth uint) int {
	return sort.Search(len(leaves), func(i int) bool { return leaves[i].Path.bit(depth) == 1 })
}

// subtree returns the root over sorted leaves that agree in their first depth
// bits:
//
//	no leaf    32 zero bytes
//	one leaf   the leaf's hash
//	more       H(01 ‖ left ‖ right), split at bit depth
//
// Paths differ pairwise, so two of them part at bit 255 at the latest, and
// depth never reaches 256 with more than one leaf.
func subtree(leaves []Leaf, depth uint) ID {
	switch len(leaves) {
	case 0:
		return ID{}
	case 1:
		return leaves[0].Hash
	}
	split := splitAt(leaves, depth)
	return nodeHash(subtree(leaves[:split], depth+1), subtree(leaves[split:], depth+1))
}

// bit returns bit i of the path, the most significant bit of its first byte
// being bit 0.
func (p *Path) bit(i uint) byte { return p[i/8] >> (7 - i%8) & 1 }

// nodeHash returns H(01 ‖ left ‖ right), an inner node of either tree.
func nodeHash(left, right ID) ID {
	var preimage [1 + 2*sha256.Size]byte
	preimage[0] = nodeDomain
	copy(preimage[1:], left[:])
	copy(preimage[1+sha256.Size:], right[:])
	return sha256.Sum256(preimage[:])
}
