package committable

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/merkle"
)

// staged is the result of a session.
type staged[K comparable, V any] struct {
	id      merkle.ID
	journal []byte
	changes []change[K, V] // in the order of the journal, which is that of the leaves
}

// leaf is a change ready for journal and tree.
type leaf struct {
	payload []byte // encoded row of a put, encoded key of a delete
	leaf    merkle.Leaf
}

// position sorts in place of a leaf, which is too large to be moved about.
type position struct {
	prefix uint64 // first bytes of the path
	index  int
}

// changesInPiece is how many changes are encoded and hashed in one go, on any
// processor.
const changesInPiece = 128

// staging holds buffers that sessions reuse one after the other. Nothing of a
// result is in them.
type staging[K comparable, V any] struct {
	changes  []change[K, V] // as they come
	staged   []change[K, V] // in the order of leaves; the session's until it ends
	leaves   []leaf
	order    []position
	sorted   []merkle.Leaf
	payloads [][]byte // of each piece
}

// keptChanges bounds the sessions whose buffers are kept, in changes.
const keptChanges = 1 << 16

// grow makes buffers for so many changes.
func (b *staging[K, V]) grow(n int) {
	b.staged = slices.Grow(b.staged[:0], n)[:n]
	b.leaves, b.order, b.sorted = slices.Grow(b.leaves[:0], n)[:n], slices.Grow(b.order[:0], n)[:n], slices.Grow(b.sorted[:0], n)[:n]
}

// end makes the buffers free for the next session.
func (b *staging[K, V]) end() {
	if len(b.changes) > keptChanges {
		*b = staging[K, V]{}
	}
	b.changes, b.staged = emptied(b.changes), emptied(b.staged)
}

// result encodes, hashes and sorts changes. What order they come in, and on how
// many processors it runs, makes no difference to the result. It fails only if
// the definition gives two keys one encoding.
func (t *Table[K, V]) result(changes []change[K, V]) (*staged[K, V], error) {
	b := &t.scratch.staging
	b.grow(len(changes))
	leaves, order, sorted := b.leaves, b.order, b.sorted
	pieces := (len(changes) + changesInPiece - 1) / changesInPiece
	b.payloads = append(b.payloads, make([][]byte, max(0, pieces-len(b.payloads)))...)
	parallel.Do(pieces, func(i int) {
		from, to := i*changesInPiece, min(len(changes), (i+1)*changesInPiece)
		b.payloads[i] = t.encodeLeaves(b.payloads[i][:0], changes[from:to], leaves[from:to])
	})

	size := 0
	for i := range leaves {
		order[i] = position{prefix: binary.BigEndian.Uint64(leaves[i].leaf.Path[:8]), index: i}
		size += 1 + binary.MaxVarintLen32 + len(leaves[i].payload)
	}
	slices.SortFunc(order, func(a, b position) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return bytes.Compare(leaves[a.index].leaf.Path[:], leaves[b.index].leaf.Path[:])
	})

	out := &staged[K, V]{journal: make([]byte, 0, size), changes: b.staged}
	for i, at := range order {
		out.changes[i] = changes[at.index]
		out.journal = appendJournal(out.journal, changes[at.index].new != nil, leaves[at.index].payload)
		sorted[i] = leaves[at.index].leaf
	}
	var err error
	out.id, err = merkle.ChangeRoot(sorted)
	if err != nil {
		return nil, t.failBecause("Stage", ErrInvalid, err, "AppendKey gives two keys the same encoding")
	}
	return out, nil
}

// encodeLeaves fills in the leaves of changes, and the paths of rows on the way.
// Payloads are appended to buf, and stay where they are when it moves.
func (t *Table[K, V]) encodeLeaves(buf []byte, changes []change[K, V], leaves []leaf) []byte {
	for i := range changes {
		c, l := &changes[i], &leaves[i]
		start := len(buf)
		if r := c.row; !r.hashed {
			buf = t.def.AppendKey(buf, c.key)
			r.path, r.hashed = merkle.KeyPath(buf[start:]), true
			buf = buf[:start]
		}
		if c.new == nil {
			buf = t.def.AppendKey(buf, c.key)
		} else {
			buf = t.def.AppendRow(buf, c.new)
		}
		l.payload = buf[start:len(buf):len(buf)]
		if c.new == nil {
			l.leaf = merkle.DeleteLeaf(c.row.path)
		} else {
			l.leaf = merkle.PutLeaf(c.row.path, l.payload)
		}
	}
	return buf
}
