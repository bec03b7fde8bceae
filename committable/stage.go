package committable

import (
	"slices"

	"github.com/gencommittable/gencommittable/internal/journal"
	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/internal/smt"
)

// stageResult is what Stage computes for a session.
type stageResult[K comparable, V any] struct {
	root    smt.Hash
	journal []byte         // nil after Stage has returned it to its caller
	changes []change[K, V] // in the order of the journal; the memory belongs to staging
}

// staging computes the net changes of a session, their journal and their root, in
// three steps. The first and the third run on all processors.
//
//  1. collect: batches of written rows are reduced to net changes, and their paths
//     are computed.
//  2. The partitioner distributes the changes over subtrees of the change tree, by
//     a counting sort on the first bits of their paths.
//  3. stagePartition: each partition is sorted, encoded and hashed up to the root
//     of its subtree.
//
// staging owns all buffers that it uses. They hold the changes of one session,
// from Stage until clear at the end of the session, and are then reused by the
// next session. The journal in the result is the only memory that leaves it.
type staging[K comparable, V any] struct {
	changes     [][]change[K, V] // of each batch
	items       [][]item[K, V]   // of each batch: an item for each change
	partitioner smt.Partitioner[*change[K, V]]
	partitions  []partition
	sorted      []change[K, V] // all changes, in the order of their paths
}

// item is a change as the partitioner sorts it.
type item[K comparable, V any] = smt.Item[*change[K, V]]

// partition holds the buffers and the result of one partition.
type partition struct {
	payload []byte // one row or key
	journal []byte
	leaves  []smt.Leaf
	tree    smt.Subtree
	err     error
}

// batchSize is the number of written rows in a batch.
const batchSize = 128

// maxBuffered limits the buffers that are kept for the next session, in elements.
const maxBuffered = 1 << 16

// stageChanges stages what the session wrote. The result does not depend on the
// number of processors. The error is that the definition encodes two keys alike.
func (t *Table[K, V]) stageChanges(s *session[K, V]) (*stageResult[K, V], error) {
	b := &t.buffers.staging
	t.collect(b, s.written)
	b.partitioner.Partition(b.items)

	b.partitions = resized(b.partitions, b.partitioner.Len())
	_, changes := b.partitioner.Bounds(b.partitioner.Len() - 1)
	b.sorted = slices.Grow(b.sorted[:0], changes)[:changes]
	parallel.Do(len(b.partitions), func(i int) { t.stagePartition(b, i) })
	return t.joinPartitions(b)
}

// collect computes the net changes among the written rows, and their paths.
func (t *Table[K, V]) collect(b *staging[K, V], written []writtenRow[K, V]) {
	batches := (len(written) + batchSize - 1) / batchSize
	b.changes, b.items = resized(b.changes, batches), resized(b.items, batches)
	parallel.Do(batches, func(i int) {
		batch := written[i*batchSize : min(len(written), (i+1)*batchSize)]
		changes, items := t.netChanges(b.changes[i][:0], batch), b.items[i][:0]
		var key []byte
		for j := range changes {
			c := &changes[j]
			if c.row.path == (smt.Path{}) {
				key = t.def.AppendKey(key[:0], c.key)
				c.row.path = smt.KeyPath(key)
			}
			items = append(items, smt.NewItem(&c.row.path, c))
		}
		b.changes[i], b.items[i] = changes, items
	})
}

// stagePartition sorts, encodes and hashes the changes of a partition.
func (t *Table[K, V]) stagePartition(b *staging[K, V], i int) {
	p := &b.partitions[i]
	p.journal, p.leaves = p.journal[:0], p.leaves[:0]
	from, to := b.partitioner.Bounds(i)
	sorted := b.sorted[from:to]
	for j, item := range b.partitioner.Sort(i, changePath) {
		c := item.Value
		sorted[j] = *c
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

func changePath[K comparable, V any](c *change[K, V]) *smt.Path { return &c.row.path }

// joinPartitions combines the results of all partitions.
func (t *Table[K, V]) joinPartitions(b *staging[K, V]) (*stageResult[K, V], error) {
	size, subtrees := 0, make([]smt.Subtree, len(b.partitions))
	for i := range b.partitions {
		p := &b.partitions[i]
		if p.err != nil {
			return nil, t.failBecause("Stage", ErrInvalid, p.err, "AppendKey returns the same encoding for two keys")
		}
		size, subtrees[i] = size+len(p.journal), p.tree
	}
	result := &stageResult[K, V]{root: smt.Join(subtrees), journal: make([]byte, 0, size), changes: b.sorted}
	for i := range b.partitions {
		result.journal = append(result.journal, b.partitions[i].journal...)
	}
	return result, nil
}

// clear removes all changes, and keeps the memory for the next session.
func (b *staging[K, V]) clear() {
	if cap(b.sorted) > maxBuffered {
		*b = staging[K, V]{}
		return
	}
	for i := range b.changes {
		b.changes[i], b.items[i] = emptied(b.changes[i]), emptied(b.items[i])
	}
	b.partitioner.Clear()
	b.sorted = emptied(b.sorted)
}

// emptied clears a buffer and returns it for reuse, or returns nil if it is too
// large to keep.
func emptied[T any](buffer []T) []T {
	if cap(buffer) > maxBuffered {
		return nil
	}
	clear(buffer)
	return buffer[:0]
}

// resized returns the buffer with n elements. Elements keep the buffers that they
// hold.
func resized[T any](buffer []T, n int) []T {
	buffer = buffer[:cap(buffer)]
	return append(buffer, make([]T, max(0, n-len(buffer)))...)[:n]
}
