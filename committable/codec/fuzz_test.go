package codec_test

import (
	"bytes"
	"testing"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// FuzzRowCanonical: a row that decodes encodes to the same bytes again.
func FuzzRowCanonical(f *testing.F) {
	v := fullReading()
	f.Add(appendReading(nil, &v))
	for _, v := range readingVectors() {
		f.Add(unhex(v.want))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkCanonical(t, b) })
}

// FuzzKeyRoundTrip: whatever decodes as a key encodes to the same bytes again.
func FuzzKeyRoundTrip(f *testing.F) {
	f.Add(appendKey(nil, key{}))
	f.Add(appendKey(nil, key{Flag: true, I64: -1, Name: "a\x00b", Last: "\x00"}))
	f.Add(appendKey(nil, key{U64: 1 << 63, Name: "é", Last: "z", Back: [2]byte{0, 255}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := decodeKey(b)
		if err != nil {
			return
		}
		if again := appendKey(nil, k); !bytes.Equal(again, b) {
			t.Fatalf("accepted % x\nbut encodes as % x", b, again)
		}
	})
}

// FuzzKeyOrder: keys compare as what they encode, and none is a prefix of another.
func FuzzKeyOrder(f *testing.F) {
	one := appendKey(nil, key{Flag: true, I64: -1, Name: "a", Last: "a"})
	f.Add(one, appendKey(nil, key{Flag: true, I64: -1, Name: "a\x00", Last: "a"}))
	f.Add(one, appendKey(nil, key{Flag: true, I64: -1, Name: "a", Last: "a\x00"}))
	f.Add(one, appendKey(nil, key{Flag: true, I64: 1, Name: "a", Last: "a"}))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, errX := decodeKey(a)
		y, errY := decodeKey(b)
		if errX != nil || errY != nil {
			return
		}
		if got, want := bytes.Compare(a, b), compareKeys(x, y); got != want {
			t.Fatalf("bytes compare as %d, keys as %d:\n% x\n% x", got, want, a, b)
		}
		if !bytes.Equal(a, b) && bytes.HasPrefix(a, b) {
			t.Fatalf("% x starts with the key % x", a, b)
		}
	})
}

// FuzzKeyStringOrder: strings compare in keys as Go compares them, whatever bytes are in them.
func FuzzKeyStringOrder(f *testing.F) {
	f.Add("", "\x00")
	f.Add("a", "a\x00")
	f.Add("a\x00", "a\x01")
	f.Add("\xff", "\xff\x00")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := codec.AppendKeyString(nil, a), codec.AppendKeyString(nil, b)
		if got, want := bytes.Compare(x, y), bytes.Compare([]byte(a), []byte(b)); got != want {
			t.Fatalf("bytes compare as %d, strings as %d: %q %q", got, want, a, b)
		}
		if a != b && (bytes.HasPrefix(x, y) || bytes.HasPrefix(y, x)) {
			t.Fatalf("one is a prefix of the other: %q %q", a, b)
		}
	})
}
