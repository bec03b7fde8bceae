package committable

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/gencommittable/gencommittable/internal/journal"
	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/merkle"
)

// staged is the result of a session.
type staged[K comparable, V any] struct {
	id      merkle.ID
	journal []byte         // nil: the caller of Stage has it
	changes []change[K, V] // in the order of the journal, which is that of the leaves
}

// staging finds out what a session has changed, and encodes and hashes it, in
// three steps. The first and the last run on all processors.
//
//  1. Pieces of what the session has touched: what has changed there, and its
//     paths.
//  2. Partitions by the first bits of paths, which are hashes, and so spread
//     evenly.
//  3. Partitions: sorted, encoded and hashed, up to the root of a subtree.
//
// It holds buffers that sessions reuse one after the other.
type staging[K comparable, V any] struct {
	pieces     []piece[K, V]
	order      []position[K, V] // by partition
	bounds     []int            // of the partitions in order; one more than there are
	partitions []partition
	staged     []change[K, V] // in the order of leaves; the session's until it ends
}

// piece is what changed in one piece of what a session has touched.
type piece[K comparable, V any] struct {
	changes   []change[K, V]
	positions []position[K, V]
}

// position sorts in place of a change.
type position[K comparable, V any] struct {
	prefix uint64 // first bits of the path
	change *change[K, V]
}

// partition is the changes whose paths begin with the same bits.
type partition struct {
	payload []byte
	journal []byte
	leaves  []merkle.Leaf
	tree    merkle.Subtree
	err     error
}

// changesInPiece is about how many changes are collected, or encoded and hashed,
// in one go.
const changesInPiece = 128

// keptChanges bounds the sessions whose buffers are kept, in changes.
const keptChanges = 1 << 16

// result stages what the session has changed. On how many processors it runs
// makes no difference to the result. It fails only if the definition gives two
// keys one encoding.
func (t *Table[K, V]) result(s *session[K, V]) (*staged[K, V], error) {
	b := &t.scratch.staging
	t.collect(b, s.touched)
	depth := b.partition()
	return t.stagePartitions(b, depth)
}

// collect is the first step.
func (t *Table[K, V]) collect(b *staging[K, V], touched []touched[K, V]) {
	pieces := (len(touched) + changesInPiece - 1) / changesInPiece
	b.pieces = resized(b.pieces, pieces)
	parallel.Do(pieces, func(i int) {
		p := &b.pieces[i]
		from, to := i*changesInPiece, min(len(touched), (i+1)*changesInPiece)
		p.changes = t.netChanges(p.changes[:0], touched[from:to])
		p.positions = p.positions[:0]
		var key []byte
		for i := range p.changes {
			c := &p.changes[i]
			if !c.row.hashed {
				key = t.def.AppendKey(key[:0], c.key)
				c.row.path, c.row.hashed = merkle.KeyPath(key), true
			}
			p.positions = append(p.positions, position[K, V]{binary.BigEndian.Uint64(c.row.path[:8]), c})
		}
	})
}

// partition is the second step. It returns how many bits the paths of a
// partition have in common.
func (b *staging[K, V]) partition() (depth uint) {
	changes := 0
	for i := range b.pieces {
		changes += len(b.pieces[i].positions)
	}
	for changes>>depth >= 2*changesInPiece {
		depth++
	}
	b.order = slices.Grow(b.order[:0], changes)[:changes]
	b.bounds = resized(b.bounds, 1<<depth+1)
	clear(b.bounds)
	for i := range b.pieces {
		for _, at := range b.pieces[i].positions {
			b.bounds[at.prefix>>(64-depth)+1]++
		}
	}
	for i := range b.bounds[1:] {
		b.bounds[i+1] += b.bounds[i]
	}
	next := slices.Clone(b.bounds) // where the next change of each partition goes
	for i := range b.pieces {
		for _, at := range b.pieces[i].positions {
			place := &next[at.prefix>>(64-depth)]
			b.order[*place] = at
			*place++
		}
	}
	return depth
}

// stagePartitions is the third step.
func (t *Table[K, V]) stagePartitions(b *staging[K, V], depth uint) (*staged[K, V], error) {
	b.staged = slices.Grow(b.staged[:0], len(b.order))[:len(b.order)]
	b.partitions = resized(b.partitions, 1<<depth)
	parallel.Do(len(b.partitions), func(i int) {
		from, to := b.bounds[i], b.bounds[i+1]
		t.stagePartition(&b.partitions[i], b.order[from:to], b.staged[from:to], depth)
	})

	size, subtrees := 0, make([]merkle.Subtree, len(b.partitions))
	for i := range b.partitions {
		p := &b.partitions[i]
		if p.err != nil {
			return nil, t.failBecause("Stage", ErrInvalid, p.err, "AppendKey gives two keys the same encoding")
		}
		size, subtrees[i] = size+len(p.journal), p.tree
	}
	out := &staged[K, V]{journal: make([]byte, 0, size), changes: b.staged}
	for i := range b.partitions {
		out.journal = append(out.journal, b.partitions[i].journal...)
	}
	out.id = merkle.Join(subtrees)
	return out, nil
}

// stagePartition sorts the changes of a partition into staged, and encodes and
// hashes them.
func (t *Table[K, V]) stagePartition(p *partition, order []position[K, V], staged []change[K, V], depth uint) {
	slices.SortFunc(order, comparePaths)
	p.journal, p.leaves = p.journal[:0], p.leaves[:0]
	for i, at := range order {
		c := at.change
		staged[i] = *c
		kind, leaf := journal.Delete, merkle.Leaf{}
		if c.new != nil {
			p.payload = t.def.AppendRow(p.payload[:0], c.new)
			kind, leaf = journal.Put, merkle.PutLeaf(c.row.path, p.payload)
		} else {
			p.payload = t.def.AppendKey(p.payload[:0], c.key)
			leaf = merkle.DeleteLeaf(c.row.path)
		}
		p.journal = journal.Append(p.journal, journal.Entry{Kind: kind, Payload: p.payload})
		p.leaves = append(p.leaves, leaf)
	}
	p.tree, p.err = merkle.NewSubtree(p.leaves, depth)
}

func comparePaths[K comparable, V any](a, b position[K, V]) int {
	if a.prefix != b.prefix {
		return cmp.Compare(a.prefix, b.prefix)
	}
	return bytes.Compare(a.change.row.path[:], b.change.row.path[:])
}

// end makes the buffers free for the next session.
func (b *staging[K, V]) end() {
	if cap(b.staged) > keptChanges {
		*b = staging[K, V]{}
	}
	for i := range b.pieces {
		p := &b.pieces[i]
		p.changes, p.positions = emptied(p.changes), emptied(p.positions)
	}
	b.order, b.staged = emptied(b.order), emptied(b.staged)
}

// emptied returns a buffer for reuse without what it holds, unless it is large.
func emptied[T any](buffer []T) []T {
	if cap(buffer) > keptChanges {
		return nil
	}
	clear(buffer)
	return buffer[:0]
}

// resized returns a buffer of n elements, which keep the memory that they hold.
func resized[T any](buffer []T, n int) []T {
	buffer = buffer[:cap(buffer)]
	return append(buffer, make([]T, max(0, n-len(buffer)))...)[:n]
}
