package smt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// partitionSize is the minimum average number of items in a partition; the
// maximum is twice as large. Hashing so many items takes much longer than handing
// them to another processor.
const partitionSize = 128

// Item is a value that has a path. Items are smaller than leaves, so that
// sorting moves little memory.
type Item[T any] struct {
	prefix uint64 // first 64 bits of the path
	Value  T
}

// NewItem returns the item of a value.
func NewItem[T any](path *Path, value T) Item[T] {
	return Item[T]{binary.BigEndian.Uint64(path[:8]), value}
}

// Partitioner distributes items over the subtrees at one depth, by a counting
// sort: it counts the items of each partition, computes where each partition
// starts, and moves every item to its partition. A partition holds the items
// whose paths begin with the same bits. Paths are hashes, so the partitions have
// about the same size.
//
// The zero value is ready for use. The Partitioner owns the memory of the
// partitions and reuses it: they are valid until the next call of Partition or
// Clear. Different partitions may be used concurrently.
type Partitioner[T any] struct {
	items []Item[T] // partition after partition
	ends  []int     // ends[i] is the end of partition i in items
	depth uint      // number of bits that the paths of a partition share
}

// Partition distributes the items of all batches. It keeps a copy of the items.
func (p *Partitioner[T]) Partition(batches [][]Item[T]) {
	n := 0
	for _, batch := range batches {
		n += len(batch)
	}
	p.depth = 0
	for n>>p.depth >= 2*partitionSize {
		p.depth++
	}
	p.items = slices.Grow(p.items[:0], n)[:n]
	p.ends = slices.Grow(p.ends[:0], 1<<p.depth)[:1<<p.depth]

	clear(p.ends)
	for _, batch := range batches {
		for i := range batch {
			p.ends[batch[i].prefix>>(64-p.depth)]++
		}
	}
	start := 0
	for i, count := range p.ends {
		p.ends[i], start = start, start+count // the start of partition i, for now
	}
	for _, batch := range batches {
		for i := range batch {
			place := &p.ends[batch[i].prefix>>(64-p.depth)]
			p.items[*place] = batch[i]
			*place++
		}
	}
}

// Len returns the number of partitions: 2 to the power of Depth.
func (p *Partitioner[T]) Len() int { return len(p.ends) }

// Depth returns the number of bits that the paths of a partition share.
func (p *Partitioner[T]) Depth() uint { return p.depth }

// Bounds returns the positions of partition i among all items.
func (p *Partitioner[T]) Bounds(i int) (from, to int) {
	if i > 0 {
		from = p.ends[i-1]
	}
	return from, p.ends[i]
}

// Sort sorts partition i by path and returns it.
func (p *Partitioner[T]) Sort(i int, path func(T) *Path) []Item[T] {
	from, to := p.Bounds(i)
	items := p.items[from:to]
	slices.SortFunc(items, func(a, b Item[T]) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return bytes.Compare(path(a.Value)[:], path(b.Value)[:])
	})
	return items
}

// Clear forgets all items and keeps the memory for the next call of Partition.
func (p *Partitioner[T]) Clear() {
	clear(p.items)
	p.items, p.ends, p.depth = p.items[:0], p.ends[:0], 0
}
