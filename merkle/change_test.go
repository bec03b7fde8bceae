package merkle

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// oracleChangeRoot computes a change root literally. The paths in leaves are
// strings of 256 binary digits; the leaves below prefix are split by the next
// digit until at most one leaf is left.
func oracleChangeRoot(changes []Change) ID {
	hash := func(parts ...[]byte) ID { return sha256.Sum256(slices.Concat(parts...)) }
	leaves := make(map[string]ID)
	for _, c := range changes {
		path := hash([]byte{1}, c.Key)
		value := hash([]byte{1}, c.Row)
		if c.Deleted {
			value = hash([]byte{0})
		}
		leaves[fmt.Sprintf("%0256b", new(big.Int).SetBytes(path[:]))] = hash([]byte{0}, path[:], value[:])
	}
	var root func(leaves map[string]ID, depth int) ID
	root = func(leaves map[string]ID, depth int) ID {
		if len(leaves) < 2 {
			for _, leaf := range leaves {
				return leaf
			}
			return ID{}
		}
		below := map[byte]map[string]ID{'0': {}, '1': {}}
		for path, leaf := range leaves {
			below[path[depth]][path] = leaf
		}
		left, right := root(below['0'], depth+1), root(below['1'], depth+1)
		return hash([]byte{1}, left[:], right[:])
	}
	return root(leaves, 0)
}

func TestChangeRootAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.SliceOfN(rapid.Byte(), 0, 5), 0, 400, func(b []byte) string { return string(b) }).Draw(t, "keys")
		changes := make([]Change, len(keys))
		for i, key := range keys {
			changes[i] = Change{Key: key, Deleted: rapid.Bool().Draw(t, "deleted")}
			if !changes[i].Deleted {
				changes[i].Row = rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "row")
			}
		}
		before := slices.Clone(changes)
		got, err := ChangeRoot(changes)
		if err != nil {
			t.Fatal(err)
		}
		if want := oracleChangeRoot(changes); got != want {
			t.Fatalf("the root is %v, want %v", got, want)
		}
		if !slices.EqualFunc(before, changes, func(a, b Change) bool { return bytes.Equal(a.Key, b.Key) }) {
			t.Fatal("ChangeRoot modified its argument")
		}
	})
}

// TestLargeChangeRoot computes a root on several processors.
func TestLargeChangeRoot(t *testing.T) {
	changes := make([]Change, 3000)
	for i := range changes {
		changes[i] = Change{Key: fmt.Append(nil, i), Row: fmt.Append(nil, i), Deleted: i%7 == 0}
	}
	got, err := ChangeRoot(changes)
	if want := oracleChangeRoot(changes); got != want || err != nil {
		t.Fatalf("the root is %v, %v, want %v", got, err, want)
	}
}

func TestChangeRootRefusesRepeatedKeys(t *testing.T) {
	changes := []Change{{Key: []byte("a"), Row: []byte("1")}, {Key: []byte("b")}, {Key: []byte("a"), Deleted: true}}
	root, err := ChangeRoot(changes)
	if err == nil || !root.IsZero() || !strings.Contains(err.Error(), `key "a" has several changes`) {
		t.Fatalf("ChangeRoot returned %v, %v", root, err)
	}
}

// The row of a deletion does not count.
func TestDeletedIgnoresRow(t *testing.T) {
	a, err1 := ChangeRoot([]Change{{Key: []byte("a"), Deleted: true}})
	b, err2 := ChangeRoot([]Change{{Key: []byte("a"), Row: []byte("1"), Deleted: true}})
	if a != b || err1 != nil || err2 != nil {
		t.Fatalf("roots %v and %v, errors %v and %v", a, b, err1, err2)
	}
}

func BenchmarkChangeRoot(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		changes := make([]Change, n)
		for i := range changes {
			changes[i] = Change{Key: fmt.Appendf(nil, "acct-%08d", i), Row: []byte("row")}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ChangeRoot(changes); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/change")
		})
	}
}
