package codec_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"pgregory.net/rapid"
)

// reading is a row with every type of field that this package encodes.
type reading struct {
	Name   name
	Valid  bool
	I8     int8
	I16    int16
	I32    int32
	I64    int64
	I      int
	U8     uint8
	U16    uint16
	U32    uint32
	U64    uint64
	U      uint
	F32    float32
	F64    float64
	Blob   []byte
	Hash   [4]byte
	Opened time.Time
	Place  place
}

type name string

type place struct {
	Name string
	Zip  uint32
}

func appendReading(dst []byte, v *reading) []byte {
	dst = codec.AppendString(dst, 1, v.Name)
	dst = codec.AppendBool(dst, 2, v.Valid)
	dst = codec.AppendInt(dst, 3, v.I8)
	dst = codec.AppendInt(dst, 4, v.I16)
	dst = codec.AppendInt(dst, 5, v.I32)
	dst = codec.AppendInt(dst, 6, v.I64)
	dst = codec.AppendInt(dst, 7, v.I)
	dst = codec.AppendUint(dst, 8, v.U8)
	dst = codec.AppendUint(dst, 9, v.U16)
	dst = codec.AppendUint(dst, 10, v.U32)
	dst = codec.AppendUint(dst, 11, v.U64)
	dst = codec.AppendUint(dst, 12, v.U)
	dst = codec.AppendFloat(dst, 13, v.F32)
	dst = codec.AppendFloat(dst, 14, v.F64)
	dst = codec.AppendBytes(dst, 15, v.Blob)
	dst = codec.AppendFixed(dst, 16, v.Hash[:])
	dst = codec.AppendTime(dst, 17, v.Opened)
	return codec.AppendMessage(dst, 18, &v.Place, appendPlace)
}

func decodeReading(b []byte, v *reading) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.Name = name(d.String())
		case 2:
			v.Valid = d.Bool()
		case 3:
			v.I8 = d.Int8()
		case 4:
			v.I16 = d.Int16()
		case 5:
			v.I32 = d.Int32()
		case 6:
			v.I64 = d.Int64()
		case 7:
			v.I = d.Int()
		case 8:
			v.U8 = d.Uint8()
		case 9:
			v.U16 = d.Uint16()
		case 10:
			v.U32 = d.Uint32()
		case 11:
			v.U64 = d.Uint64()
		case 12:
			v.U = d.Uint()
		case 13:
			v.F32 = d.Float32()
		case 14:
			v.F64 = d.Float64()
		case 15:
			v.Blob = d.Bytes()
		case 16:
			d.Fixed(v.Hash[:])
		case 17:
			v.Opened = d.Time()
		case 18:
			codec.DecodeMessage(&d, &v.Place, decodePlace)
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func appendPlace(dst []byte, v *place) []byte {
	dst = codec.AppendString(dst, 1, v.Name)
	return codec.AppendUint(dst, 2, v.Zip)
}

func decodePlace(b []byte, v *place) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.Name = d.String()
		case 2:
			v.Zip = d.Uint32()
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func encodeReading(v reading) []byte { return appendReading(nil, &v) }

// fullReading has no zero field.
func fullReading() reading {
	return reading{
		Name: "name", Valid: true, I8: -1, I16: -2, I32: -3, I64: -4, I: -5, U8: 1, U16: 2, U32: 3, U64: 4, U: 5, F32: 0.5, F64: -0.5,
		Blob: []byte{1, 2}, Hash: [4]byte{3}, Opened: time.Unix(1, 2).UTC(), Place: place{Name: "place", Zip: 6},
	}
}

type readingVector struct {
	name string
	row  reading
	want string // hex
}

// readingVectors are worked out by hand from the protobuf encoding specification and the rules in the package doc.
func readingVectors() []readingVector {
	return []readingVector{
		{"zero row", reading{}, ""},
		{"string", reading{Name: "hi"}, "0a 02 6869"},
		{"bool", reading{Valid: true}, "10 01"},
		{"int8 min", reading{I8: math.MinInt8}, "18 ff01"},
		{"int16 max", reading{I16: math.MaxInt16}, "20 feff03"},
		{"int32 -1", reading{I32: -1}, "28 01"},
		{"int64 min", reading{I64: math.MinInt64}, "30 ffffffffffffffffff01"},
		{"int 1", reading{I: 1}, "38 02"},
		{"uint8 max", reading{U8: 255}, "40 ff01"},
		{"uint16", reading{U16: 300}, "48 ac02"},
		{"uint32 1", reading{U32: 1}, "50 01"},
		{"uint64 max", reading{U64: math.MaxUint64}, "58 ffffffffffffffffff01"},
		{"uint 127", reading{U: 127}, "60 7f"},
		{"float32", reading{F32: 1}, "6d 0000803f"},
		{"float64", reading{F64: -2.5}, "71 00000000000004c0"},
		{"negative zeros", reading{F32: float32(math.Copysign(0, -1)), F64: math.Copysign(0, -1)}, ""},
		{"bytes", reading{Blob: []byte{0}}, "7a 01 00"},
		{"empty bytes", reading{Blob: []byte{}}, ""},
		{"fixed", reading{Hash: [4]byte{0, 0, 0, 1}}, "8201 04 00000001"},
		{"time", reading{Opened: time.Unix(1, 5)}, "8a01 04 0802 1005"},
		{"time at the epoch is an empty message", reading{Opened: time.Unix(0, 0)}, "8a01 00"},
		{"message", reading{Place: place{Name: "s", Zip: 300}}, "9201 06 0a0173 10ac02"},
		{"fields ascend", reading{Name: "a", Valid: true, U: 1}, "0a0161 1001 6001"},
	}
}

func TestRowVectors(t *testing.T) {
	for _, v := range readingVectors() {
		want := unhex(v.want)
		got := encodeReading(v.row)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", v.name, got, want)
			continue
		}
		var back reading
		if err := decodeReading(got, &back); err != nil {
			t.Errorf("%s: decoding: %v", v.name, err)
		}
		if again := encodeReading(back); !bytes.Equal(again, want) {
			t.Errorf("%s: decoded and encoded again: %x, want %x", v.name, again, want)
		}
	}
}

// Package gencode tests the rest of what a Decoder refuses.
func TestDecoderRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"unknown field", "9801 01", "codec: row field 19 at byte 0: unknown field; the row may have a newer schema"},
		{"descending fields", "1001 0a0161", "codec: row field 1 at byte 2: fields must ascend, but this one follows field 2"},
		{"field twice", "1001 1001", "codec: row field 2 at byte 2: duplicate field"},
		{"wire type 0 for a string", "08 01", "codec: row field 1 at byte 0: has wire type 0, but its type needs 2"},
		{"long value", "10 8100", "codec: row field 2 at byte 1: the varint is longer than its value needs"},
		{"string cut off", "0a 0361 61", "codec: row field 1 at byte 1: claims 3 bytes, but 2 are left"},
		{"false", "10 00", "codec: row field 2 at byte 0: a zero value must be left out"},
		{"empty message", "9201 00", "codec: row field 18 at byte 0: a zero value must be left out"},
		{"bool above 1", "10 02", "codec: row field 2 at byte 1: a bool is 0 or 1, not 2"},
		{"invalid UTF-8", "0a 01 ff", "codec: row field 1 at byte 1: the string is not valid UTF-8"},
		{"short array", "8201 03 000001", "codec: row field 16 at byte 3: has 3 bytes, but its type needs 4"},
		{"not a number", "6d 0000c07f", "codec: row field 13 at byte 1: NaN is not allowed"},
		{"negative zero", "71 0000000000000080", "codec: row field 14 at byte 1: negative zero is not allowed"},
		{"a second of nanoseconds", "8a01 06 108094ebdc03", "codec: row field 17.2 at byte 4: 1000000000 nanoseconds are not less than a second"},
		{"zero in a message", "9201 02 1000", "codec: row field 18.2 at byte 3: a zero value must be left out"},
	} {
		err := decodeReading(unhex(c.in), new(reading))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if _, ok := errors.AsType[*codec.RowError](err); !ok {
			t.Errorf("%s: the error is a %T, want a *RowError", c.name, err)
		}
	}
}

func TestNarrowIntegers(t *testing.T) {
	read := func(v []byte, get func(d *codec.Decoder) any) (any, error) {
		d := codec.NewDecoder(v)
		d.Next()
		got := get(&d)
		return got, d.Err()
	}
	cases := []struct {
		name string
		get  func(d *codec.Decoder) any
		fit  []any    // encoded as fields, each must come back
		miss [][]byte // must not
	}{
		{"int8", func(d *codec.Decoder) any { return d.Int8() }, []any{int8(-128), int8(127)}, [][]byte{codec.AppendInt(nil, 1, -129), codec.AppendInt(nil, 1, 128)}},
		{"int16", func(d *codec.Decoder) any { return d.Int16() }, []any{int16(-32768), int16(32767)}, [][]byte{codec.AppendInt(nil, 1, -32769), codec.AppendInt(nil, 1, 32768)}},
		{"int32", func(d *codec.Decoder) any { return d.Int32() }, []any{int32(math.MinInt32), int32(math.MaxInt32)}, [][]byte{codec.AppendInt(nil, 1, int64(math.MinInt32)-1), codec.AppendInt(nil, 1, int64(math.MaxInt32)+1)}},
		{"int64", func(d *codec.Decoder) any { return d.Int64() }, []any{int64(math.MinInt64), int64(math.MaxInt64)}, nil},
		{"uint8", func(d *codec.Decoder) any { return d.Uint8() }, []any{uint8(255)}, [][]byte{codec.AppendUint(nil, 1, uint(256))}},
		{"uint16", func(d *codec.Decoder) any { return d.Uint16() }, []any{uint16(65535)}, [][]byte{codec.AppendUint(nil, 1, uint(65536))}},
		{"uint32", func(d *codec.Decoder) any { return d.Uint32() }, []any{uint32(math.MaxUint32)}, [][]byte{codec.AppendUint(nil, 1, uint64(math.MaxUint32)+1)}},
		{"uint64", func(d *codec.Decoder) any { return d.Uint64() }, []any{uint64(math.MaxUint64)}, nil},
	}
	encode := func(v any) []byte {
		switch v := v.(type) {
		case int8:
			return codec.AppendInt(nil, 1, v)
		case int16:
			return codec.AppendInt(nil, 1, v)
		case int32:
			return codec.AppendInt(nil, 1, v)
		case int64:
			return codec.AppendInt(nil, 1, v)
		case uint8:
			return codec.AppendUint(nil, 1, v)
		case uint16:
			return codec.AppendUint(nil, 1, v)
		case uint32:
			return codec.AppendUint(nil, 1, v)
		default:
			return codec.AppendUint(nil, 1, v.(uint64))
		}
	}
	for _, c := range cases {
		for _, want := range c.fit {
			if got, err := read(encode(want), c.get); err != nil || got != want {
				t.Errorf("%s: got %v, %v, want %v", c.name, got, err, want)
			}
		}
		for _, b := range c.miss {
			if got, err := read(b, c.get); err == nil {
				t.Errorf("%s: accepted %x as %v", c.name, b, got)
			}
		}
	}
}

// A loop that forgets to read a field, or reads one twice, must not take a value for a tag or the other way around.
func TestDecoderMisuse(t *testing.T) {
	d := codec.NewDecoder(unhex("0802 1002"))
	if d.Int64(); d.Err() == nil {
		t.Error("read a value before Next")
	}
	d = codec.NewDecoder(unhex("0802 1002"))
	if d.Next(); d.Next() {
		t.Error("Next went on although the field was not read")
	}
	if want := "codec: row field 1 at byte 0: the field was not read; read it, or call Unknown"; d.Err() == nil || d.Err().Error() != want {
		t.Errorf("got %v, want %s", d.Err(), want)
	}
	d = codec.NewDecoder(unhex("0802 1002"))
	d.Next()
	if d.Int64(); d.Int64() != 0 || d.Err() == nil {
		t.Error("read a value twice")
	}
	if d.Next() {
		t.Error("Next went on after a fault")
	}
}

func TestForeignErrorIsTheCause(t *testing.T) {
	foreign := errors.New("not my bytes")
	d := codec.NewDecoder(unhex("2001 42 01 00"))
	d.Next()
	d.Bool()
	d.Next()
	codec.DecodeMessage(&d, new(int), func([]byte, *int) error { return foreign })
	if !errors.Is(d.Err(), foreign) {
		t.Errorf("%v does not wrap the cause", d.Err())
	}
	if want := "codec: row field 8 at byte 4: not my bytes"; d.Err().Error() != want {
		t.Errorf("got %v, want %s", d.Err(), want)
	}
}

func TestRowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := reading{
			Name: name(drawString(t, "Name")), Valid: rapid.Bool().Draw(t, "Valid"),
			I8: rapid.Int8().Draw(t, "I8"), I16: rapid.Int16().Draw(t, "I16"), I32: rapid.Int32().Draw(t, "I32"), I64: rapid.Int64().Draw(t, "I64"), I: rapid.Int().Draw(t, "I"),
			U8: rapid.Uint8().Draw(t, "U8"), U16: rapid.Uint16().Draw(t, "U16"), U32: rapid.Uint32().Draw(t, "U32"), U64: rapid.Uint64().Draw(t, "U64"), U: rapid.Uint().Draw(t, "U"),
			F32: rapid.Float32().Draw(t, "F32"), F64: rapid.Float64().Draw(t, "F64"),
			Blob: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "Blob"), Hash: [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "Hash")),
			Opened: drawTime(t, "Opened"), Place: place{Name: drawString(t, "Place.Name"), Zip: rapid.Uint32().Draw(t, "Place.Zip")},
		}
		b := encodeReading(v)
		var got reading
		if err := decodeReading(b, &got); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !bytes.Equal(got.Blob, v.Blob) {
			t.Fatalf("Blob came back as %x, not %x", got.Blob, v.Blob)
		}
		got.Blob, v.Blob = nil, nil
		if !reflect.DeepEqual(got, v) {
			t.Fatalf("%+v came back as %+v", v, got)
		}
		for n := range len(b) {
			checkCanonical(t, b[:n])
		}
		if len(b) > 0 {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "flipped byte")] ^= rapid.ByteMin(1).Draw(t, "flip")
			checkCanonical(t, b)
		}
	})
}

// checkCanonical checks that b is refused or encodes to the same bytes again.
func checkCanonical(t interface{ Fatalf(string, ...any) }, b []byte) {
	var v reading
	if decodeReading(b, &v) != nil {
		return
	}
	if again := encodeReading(v); !bytes.Equal(again, b) {
		t.Fatalf("accepted % x\nbut encodes as % x", b, again)
	}
}
