package merkle

import (
	"bytes"
	"crypto/sha256"
	"fmt"
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
	for i := range leaves {
		if leaves[i].Hash.IsZero() {
			return ID{}, fmt.Errorf("merkle: leaf %d has no hash; make leaves with PutLeaf or DeleteLeaf", i)
		}
		if i > 0 && bytes.Compare(leaves[i-1].Path[:], leaves[i].Path[:]) >= 0 {
			return ID{}, fmt.Errorf("merkle: leaf %d is not above the one before it; sort leaves by path and give each key once", i)
		}
	}
	return inPieces(leaves), nil
}

// leavesInPiece is about how many leaves are hashed in one go, on any processor.
const leavesInPiece = 128

// inPieces is subtree(leaves, 0), with the subtrees at one depth done side by
// side: none of them needs another one.
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
	roots := make([]ID, len(pieces))
	parallel.Do(len(pieces), func(i int) { roots[i] = subtree(pieces[i], depth) })
	return join(pieces, roots)
}

// join returns the root over pieces with these roots; there are a power of two
// of them.
func join(pieces [][]Leaf, roots []ID) ID {
	if len(pieces) == 1 {
		return roots[0]
	}
	half := len(pieces) / 2
	left, right := join(pieces[:half], roots[:half]), join(pieces[half:], roots[half:])
	switch leaves := count(pieces); {
	case leaves > 1:
		return nodeHash(left, right)
	case left.IsZero():
		return right
	default:
		return left
	}
}

func count(pieces [][]Leaf) int {
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	return n
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
