package committable

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/merkle"
)

// staged is the result of a session.
type staged[K comparable, V any] struct {
	id      merkle.ID
	journal []byte         // nil: the caller of Stage has it
	changes []change[K, V] // in the order of the journal, which is that of the leaves
}

// leaf is a change ready for journal and tree.
type leaf struct {
	payload []byte // encoded row of a put, encoded key of a delete
	leaf    merkle.Leaf
}

func (l *leaf) prefix() uint64 { return binary.BigEndian.Uint64(l.leaf.Path[:8]) }

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
	buckets  []int
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
	leaves, sorted := b.leaves, b.sorted
	pieces := (len(changes) + changesInPiece - 1) / changesInPiece
	b.payloads = append(b.payloads, make([][]byte, max(0, pieces-len(b.payloads)))...)
	parallel.Do(pieces, func(i int) {
		from, to := i*changesInPiece, min(len(changes), (i+1)*changesInPiece)
		b.payloads[i] = t.encodeLeaves(b.payloads[i][:0], changes[from:to], leaves[from:to])
	})

	size := 0
	for i := range leaves {
		size += 1 + binary.MaxVarintLen32 + len(leaves[i].payload)
	}
	b.sortLeaves()
	out := &staged[K, V]{journal: make([]byte, 0, size), changes: b.staged}
	for i, at := range b.order {
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

// sortLeaves puts the positions of the leaves in the order of paths. Paths are
// hashes: about as many buckets as leaves, by the first bits, have about one
// each.
func (b *staging[K, V]) sortLeaves() {
	shift := 64 - bits.Len(uint(len(b.leaves)))
	b.buckets = slices.Grow(b.buckets[:0], 1<<(64-shift))[:1<<(64-shift)]
	clear(b.buckets)
	for i := range b.leaves {
		b.buckets[b.leaves[i].prefix()>>shift]++
	}
	end := 0
	for i, n := range b.buckets { // from now on where the bucket begins, and then where its next leaf goes
		b.buckets[i], end = end, end+n
	}
	for i := range b.leaves {
		prefix := b.leaves[i].prefix()
		next := &b.buckets[prefix>>shift]
		b.order[*next] = position{prefix, i}
		*next++
	}
	begin := 0
	for _, end := range b.buckets {
		if end-begin > 1 {
			slices.SortFunc(b.order[begin:end], b.compare)
		}
		begin = end
	}
}

func (b *staging[K, V]) compare(x, y position) int {
	if x.prefix != y.prefix {
		return cmp.Compare(x.prefix, y.prefix)
	}
	return bytes.Compare(b.leaves[x.index].leaf.Path[:], b.leaves[y.index].leaf.Path[:])
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
