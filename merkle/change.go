package merkle

import (
	"fmt"

	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/internal/smt"
)

// Change is the net effect of a session on one key of a store.
type Change struct {
	Key     []byte
	Row     []byte // the row that was put; not used if Deleted
	Deleted bool
}

// ChangeRoot returns the change root of a store: the root of the compact sparse
// Merkle tree over its changes. The order of changes does not matter, and
// changes is not modified. Without changes the root is the zero ID. Two changes
// of one key are an error.
//
// ChangeRoot is for stores that are written by hand. A committable.Table
// computes the same root while it encodes the changes.
func ChangeRoot(changes []Change) (ID, error) {
	leaves := make([]smt.Leaf, len(changes))
	const chunk = 128 // changes that are hashed in one go
	parallel.Do((len(changes)+chunk-1)/chunk, func(i int) {
		for j := i * chunk; j < min(len(changes), (i+1)*chunk); j++ {
			leaves[j] = changes[j].leaf()
		}
	})
	root, err := smt.Root(leaves)
	if err != nil {
		return ID{}, fmt.Errorf("merkle: key %q has several changes; merge them into one", repeatedKey(changes))
	}
	return root, nil
}

func (c *Change) leaf() smt.Leaf {
	path := smt.KeyPath(c.Key)
	if c.Deleted {
		return smt.DeleteLeaf(path)
	}
	return smt.PutLeaf(path, c.Row)
}

// repeatedKey returns the first key that changes repeat.
func repeatedKey(changes []Change) []byte {
	seen := make(map[string]bool)
	for _, c := range changes {
		if seen[string(c.Key)] {
			return c.Key
		}
		seen[string(c.Key)] = true
	}
	return nil
}
