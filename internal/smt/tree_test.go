package smt

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func sortedLeaves(leaves ...Leaf) []Leaf {
	slices.SortFunc(leaves, func(a, b Leaf) int { return bytes.Compare(a.Path[:], b.Path[:]) })
	return leaves
}

// oracleRoot computes a root literally. The paths are strings of 256 binary
// digits; the leaves below prefix are split by the next digit until at most one
// leaf is left.
func oracleRoot(leaves map[string]Hash, prefix string) Hash {
	below := make(map[string]Hash)
	for path, hash := range leaves {
		if path[:len(prefix)] == prefix {
			below[path] = hash
		}
	}
	if len(below) < 2 {
		for _, hash := range below {
			return hash
		}
		return Hash{}
	}
	left, right := oracleRoot(below, prefix+"0"), oracleRoot(below, prefix+"1")
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

func digits(path Path) string {
	var text string
	for _, b := range path {
		text += fmt.Sprintf("%08b", b)
	}
	return text
}

// TestRootAgainstOracle compares the roots of random trees. About half of the
// paths share a prefix of random length with an earlier path.
func TestRootAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var paths []Path
		for i := range rapid.IntRange(0, 24).Draw(t, "leaves") {
			path := KeyPath(fmt.Append(nil, rapid.Uint32().Draw(t, "key")))
			if i > 0 && rapid.Bool().Draw(t, "close") {
				near := paths[rapid.IntRange(0, i-1).Draw(t, "near")]
				bit := rapid.IntRange(0, 255).Draw(t, "bit")
				near[bit/8] ^= 0x80 >> (bit % 8)
				if rapid.Bool().Draw(t, "other tail") {
					copy(near[bit/8+1:], path[:])
				}
				path = near
			}
			paths = append(paths, path)
		}
		slices.SortFunc(paths, func(a, b Path) int { return bytes.Compare(a[:], b[:]) })
		paths = slices.Compact(paths)
		leaves, model := make([]Leaf, len(paths)), make(map[string]Hash)
		for i, path := range paths {
			leaves[i] = PutLeaf(path, fmt.Append(nil, i))
			model[digits(path)] = leaves[i].Hash
		}
		got, err := Root(rapid.Permutation(leaves).Draw(t, "order"))
		if err != nil {
			t.Fatal(err)
		}
		if want := oracleRoot(model, ""); got != want {
			t.Fatalf("the root of %d leaves is %x, want %x", len(leaves), got, want)
		}
	})
}

// TestRootOfManyLeaves compares the roots of trees that consist of many
// partitions with those of a single subtree. In one tree all paths share their
// first bits, so that all partitions but one are empty; in another, all
// partitions but one have a few leaves at most.
func TestRootOfManyLeaves(t *testing.T) {
	leaves := make([]Leaf, 5000)
	for i := range leaves {
		leaves[i] = PutLeaf(KeyPath(fmt.Append(nil, i)), nil)
	}
	close, most := slices.Clone(leaves), slices.Clone(leaves)
	for i := range close {
		close[i].Path[0] = 0x13
		if i > 5 {
			most[i].Path[0] = 0x13
		}
	}
	for _, leaves := range [][]Leaf{leaves, close, most, leaves[:255], leaves[:256], leaves[:257], leaves[:2], leaves[:1], nil} {
		want, err := NewSubtree(sortedLeaves(slices.Clone(leaves)...), 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Root(leaves)
		if err != nil || got != want.Root {
			t.Errorf("the root of %d leaves is %x, %v, want %x", len(leaves), got, err, want.Root)
		}
	}
}

// TestJoinedSubtrees splits trees at some depth and joins them again.
func TestJoinedSubtrees(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 40} {
		var leaves []Leaf
		for i := range n {
			leaves = append(leaves, PutLeaf(KeyPath(fmt.Append(nil, i)), nil))
		}
		leaves = sortedLeaves(leaves...)
		for depth := range uint(6) {
			subtrees := make([]Subtree, 1<<depth)
			for i := range subtrees {
				var below []Leaf
				for _, l := range leaves {
					if int(l.Path[0])>>(8-depth) == i {
						below = append(below, l)
					}
				}
				var err error
				if subtrees[i], err = NewSubtree(below, depth); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := Join(subtrees), root(leaves, 0); got != want {
				t.Errorf("%d leaves, joined at depth %d, have root %x, want %x", n, depth, got, want)
			}
		}
	}
}

func TestJoinOfMissingSubtrees(t *testing.T) {
	low, high := Path{0x00}, Path{0x50} // 00 and 01: in the lower half of a tree
	a, b := DeleteLeaf(low), DeleteLeaf(high)
	want, err := Root([]Leaf{a, b})
	if err != nil {
		t.Fatal(err)
	}
	subtrees := []Subtree{{a.Hash, 1}, {b.Hash, 1}, {}}
	if got := Join(subtrees); got != want {
		t.Errorf("three subtrees of four have root %x, want %x", got, want)
	}
	if got := Join(nil); got != (Hash{}) {
		t.Errorf("no subtrees have root %x", got)
	}
}

func TestNewSubtreeRefuses(t *testing.T) {
	a, b := DeleteLeaf(Path{0x10}), DeleteLeaf(Path{0x18})
	if _, err := NewSubtree([]Leaf{a, b}, 4); err != nil {
		t.Errorf("leaves that agree in four bits: %v", err)
	}
	for depth, leaves := range map[uint][]Leaf{5: {a, b}, 300: {a, b}, 0: {b, a}} {
		if tree, err := NewSubtree(leaves, depth); err == nil || tree != (Subtree{}) {
			t.Errorf("at depth %d: subtree %v, error %v", depth, tree, err)
		}
	}
}

// TestLeavesAgainstDefinition compares leaves with their formulas. The lengths
// include those around which the implementation takes another branch.
func TestLeavesAgainstDefinition(t *testing.T) {
	hash := func(parts ...[]byte) []byte {
		sum := sha256.Sum256(slices.Concat(parts...))
		return sum[:]
	}
	for _, n := range []int{0, 1, 54, 55, 63, 64, 254, 255, 256, 257, 1000, 100_000} {
		data := bytes.Repeat([]byte{0xA7}, n)
		path := KeyPath(data)
		if !bytes.Equal(path[:], hash([]byte{1}, data)) {
			t.Errorf("the path of a key of %d bytes is not H(01 ‖ key)", n)
		}
		put := PutLeaf(path, data)
		if put.Path != path || !bytes.Equal(put.Hash[:], hash([]byte{0}, path[:], hash([]byte{1}, data))) {
			t.Errorf("the leaf of a row of %d bytes is not H(00 ‖ path ‖ H(01 ‖ row))", n)
		}
	}
}

func TestRootRefuses(t *testing.T) {
	many := make([]Leaf, 1000)
	for i := range many {
		many[i] = PutLeaf(KeyPath(fmt.Append(nil, i)), nil)
	}
	a, b := DeleteLeaf(Path{1}), DeleteLeaf(Path{2})
	for name, leaves := range map[string][]Leaf{
		"one path twice":                {a, b, a},
		"one of many paths twice":       append(slices.Clone(many), many[500]),
		"a leaf without hash":           {{Path: Path{1}}},
		"a second leaf without hash":    {a, b, {Path: Path{3}}},
		"one of many leaves, no hash":   append(slices.Clone(many), Leaf{Path: Path{3}}),
		"two leaves that differ in row": {PutLeaf(Path{1}, nil), a},
	} {
		if root, err := Root(leaves); err == nil || root != (Hash{}) {
			t.Errorf("%s: Root returned %x and the error %v, want an error", name, root, err)
		}
	}
	if root, err := Root(nil); err != nil || root != (Hash{}) {
		t.Errorf("Root of nothing returned %x and %v, want the zero hash", root, err)
	}
}

// TestNoAllocation hashes a leaf that fits the stack, and a small tree.
func TestNoAllocation(t *testing.T) {
	key, row := []byte("acct-00000001"), bytes.Repeat([]byte("r"), 200)
	leaves := vectorLeaves()
	var sink Leaf
	got := testing.AllocsPerRun(100, func() {
		sink = PutLeaf(KeyPath(key), row)
		sink = DeleteLeaf(sink.Path)
		if _, err := Root(leaves); err != nil {
			t.Error(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

func BenchmarkRoot(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		leaves := make([]Leaf, n)
		for i := range leaves {
			leaves[i] = PutLeaf(KeyPath(fmt.Appendf(nil, "acct-%08d", i)), []byte("row"))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Root(leaves); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/leaf")
		})
	}
}

func BenchmarkPutLeaf(b *testing.B) {
	for _, n := range []int{20, 200, 1_000} {
		row := make([]byte, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				PutLeaf(Path{1}, row)
			}
		})
	}
}

// vectorLeaves are the leaves of the vectors: alice → "100", bob deleted,
// carol → "".
func vectorLeaves() []Leaf {
	return []Leaf{
		PutLeaf(KeyPath([]byte("alice")), []byte("100")),
		DeleteLeaf(KeyPath([]byte("bob"))),
		PutLeaf(KeyPath([]byte("carol")), nil),
	}
}

// TestVectors pins leaves and roots. The expected values were computed from the
// formulas, not by this code, and never change.
func TestVectors(t *testing.T) {
	leaves := vectorLeaves()
	rootOf := func(leaves ...Leaf) Hash {
		root, err := Root(leaves)
		if err != nil {
			t.Fatal(err)
		}
		return root
	}
	alice, bob, carol := leaves[0], leaves[1], leaves[2]
	for _, v := range []struct {
		name string
		got  Hash
		want string
	}{
		{"leaf alice", alice.Hash, "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"},
		{"leaf bob", bob.Hash, "6d4341f479f935acc3554e22fdadd041c3e1dbb6cf52413fb4c00d0422add3e7"},
		{"leaf carol", carol.Hash, "3fb223269262b5702794ca1b99601e804a473d336ce9c876733109d89976abe3"},
		{"root of one leaf", rootOf(alice), "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"},
		{"root of two puts", rootOf(alice, carol), "7c48a7cf42f830e4a46c39dc4dc855f528bd5ba2549fe953cfd2074841e88278"},
		{"root of three leaves", rootOf(alice, bob, carol), "78d6e6dca6544e71027f745ce5f3bf5868e18e10d07094a59a81f45820d0f194"},
	} {
		if got := fmt.Sprintf("%x", v.got); got != v.want {
			t.Errorf("%s is %s, want %s", v.name, got, v.want)
		}
	}
}
