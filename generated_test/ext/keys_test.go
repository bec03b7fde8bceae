package ext

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/orderedcode"
	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// text is a string with the bytes that encodings treat in a way of their own.
var text = rapid.StringOfN(rapid.RuneFrom([]rune{0, 1, 'a', 'b', 0xFE, 0xFF, 0x100}), 0, 4, -1)

// TestStringsSortAsOrderedcode compares pairs of strings, each ascending or
// descending, in both encodings.
func TestStringsSortAsOrderedcode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		descending := []bool{rapid.Bool().Draw(t, "first descends"), rapid.Bool().Draw(t, "second descends")}
		var ours, theirs [2][]byte
		for i := range 2 {
			for _, down := range descending {
				s := text.Draw(t, "string")
				start := len(ours[i])
				ours[i] = codec.AppendKeyString(ours[i], s)
				var item any = s
				if down {
					ours[i] = codec.Descend(ours[i], start)
					item = orderedcode.Decr(s)
				}
				var err error
				if theirs[i], err = orderedcode.Append(theirs[i], item); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, want := bytes.Compare(ours[0], ours[1]), bytes.Compare(theirs[0], theirs[1]); got != want {
			t.Fatalf("%x and %x compare as %d, orderedcode's %x and %x as %d", ours[0], ours[1], got, theirs[0], theirs[1], want)
		}
	})
}

// TestIntegersSortAsOrderedcode does so with numbers, whose bytes differ.
func TestIntegersSortAsOrderedcode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		x, errX := orderedcode.Append(nil, a)
		y, errY := orderedcode.Append(nil, b)
		if err := cmp.Or(errX, errY); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Compare(codec.AppendKeyInt64(nil, a), codec.AppendKeyInt64(nil, b)); got != bytes.Compare(x, y) {
			t.Fatalf("%d and %d compare as %d", a, b, got)
		}
	})
}

// TestStringsEscapeAsTuples has the vectors of FoundationDB's specification of
// tuples, of which the escape is taken: without the type before it, and with
// orderedcode's terminator in place of a zero byte.
func TestStringsEscapeAsTuples(t *testing.T) {
	for s, tuple := range map[string]string{
		"foo\x00bar":        "01666f6f00ff62617200",
		"F\u00d4O\u0000bar": "0246c3944f00ff62617200",
		"":                  "0100",
	} {
		want, err := hex.DecodeString(tuple)
		if err != nil {
			t.Fatal(err)
		}
		if got := codec.AppendKeyString(nil, s); !bytes.Equal(got, slices.Concat(want[1:], []byte{1})) {
			t.Errorf("%q is %x, as a tuple %s", s, got, tuple)
		}
	}
}
