package committable

import (
	"slices"

	"github.com/gencommittable/gencommittable/internal/journal"
	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/internal/smt"
)

// staged is the result of a session.
type staged[K comparable, V any] struct {
	id      smt.Hash
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
	changes     [][]change[K, V] // of each piece
	items       [][]item[K, V]   // of each piece, one for each change
	partitioner smt.Partitioner[*change[K, V]]
	partitions  []partition
	staged      []change[K, V] // in the order of leaves; the session's until it ends
}

// item sorts in place of a change.
type item[K comparable, V any] = smt.Item[*change[K, V]]

// partition is the changes whose paths begin with the same bits.
type partition struct {
	payload []byte
	journal []byte
	leaves  []smt.Leaf
	tree    smt.Subtree
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
	b.partitioner.Partition(b.items)
	return t.stagePartitions(b)
}

// collect is the first step.
func (t *Table[K, V]) collect(b *staging[K, V], touched []touched[K, V]) {
	pieces := (len(touched) + changesInPiece - 1) / changesInPiece
	b.changes, b.items = resized(b.changes, pieces), resized(b.items, pieces)
	parallel.Do(pieces, func(i int) {
		from, to := i*changesInPiece, min(len(touched), (i+1)*changesInPiece)
		changes, items := t.netChanges(b.changes[i][:0], touched[from:to]), b.items[i][:0]
		var key []byte
		for i := range changes {
			c := &changes[i]
			if !c.row.hashed {
				key = t.def.AppendKey(key[:0], c.key)
				c.row.path, c.row.hashed = smt.KeyPath(key), true
			}
			items = append(items, smt.NewItem(&c.row.path, c))
		}
		b.changes[i], b.items[i] = changes, items
	})
}

// stagePartitions is the third step.
func (t *Table[K, V]) stagePartitions(b *staging[K, V]) (*staged[K, V], error) {
	b.partitions = resized(b.partitions, b.partitioner.Len())
	_, changes := b.partitioner.Bounds(b.partitioner.Len() - 1)
	b.staged = slices.Grow(b.staged[:0], changes)[:changes]
	parallel.Do(len(b.partitions), func(i int) { t.stagePartition(b, i) })

	size, subtrees := 0, make([]smt.Subtree, len(b.partitions))
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
	out.id = smt.Join(subtrees)
	return out, nil
}

// stagePartition sorts the changes of a partition into staged, and encodes and
// hashes them.
func (t *Table[K, V]) stagePartition(b *staging[K, V], i int) {
	p := &b.partitions[i]
	p.journal, p.leaves = p.journal[:0], p.leaves[:0]
	from, to := b.partitioner.Bounds(i)
	staged := b.staged[from:to]
	for j, item := range b.partitioner.Sort(i, pathOf) {
		c := item.Value
		staged[j] = *c
		kind, leaf := journal.Delete, smt.Leaf{}
		if c.new != nil {
			p.payload = t.def.AppendRow(p.payload[:0], c.new)
			kind, leaf = journal.Put, smt.PutLeaf(c.row.path, p.payload)
		} else {
			p.payload = t.def.AppendKey(p.payload[:0], c.key)
			leaf = smt.DeleteLeaf(c.row.path)
		}
		p.journal = journal.Append(p.journal, journal.Entry{Kind: kind, Payload: p.payload})
		p.leaves = append(p.leaves, leaf)
	}
	p.tree, p.err = smt.NewSubtree(p.leaves, b.partitioner.Depth())
}

func pathOf[K comparable, V any](c *change[K, V]) *smt.Path { return &c.row.path }

// end makes the buffers free for the next session.
func (b *staging[K, V]) end() {
	if cap(b.staged) > keptChanges {
		*b = staging[K, V]{}
	}
	for i := range b.changes {
		b.changes[i], b.items[i] = emptied(b.changes[i]), emptied(b.items[i])
	}
	b.partitioner.Clear()
	b.staged = emptied(b.staged)
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
