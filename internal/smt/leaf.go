package smt

import "crypto/sha256"

// Hash is a SHA-256 hash. As a root, the zero Hash means that the tree is empty.
type Hash = [sha256.Size]byte

// The first byte of a preimage keeps leaves and inner nodes apart, and rows and
// deletions.
const (
	leafDomain = 0x00
	nodeDomain = 0x01

	deleted = 0x00 // the whole value of a deleted key
	present = 0x01 // in front of every key, and of every row that was put
)

// Path is the place of a key in the tree.
type Path [sha256.Size]byte

// KeyPath returns H(01 ‖ key).
func KeyPath(key []byte) Path { return hashPresent(key) }

// bit returns bit i of the path. Bit 0 is the most significant bit of the first
// byte.
func (p *Path) bit(i uint) byte { return p[i/8] >> (7 - i%8) & 1 }

// Leaf is the change of one key.
type Leaf struct {
	Path Path
	Hash Hash
}

// PutLeaf returns the leaf of a key whose row was put:
// H(00 ‖ path ‖ H(01 ‖ row)). The row may be empty.
func PutLeaf(path Path, row []byte) Leaf {
	return Leaf{Path: path, Hash: leafHash(path, hashPresent(row))}
}

// DeleteLeaf returns the leaf of a key whose row was deleted:
// H(00 ‖ path ‖ H(00)).
func DeleteLeaf(path Path) Leaf {
	return Leaf{Path: path, Hash: leafHash(path, sha256.Sum256([]byte{deleted}))}
}

func leafHash(path Path, value Hash) Hash {
	var preimage [1 + 2*sha256.Size]byte
	preimage[0] = leafDomain
	copy(preimage[1:], path[:])
	copy(preimage[1+sha256.Size:], value[:])
	return sha256.Sum256(preimage[:])
}

// NodeHash returns H(01 ‖ left ‖ right), an inner node. RFC 6962 has the same
// formula.
func NodeHash(left, right Hash) Hash {
	var preimage [1 + 2*sha256.Size]byte
	preimage[0] = nodeDomain
	copy(preimage[1:], left[:])
	copy(preimage[1+sha256.Size:], right[:])
	return sha256.Sum256(preimage[:])
}

// hashPresent returns H(01 ‖ data). The preimages of short keys and rows are
// built on the stack.
func hashPresent(data []byte) (sum Hash) {
	var short [256]byte
	if len(data) < len(short) {
		short[0] = present
		return sha256.Sum256(short[:1+copy(short[1:], data)])
	}
	state := sha256.New()
	state.Write([]byte{present})
	state.Write(data)
	state.Sum(sum[:0])
	return sum
}
