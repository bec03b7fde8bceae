package codec_test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"pgregory.net/rapid"
)

// key has every kind of component, two of them descending as well. Its functions are written as the generator writes
// them.
type key struct {
	Flag   bool
	I8     int8
	I16    int16
	I32    int32
	I64    int64
	U8     uint8
	U16    uint16
	U32    uint32
	U64    uint64
	Name   string
	Hash   [3]byte
	At     time.Time
	Last   string    // descending
	Opened time.Time // descending
	Back   [2]byte   // descending
	Down   int16     // descending
}

func appendKey(dst []byte, k key) []byte {
	dst = codec.AppendKeyBool(dst, k.Flag)
	dst = codec.AppendKeyInt8(dst, k.I8)
	dst = codec.AppendKeyInt16(dst, k.I16)
	dst = codec.AppendKeyInt32(dst, k.I32)
	dst = codec.AppendKeyInt64(dst, k.I64)
	dst = codec.AppendKeyUint8(dst, k.U8)
	dst = codec.AppendKeyUint16(dst, k.U16)
	dst = codec.AppendKeyUint32(dst, k.U32)
	dst = codec.AppendKeyUint64(dst, k.U64)
	dst = codec.AppendKeyString(dst, k.Name)
	dst = codec.AppendKeyFixed(dst, k.Hash[:])
	dst = codec.AppendKeyTime(dst, k.At)
	from := len(dst)
	dst = codec.Descend(codec.AppendKeyString(dst, k.Last), from)
	from = len(dst)
	dst = codec.Descend(codec.AppendKeyTime(dst, k.Opened), from)
	from = len(dst)
	dst = codec.Descend(codec.AppendKeyFixed(dst, k.Back[:]), from)
	from = len(dst)
	return codec.Descend(codec.AppendKeyInt16(dst, k.Down), from)
}

func decodeKey(b []byte) (k key, err error) {
	r := codec.NewKeyReader(b)
	k.Flag = r.Bool()
	k.I8 = r.Int8()
	k.I16 = r.Int16()
	k.I32 = r.Int32()
	k.I64 = r.Int64()
	k.U8 = r.Uint8()
	k.U16 = r.Uint16()
	k.U32 = r.Uint32()
	k.U64 = r.Uint64()
	k.Name = r.String()
	r.Fixed(k.Hash[:])
	k.At = r.Time()
	k.Last = r.Descending().String()
	k.Opened = r.Descending().Time()
	r.Descending().Fixed(k.Back[:])
	k.Down = r.Descending().Int16()
	return k, r.Close()
}

// compareKeys is the order that the bytes must have, in Go's own terms.
func compareKeys(a, b key) int {
	return cmp.Or(
		cmp.Compare(bit(a.Flag), bit(b.Flag)),
		cmp.Compare(a.I8, b.I8), cmp.Compare(a.I16, b.I16), cmp.Compare(a.I32, b.I32), cmp.Compare(a.I64, b.I64),
		cmp.Compare(a.U8, b.U8), cmp.Compare(a.U16, b.U16), cmp.Compare(a.U32, b.U32), cmp.Compare(a.U64, b.U64),
		strings.Compare(a.Name, b.Name), bytes.Compare(a.Hash[:], b.Hash[:]), a.At.Compare(b.At),
		-strings.Compare(a.Last, b.Last), -a.Opened.Compare(b.Opened), -bytes.Compare(a.Back[:], b.Back[:]),
		-cmp.Compare(a.Down, b.Down),
	)
}

// An int in a key has 64 bits wherever it was written, and may not fit where it is read.
func TestIntsOfKeysFit(t *testing.T) {
	b := codec.AppendKeyUint64(codec.AppendKeyInt64(nil, int64(math.MinInt64)), uint64(math.MaxUint64))
	r := codec.NewKeyReader(b)
	i, u := r.Int(), r.Uint()
	if strconv.IntSize == 32 {
		want := "codec: key component 1 at byte 0: -9223372036854775808 does not fit into an int of this machine"
		if err := r.Close(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		return
	}
	if err := r.Close(); err != nil || int64(i) != math.MinInt64 || uint64(u) != math.MaxUint64 {
		t.Errorf("got %d, %d, %v", i, u, err)
	}
}

func bit(v bool) int {
	if v {
		return 1
	}
	return 0
}

func TestKeyVectors(t *testing.T) {
	at := func(sec, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }
	vectors := []struct {
		name string
		got  []byte
		want string
	}{
		{"false", codec.AppendKeyBool(nil, false), "00"},
		{"true", codec.AppendKeyBool(nil, true), "01"},
		{"int8 min", codec.AppendKeyInt8(nil, int8(-128)), "00"},
		{"int8 -1", codec.AppendKeyInt8(nil, int8(-1)), "7f"},
		{"int8 0", codec.AppendKeyInt8(nil, int8(0)), "80"},
		{"int8 max", codec.AppendKeyInt8(nil, int8(127)), "ff"},
		{"int16 -2", codec.AppendKeyInt16(nil, int16(-2)), "7ffe"},
		{"int32 1", codec.AppendKeyInt32(nil, int32(1)), "80000001"},
		{"int64 -1", codec.AppendKeyInt64(nil, int64(-1)), "7fffffffffffffff"},
		{"int 258", codec.AppendKeyInt64(nil, 258), "8000000000000102"},
		{"uint8", codec.AppendKeyUint8(nil, uint8(200)), "c8"},
		{"uint16", codec.AppendKeyUint16(nil, uint16(258)), "0102"},
		{"uint32", codec.AppendKeyUint32(nil, uint32(1)), "00000001"},
		{"uint64 max", codec.AppendKeyUint64(nil, uint64(math.MaxUint64)), "ffffffffffffffff"},
		{"uint 1", codec.AppendKeyUint64(nil, uint(1)), "0000000000000001"},
		{"empty string", codec.AppendKeyString(nil, ""), "0001"},
		{"string", codec.AppendKeyString(nil, "ab"), "61620001"},
		{"string of a zero byte", codec.AppendKeyString(nil, "\x00"), "00ff0001"},
		{"string ends with a zero byte", codec.AppendKeyString(nil, "a\x00"), "6100ff0001"},
		// FoundationDB's tuple layer escapes the body the same way: ("F\u00d4O\u0000bar") is 02 46c394 4f00ff626172 00 there.
		{"tuple layer's example", codec.AppendKeyString(nil, "F\u00d4O\x00bar"), "46c3944f00ff6261720001"},
		{"fixed", codec.AppendKeyFixed(nil, []byte{0, 1, 0xFF}), "0001ff"},
		{"epoch", codec.AppendKeyTime(nil, at(0, 0)), "800000000000000000000000"},
		{"a nanosecond before", codec.AppendKeyTime(nil, at(0, -1)), "7fffffffffffffff3b9ac9ff"},
		{"zero time", codec.AppendKeyTime(nil, time.Time{}), "7ffffff1886e090000000000"},
		{"location is not stored", codec.AppendKeyTime(nil, at(1, 0).In(time.FixedZone("", 3600))), "800000000000000100000000"},
		{"descending string", codec.Descend(codec.AppendKeyString(nil, "a"), 0), "9efffe"},
		{"descending from the middle", codec.Descend(codec.AppendKeyBool(codec.AppendKeyBool(nil, true), true), 1), "01fe"},
	}
	for _, v := range vectors {
		if got := hex.EncodeToString(v.got); got != v.want {
			t.Errorf("%s: got %s, want %s", v.name, got, v.want)
		}
	}
}

func TestKeyReaderRefuses(t *testing.T) {
	one := func(read func(r *codec.KeyReader)) func(b []byte) error {
		return func(b []byte) error {
			r := codec.NewKeyReader(b)
			read(&r)
			return r.Close()
		}
	}
	readBool := one(func(r *codec.KeyReader) { r.Bool() })
	readString := one(func(r *codec.KeyReader) { _ = r.String() })
	readTime := one(func(r *codec.KeyReader) { r.Time() })
	cases := []struct {
		name   string
		decode func(b []byte) error
		in     string
		want   string
	}{
		{"nothing", readBool, "", "codec: key component 1 at byte 0: needs 1 bytes, but 0 are left"},
		{"bool above 1", readBool, "02", "codec: key component 1 at byte 0: a bool is 00 or 01, not 02"},
		{"descending bool above 1", one(func(r *codec.KeyReader) { r.Descending().Bool() }), "01", "codec: key component 1 at byte 0: a bool is 00 or 01, not fe"},
		{"left over", readBool, "0100", "codec: key component 2 at byte 1: 1 bytes follow the end of the key"},
		{"short int", one(func(r *codec.KeyReader) { r.Int64() }), "80000000000000", "codec: key component 1 at byte 0: needs 8 bytes, but 7 are left"},
		{"short array", one(func(r *codec.KeyReader) { r.Fixed(make([]byte, 3)) }), "0102", "codec: key component 1 at byte 0: needs 3 bytes, but 2 are left"},
		{"open string", readString, "6162", "codec: key component 1 at byte 2: the string has no terminator 00 01"},
		{"string cut in its terminator", readString, "6100", "codec: key component 1 at byte 2: the string has no terminator 00 01"},
		{"bad escape", readString, "61000200", "codec: key component 1 at byte 2: invalid escape 00 02; only 00 ff and 00 01 are allowed"},
		{"invalid UTF-8", readString, "61ff0001", "codec: key component 1 at byte 0: the string is not valid UTF-8"},
		{"invalid UTF-8 beside an escape", readString, "00ff800001", "codec: key component 1 at byte 0: the string is not valid UTF-8"},
		{"ascending string read as descending", one(func(r *codec.KeyReader) { _ = r.Descending().String() }), "610001", "codec: key component 1 at byte 3: the string has no terminator 00 01"},
		{"a second of nanoseconds", readTime, "80000000000000003b9aca00", "codec: key component 1 at byte 8: 1000000000 nanoseconds are not less than a second"},
		{"seconds that wrap", readTime, "fffffff1886e090000000000", "codec: key component 1 at byte 0: the time is out of range: 9223371974719179008 seconds after 1970"},
		{"short time", readTime, "8000000000000000000000", "codec: key component 1 at byte 8: needs 4 bytes, but 3 are left"},
		{
			"the first fault sticks",
			one(func(r *codec.KeyReader) { r.Uint8(); r.Bool(); _ = r.String(); r.Fixed(make([]byte, 1)); r.Time() }),
			"0703", "codec: key component 2 at byte 1: a bool is 00 or 01, not 03",
		},
	}
	for _, c := range cases {
		err := c.decode(unhex(c.in))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if _, ok := errors.AsType[*codec.KeyError](err); !ok {
			t.Errorf("%s: the error is a %T, want a *KeyError", c.name, err)
		}
	}
}

func TestKeyReaderErrSeesNoRemainder(t *testing.T) {
	r := codec.NewKeyReader([]byte{1, 2})
	if v := r.Uint8(); v != 1 || r.Err() != nil {
		t.Fatalf("got %d, %v, want 1 and no error before Close", v, r.Err())
	}
	if r.Close() == nil || r.Err() == nil {
		t.Fatal("Close accepted a byte left over")
	}
}

func TestKeyReaderFixedLeavesTheRestAlone(t *testing.T) {
	dst := []byte{1, 2, 3, 4}
	r := codec.NewKeyReader([]byte{0xFF, 0xFE})
	r.Descending().Fixed(dst[:2])
	if err := r.Close(); err != nil || !bytes.Equal(dst, []byte{0, 1, 3, 4}) {
		t.Fatalf("got %v, %v", dst, err)
	}
}

// A component never is a prefix of another value's, so that composite keys sort component by component.
func TestKeyRoundTripOrderAndPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawKey(t, "a", key{})
		b := drawKey(t, "b", a)
		ea, eb := appendKey(nil, a), appendKey(nil, b)
		if got, err := decodeKey(ea); err != nil || got != a {
			t.Fatalf("decoded %+v, %v, want %+v", got, err, a)
		}
		if got, want := bytes.Compare(ea, eb), compareKeys(a, b); got != want {
			t.Fatalf("bytes compare as %d, keys as %d:\n%x\n%x", got, want, ea, eb)
		}
		if a != b && (bytes.HasPrefix(ea, eb) || bytes.HasPrefix(eb, ea)) {
			t.Fatalf("one key is a prefix of the other:\n%x\n%x", ea, eb)
		}
	})
}

// drawKey draws a key that shares some leading components with another, so that later ones decide the order as well.
func drawKey(t *rapid.T, label string, like key) key {
	k := key{
		Flag:   rapid.Bool().Draw(t, label+".Flag"),
		I8:     rapid.Int8().Draw(t, label+".I8"),
		I16:    rapid.Int16().Draw(t, label+".I16"),
		I32:    rapid.Int32().Draw(t, label+".I32"),
		I64:    rapid.Int64().Draw(t, label+".I64"),
		U8:     rapid.Uint8().Draw(t, label+".U8"),
		U16:    rapid.Uint16().Draw(t, label+".U16"),
		U32:    rapid.Uint32().Draw(t, label+".U32"),
		U64:    rapid.Uint64().Draw(t, label+".U64"),
		Name:   drawString(t, label+".Name"),
		Hash:   [3]byte(rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, label+".Hash")),
		At:     drawTime(t, label+".At"),
		Last:   drawString(t, label+".Last"),
		Opened: drawTime(t, label+".Opened"),
		Back:   [2]byte(rapid.SliceOfN(rapid.Byte(), 2, 2).Draw(t, label+".Back")),
		Down:   rapid.Int16().Draw(t, label+".Down"),
	}
	shared := rapid.IntRange(0, 16).Draw(t, label+" shares")
	share := []func(){
		func() { k.Flag = like.Flag }, func() { k.I8 = like.I8 }, func() { k.I16 = like.I16 },
		func() { k.I32 = like.I32 }, func() { k.I64 = like.I64 }, func() { k.U8 = like.U8 },
		func() { k.U16 = like.U16 }, func() { k.U32 = like.U32 }, func() { k.U64 = like.U64 },
		func() { k.Name = like.Name }, func() { k.Hash = like.Hash }, func() { k.At = like.At },
		func() { k.Last = like.Last }, func() { k.Opened = like.Opened }, func() { k.Back = like.Back },
		func() { k.Down = like.Down },
	}
	for _, f := range share[:shared] {
		f()
	}
	return k
}

// drawString draws from few letters, among them those with a meaning in keys, so that prefixes and escapes meet.
func drawString(t *rapid.T, label string) string {
	letters := rapid.SampledFrom([]rune{0, 1, 2, 'a', 'b', 0x7F, 0x80, 0xFF, 0x10FFFF})
	return string(rapid.SliceOfN(letters, 0, 5).Draw(t, label))
}

func drawTime(t *rapid.T, label string) time.Time {
	sec := rapid.OneOf(
		rapid.SampledFrom([]int64{0, -1, 1, -62135596800, math.MinInt64, math.MaxInt64 - 62135596800}),
		rapid.Int64Max(math.MaxInt64-62135596800),
	).Draw(t, label+" seconds")
	nsec := rapid.SampledFrom([]int64{0, 1, 999_999_999}).Draw(t, label+" nanoseconds")
	return time.Unix(sec, nsec).UTC()
}

// Sorting by bytes and sorting by value agree for strings that extend one another.
func TestKeyStringsSort(t *testing.T) {
	sorted := []string{"", "\x00", "\x00\x00", "\x00\x01", "\x01", "a", "a\x00", "a\x00\x00", "a\x00b", "a\x01", "aa", "b", "\u00ff"}
	var up, down [][]byte
	for _, s := range sorted {
		up = append(up, codec.AppendKeyString(nil, s))
		down = append(down, codec.Descend(codec.AppendKeyString(nil, s), 0))
	}
	if !slices.IsSortedFunc(up, bytes.Compare) {
		t.Errorf("ascending encodings are out of order: %x", up)
	}
	slices.Reverse(down)
	if !slices.IsSortedFunc(down, bytes.Compare) {
		t.Errorf("descending encodings are out of order: %x", down)
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}
