package smt

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// TestPartitioner distributes paths in several batches. Every path must be in the
// partition of its first bits, and the partitions in their order are sorted.
func TestPartitioner(t *testing.T) {
	var p Partitioner[Path] // reused, as a store reuses it
	identity := func(path Path) *Path { return &path }
	for _, n := range []int{0, 1, 255, 256, 3000, 511, 512, 0, 700} {
		var want []Path
		var batches [][]Item[Path]
		for i := range n {
			path := KeyPath(fmt.Append(nil, i))
			want = append(want, path)
			if i%100 == 0 {
				batches = append(batches, nil)
			}
			last := len(batches) - 1
			batches[last] = append(batches[last], NewItem(&path, path))
		}
		p.Partition(batches)
		if p.Len() != 1<<p.Depth() || p.Len() > 1 && n/p.Len() < partitionSize || n/p.Len() >= 2*partitionSize {
			t.Errorf("%d items are in %d partitions at depth %d", n, p.Len(), p.Depth())
		}
		var got []Path
		for i := range p.Len() {
			from, to := p.Bounds(i)
			if from != len(got) {
				t.Fatalf("partition %d of %d items starts at %d, want %d", i, n, from, len(got))
			}
			items := p.Sort(i, identity)
			if len(items) != to-from {
				t.Fatalf("partition %d of %d items has %d, and bounds %d to %d", i, n, len(items), from, to)
			}
			for _, item := range items {
				if int(item.Value[0])<<8>>(16-p.Depth())|int(item.Value[1])>>(16-p.Depth()) != i && p.Depth() <= 8 {
					t.Fatalf("partition %d at depth %d has the path %x", i, p.Depth(), item.Value)
				}
				got = append(got, item.Value)
			}
		}
		slices.SortFunc(want, func(a, b Path) int { return bytes.Compare(a[:], b[:]) })
		if !slices.Equal(got, want) {
			t.Errorf("the partitions of %d items are not the items in order", n)
		}
		if n == 3000 {
			p.Clear()
			if p.Len() != 0 {
				t.Error("Clear left partitions")
			}
		}
	}
}

// TestPartitionerKeepsItsMemory partitions and clears without allocation, and
// leaves nothing behind that would keep values alive.
func TestPartitionerKeepsItsMemory(t *testing.T) {
	items := make([]Item[*int], 1000)
	for i := range items {
		path := KeyPath(fmt.Append(nil, i))
		items[i] = NewItem(&path, new(int))
	}
	batches := [][]Item[*int]{items}
	var p Partitioner[*int]
	p.Partition(batches)
	if n := testing.AllocsPerRun(10, func() { p.Clear(); p.Partition(batches) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	p.Clear()
	for _, item := range p.items[:cap(p.items)] {
		if item.Value != nil {
			t.Fatal("Clear kept a value")
		}
	}
}
