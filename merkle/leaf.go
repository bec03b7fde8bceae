package merkle

import "crypto/sha256"

// Domain bytes. A leaf and an inner node never share a preimage, because their
// first bytes differ; neither do a row that was put and a delete.
const (
	leafDomain = 0x00
	nodeDomain = 0x01

	deleted = 0x00 // the whole value of a deleted key
	present = 0x01 // before every key, and before every row that was put
)

// Path is where a key lives in a store's tree: its hash, read from the most
// significant bit down. Stores may keep it with the row, since every change of
// the key needs it again.
type Path [sha256.Size]byte

// KeyPath returns H(01 ‖ key).
func KeyPath(key []byte) Path { return hashPresent(key) }

// Leaf is the net change of one key in a session.
type Leaf struct {
	Path Path
	Hash ID
}

// PutLeaf returns the leaf of a key that now has the given row:
// H(00 ‖ path ‖ H(01 ‖ row)). An empty row is a row.
func PutLeaf(path Path, row []byte) Leaf {
	return Leaf{Path: path, Hash: leafHash(path, hashPresent(row))}
}

// DeleteLeaf returns the leaf of a key that was there and no longer is:
// H(00 ‖ path ‖ H(00)).
func DeleteLeaf(path Path) Leaf {
	return Leaf{Path: path, Hash: leafHash(path, sha256.Sum256([]byte{deleted}))}
}

func leafHash(path Path, value [sha256.Size]byte) ID {
	var preimage [1 + 2*sha256.Size]byte
	preimage[0] = leafDomain
	copy(preimage[1:], path[:])
	copy(preimage[1+sha256.Size:], value[:])
	return sha256.Sum256(preimage[:])
}

// hashPresent returns H(01 ‖ data). Most keys and rows are short, and then the
// preimage is put together on the stack; only longer ones pay for a hash state.
func hashPresent(data []byte) (sum [sha256.Size]byte) {
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
