package merkle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// maxName is the longest name of a committable, in bytes. A name enters the
// tree as "c/"+name, in which at most 44 bytes follow any byte. The smallest
// byte that a name may contain is '-', 0x2d, which is 45. So no byte of it can
// be read as the length of what follows.
const maxName = 43

// The outer tree's names: the header leaf says which format the ID has, and
// stores and externals are told apart by a prefix.
const (
	headerName     = "c"
	storePrefix    = "c/"
	externalPrefix = "x/"
)

// Kind tells what a part's id is.
type Kind uint8

// The zero Kind is invalid, so that a part must say what it is.
const (
	// Store says that the id is the store's change root.
	Store Kind = iota + 1
	// External says that the id is whatever an external committable chose.
	External
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

// Part is what one committable contributes to a session's commit ID.
type Part struct {
	Name string
	Kind Kind
	ID   []byte // 32 bytes for a store; of any length for an external
}

// CommitID returns the ID of a session: the RFC 6962 root over a header leaf
// and one leaf for each part, sorted by name. The order of parts does not
// matter, and parts is not changed.
//
// A store whose id is zero and an external whose id is empty did nothing in the
// session and are left out; so the ID depends on what was changed, not on what
// was registered. CommitID returns an error for an invalid or repeated name, an
// unknown kind, and a store's id that is not 32 bytes, also where the part
// would be left out.
func CommitID(parts []Part) (ID, error) {
	leaves := make([]outerLeaf, 1, 1+len(parts))
	leaves[0] = outerLeaf{name: headerName, value: []byte{1}}
	names := make([]string, len(parts))
	for i, part := range parts {
		leaf, err := part.leaf()
		if err != nil {
			return ID{}, err
		}
		names[i] = part.Name
		if leaf.name != "" {
			leaves = append(leaves, leaf)
		}
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i-1] == names[i] {
			return ID{}, fmt.Errorf("merkle: two parts are named %q; give each committable a name of its own", names[i])
		}
	}
	slices.SortFunc(leaves, func(a, b outerLeaf) int { return strings.Compare(a.name, b.name) })
	return outerRoot(leaves), nil
}

// leaf checks the part and returns its leaf, or one without a name if the part
// is to be left out.
func (p Part) leaf() (outerLeaf, error) {
	if err := CheckName(p.Name); err != nil {
		return outerLeaf{}, err
	}
	switch p.Kind {
	case Store:
		if len(p.ID) != len(ID{}) {
			return outerLeaf{}, fmt.Errorf("merkle: the id of store %q has %d bytes; a change root has %d", p.Name, len(p.ID), len(ID{}))
		}
		if ID(p.ID).IsZero() {
			return outerLeaf{}, nil
		}
		return outerLeaf{name: storePrefix + p.Name, value: p.ID}, nil
	case External:
		if len(p.ID) == 0 {
			return outerLeaf{}, nil
		}
		return outerLeaf{name: externalPrefix + p.Name, value: p.ID}, nil
	}
	return outerLeaf{}, fmt.Errorf("merkle: part %q has the unknown kind %d; use Store or External", p.Name, uint8(p.Kind))
}

// outerLeaf is one entry of the outer tree.
type outerLeaf struct {
	name  string
	value []byte
}

// hash returns H(00 ‖ uvarint(len name) ‖ name ‖ 20 ‖ H(value)), where 20, in
// hexadecimal, is the length of the hash.
func (l outerLeaf) hash() ID {
	value := sha256.Sum256(l.value)
	var buf [128]byte
	preimage := append(buf[:0], leafDomain)
	preimage = binary.AppendUvarint(preimage, uint64(len(l.name)))
	preimage = append(preimage, l.name...)
	preimage = append(preimage, byte(len(value)))
	preimage = append(preimage, value[:]...)
	return sha256.Sum256(preimage)
}

// outerRoot returns the RFC 6962 root over at least one leaf: the left subtree
// holds the largest power of two of leaves that leaves one for the right.
func outerRoot(leaves []outerLeaf) ID {
	if len(leaves) == 1 {
		return leaves[0].hash()
	}
	split := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	return nodeHash(outerRoot(leaves[:split]), outerRoot(leaves[split:]))
}

// CheckName returns an error unless name can name a committable: 1 to 43 bytes
// of [-./0-9A-Za-z_]. The package documentation says why.
func CheckName(name string) error {
	if name == "" {
		return errors.New("merkle: the name of a committable is empty; it needs 1 to 43 of [-./0-9A-Za-z_]")
	}
	if len(name) > maxName {
		return fmt.Errorf("merkle: the name %q has %d bytes; shorten it to %d", name, len(name), maxName)
	}
	for i := range len(name) {
		if !validInName(name[i]) {
			return fmt.Errorf("merkle: the name %q has the byte %q at %d; use only [-./0-9A-Za-z_]", name, name[i], i)
		}
	}
	return nil
}

func validInName(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		return true
	}
	return bytes.IndexByte([]byte("-./_"), c) >= 0
}
