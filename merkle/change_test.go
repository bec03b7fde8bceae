package merkle

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

// oracleRoot is the tree by its definition: leaves, by path as a string of 256
// digits, are parted by the next digit until at most one is left.
func oracleRoot(leaves map[string]ID, prefix string) ID {
	below := make(map[string]ID)
	for path, hash := range leaves {
		if path[:len(prefix)] == prefix {
			below[path] = hash
		}
	}
	if len(below) < 2 {
		for _, hash := range below {
			return hash
		}
		return ID{}
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

// TestChangeRootAgainstOracle compares the roots of random trees. Half of the
// paths differ from an earlier one in a single bit or in the bits after some
// point, down to the last.
func TestChangeRootAgainstOracle(t *testing.T) {
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
		leaves, model := make([]Leaf, len(paths)), make(map[string]ID)
		for i, path := range paths {
			leaves[i] = PutLeaf(path, fmt.Append(nil, i))
			model[digits(path)] = leaves[i].Hash
		}
		got, err := ChangeRoot(leaves)
		if err != nil {
			t.Fatal(err)
		}
		if want := oracleRoot(model, ""); got != want {
			t.Fatalf("the root of %d leaves is %v, want %v", len(leaves), got, want)
		}
	})
}

// TestPiecesDoNotMatter compares roots that were computed in pieces and in one
// go; in one tree the paths part late, so that most pieces are empty, and in one
// all pieces but one have a leaf or none.
func TestPiecesDoNotMatter(t *testing.T) {
	leaves := make([]Leaf, 5000)
	for i := range leaves {
		leaves[i] = PutLeaf(KeyPath(fmt.Append(nil, i)), nil)
	}
	late, most := slices.Clone(leaves), slices.Clone(leaves)
	for i := range late {
		late[i].Path[0] = 0x13
		if i > 5 {
			most[i].Path[0] = 0x13
		}
	}
	for _, leaves := range [][]Leaf{leaves, late, most, leaves[:255], leaves[:256], leaves[:257], leaves[:2], leaves[:1], nil} {
		leaves = sortedLeaves(leaves...)
		if got, want := inPieces(leaves), subtree(leaves, 0); got != want {
			t.Errorf("the root of %d leaves in pieces is %v, want %v", len(leaves), got, want)
		}
	}
}

// TestJoinedSubtrees cuts trees at a depth and joins them again.
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
			if got, want := Join(subtrees), subtree(leaves, 0); got != want {
				t.Errorf("%d leaves, joined at depth %d, have root %v, want %v", n, depth, got, want)
			}
		}
	}
}

func TestJoinFillsUpWithNothing(t *testing.T) {
	low, high := Path{0x00}, Path{0x50} // 00 and 01: in the lower half of a tree
	a, b := DeleteLeaf(low), DeleteLeaf(high)
	want, err := ChangeRoot([]Leaf{a, b})
	if err != nil {
		t.Fatal(err)
	}
	subtrees := []Subtree{{a.Hash, 1}, {b.Hash, 1}, {}}
	if got := Join(subtrees); got != want {
		t.Errorf("three subtrees of four have root %v, want %v", got, want)
	}
	if got := Join(nil); !got.IsZero() {
		t.Errorf("no subtrees have root %v", got)
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

// TestLeavesAgainstDefinition compares leaves with their formulas, for lengths
// around those at which the implementation changes its ways.
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

func TestChangeRootRefuses(t *testing.T) {
	a, b := DeleteLeaf(Path{1}), DeleteLeaf(Path{2})
	for name, leaves := range map[string][]Leaf{
		"descending paths":       {b, a},
		"one path twice":         {a, a},
		"a hash that is zero":    {{Path: Path{1}}},
		"a zero hash at the end": {a, b, {Path: Path{3}}},
	} {
		if root, err := ChangeRoot(leaves); err == nil || !root.IsZero() {
			t.Errorf("%s: ChangeRoot returned %v and the error %v, want an error", name, root, err)
		}
	}
	if root, err := ChangeRoot(nil); err != nil || !root.IsZero() {
		t.Errorf("ChangeRoot of nothing returned %v and %v, want the zero ID", root, err)
	}
}

// TestLeavesDoNotAllocate holds for rows short enough for the stack.
func TestLeavesDoNotAllocate(t *testing.T) {
	key, row := []byte("acct-00000001"), bytes.Repeat([]byte("r"), 200)
	leaves := vectorAccounts()
	var sink Leaf
	got := testing.AllocsPerRun(100, func() {
		sink = PutLeaf(KeyPath(key), row)
		sink = DeleteLeaf(sink.Path)
		if _, err := ChangeRoot(leaves); err != nil {
			t.Error(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

func BenchmarkChangeRoot(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		leaves := make([]Leaf, n)
		for i := range leaves {
			leaves[i] = PutLeaf(KeyPath(fmt.Appendf(nil, "acct-%08d", i)), []byte("row"))
		}
		leaves = sortedLeaves(leaves...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ChangeRoot(leaves); err != nil {
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
