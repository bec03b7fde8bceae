package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/internal/smt"
)

// Names of the leaves: the header has a name of its own, and a prefix keeps
// stores and externals apart.
const (
	headerName     = "c"
	storePrefix    = "c/"
	externalPrefix = "x/"
)

// Kind is the kind of a committable.
type Kind uint8

// The kinds. The zero Kind is invalid.
const (
	Store    Kind = iota + 1 // a store: its id is its change root
	External                 // an external: it chooses its ids itself
)

// String returns "store" or "external".
func (k Kind) String() string {
	switch k {
	case Store:
		return "store"
	case External:
		return "external"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Part is the share of one committable in a session.
type Part struct {
	Name string
	Kind Kind
	ID   []byte // 32 bytes for a store, any number of bytes for an external
}

// CommitID returns the ID of a session. The order of parts does not matter, and
// parts is not modified.
//
// Stores with a zero id and externals with an empty id changed nothing in the
// session and have no leaf. So the ID depends on the changes, and not on which
// committables are registered.
//
// CommitID returns an error for an invalid or repeated name, an invalid kind,
// and a store's id that is not 32 bytes long. It checks parts without a leaf too.
func CommitID(parts []Part) (ID, error) {
	leaves := make([]outerLeaf, 1, 1+len(parts))
	leaves[0] = outerLeaf{name: headerName, id: []byte{1}}
	names := make([]string, len(parts))
	for i, part := range parts {
		leaf, ok, err := part.leaf()
		if err != nil {
			return ID{}, err
		}
		names[i] = part.Name
		if ok {
			leaves = append(leaves, leaf)
		}
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i-1] == names[i] {
			return ID{}, fmt.Errorf("merkle: two parts have the name %q; names must be unique", names[i])
		}
	}
	slices.SortFunc(leaves, func(a, b outerLeaf) int { return strings.Compare(a.name, b.name) })
	return outerRoot(leaves), nil
}

// leaf checks the part and returns its leaf. ok is false for a part without
// changes, which has none.
func (p Part) leaf() (leaf outerLeaf, ok bool, err error) {
	if err := CheckName(p.Name); err != nil {
		return outerLeaf{}, false, err
	}
	switch p.Kind {
	case Store:
		if len(p.ID) != len(ID{}) {
			return outerLeaf{}, false, fmt.Errorf("merkle: the id of store %q has %d bytes; a change root has %d", p.Name, len(p.ID), len(ID{}))
		}
		return outerLeaf{storePrefix + p.Name, p.ID}, !ID(p.ID).IsZero(), nil
	case External:
		return outerLeaf{externalPrefix + p.Name, p.ID}, len(p.ID) > 0, nil
	}
	return outerLeaf{}, false, fmt.Errorf("merkle: part %q has the invalid kind %d; use Store or External", p.Name, uint8(p.Kind))
}

// outerLeaf is a leaf of the outer tree.
type outerLeaf struct {
	name string
	id   []byte
}

// hash returns H(00 ‖ uvarint(length of name) ‖ name ‖ 20 ‖ H(id)). The byte 20,
// in hexadecimal, is the length of a hash.
func (l outerLeaf) hash() ID {
	id := sha256.Sum256(l.id)
	var buf [128]byte
	preimage := append(buf[:0], 0x00)
	preimage = binary.AppendUvarint(preimage, uint64(len(l.name)))
	preimage = append(preimage, l.name...)
	preimage = append(preimage, byte(len(id)))
	preimage = append(preimage, id[:]...)
	return sha256.Sum256(preimage)
}

// outerRoot returns the RFC 6962 root over at least one leaf. The size of the
// left subtree is the largest power of two that is less than the number of
// leaves.
func outerRoot(leaves []outerLeaf) ID {
	if len(leaves) == 1 {
		return leaves[0].hash()
	}
	split := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	return smt.NodeHash(outerRoot(leaves[:split]), outerRoot(leaves[split:]))
}
