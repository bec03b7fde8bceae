package gencode_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rowVectors are worked out by hand from the protobuf encoding specification and the rules in the package doc.
func rowVectors() []rowVector {
	epoch := time.Unix(0, 0).UTC()
	long := strings.Repeat("x", 200)
	return []rowVector{
		{"zero row", order{}, ""},
		{"string", order{ID: "hi"}, "0a 02 6869"},
		{"uint", order{Kind: 200}, "10 c801"},
		{"int 1", order{Total: 1}, "18 02"},
		{"int -1", order{Total: -1}, "18 01"},
		{"int min", order{Total: math.MinInt64}, "18 ffffffffffffffffff01"},
		{"int max", order{Total: math.MaxInt64}, "18 feffffffffffffffff01"},
		{"bool", order{Paid: true}, "20 01"},
		{"time", order{Opened: time.Unix(1, 5)}, "2a 04 0802 1005"},
		{"time at the epoch is an empty message", order{Opened: epoch}, "2a 00"},
		{"time before the epoch", order{Opened: time.Unix(-1, 999_999_999)}, "2a 08 0801 10ff93ebdc03"},
		{"fixed", order{Hash: [4]byte{0, 0, 0, 1}}, "32 04 00000001"},
		{"bytes", order{Blob: blob{0}}, "3a 01 00"},
		{"message", order{Address: address{Street: "s", Zip: 300}}, "42 06 0a0173 10ac02"},
		{"message with a long length", order{Address: address{Street: long, Zip: 1}}, "42 cd01 0ac801" + hex.EncodeToString([]byte(long)) + "1001"},
		{"packed ints", order{Scores: []int16{0, -1, 150}}, "4a 04 00 01 ac02"},
		{"strings", order{Labels: []label{"a", "", "b"}}, "52 01 61  52 00  52 01 62"},
		{"messages", order{Lines: []line{{}, {SKU: "k", Qty: -2}}}, "5a 00  5a 05 0a016b 1003"},
		{"byte slices", order{Chunks: []blob{nil, {1}}}, "62 00  62 01 01"},
		{"packed bools", order{Flags: []bool{false, true}}, "6a 02 00 01"},
		{"packed uints", order{Counts: []uint32{0, 300}}, "72 03 00 ac02"},
		{"times", order{Times: []time.Time{epoch, time.Unix(2, 0)}}, "7a 00  7a 02 0804"},
		{"a zero time in a list is its seconds", order{Times: []time.Time{{}}}, "7a 07 08ffdb8ff9ce03"},
		{"nested lists", order{Grid: [][]int{nil, {0}, {1, 2}}}, "8201 00  8201 03 0a0100  8201 04 0a020204"},
		{"fixed elements", order{Hashes: [][4]byte{{}, {1}}}, "8a01 04 00000000  8a01 04 01000000"},
		{"int array", order{Vector: [3]int64{0, 0, 1}}, "9201 03 00 00 02"},
		{"string array", order{Names: [2]string{"", "a"}}, "9a01 00  9a01 01 61"},
		{"message array", order{Pair: [2]line{{}, {Qty: 1}}}, "a201 00  a201 02 1002"},
		{"fixed array", order{Roots: [2][4]byte{{}, {9}}}, "aa01 04 00000000  aa01 04 09000000"},
		{"time array", order{When: [2]time.Time{epoch}}, "b201 00  b201 07 08ffdb8ff9ce03"},
		{"byte slice array", order{Parts: [2][]byte{{7}}}, "ba01 01 07  ba01 00"},
		{"bool array", order{Bits: [3]bool{true}}, "c201 03 01 00 00"},
		{"uint array", order{Ports: [2]uint16{0, 128}}, "ca01 03 00 8001"},
		{"optional empty message", order{Gift: &line{}}, "d201 00"},
		{"optional message", order{Gift: &line{Qty: 1}}, "d201 02 1002"},
		{"optional zero int", order{Limit: new(int64)}, "d801 00"},
		{"duration", order{Wait: time.Second}, "e001 80a8d6b907"},
		{"nested array", order{Matrix: [2][2]int8{{}, {0, -1}}}, "ea01 00  ea01 04 0a02 0001"},
		{"optional empty string", order{Note: new(string)}, "f201 00"},
		{"optional zero time", order{Due: new(time.Time)}, "fa01 07 08ffdb8ff9ce03"},
		{"optional epoch", order{Due: &epoch}, "fa01 00"},
		{"optional zero bytes", order{Root: new([4]byte)}, "8202 04 00000000"},
		{"optional false", order{Open: new(bool)}, "8802 00"},
		{"optional uint", order{Stock: new(uint(300))}, "9002 ac02"},
		{"empty slices are left out", order{Blob: blob{}, Scores: []int16{}, Labels: []label{}, Lines: []line{}, Grid: [][]int{}}, ""},
		{"fields ascend", order{ID: "a", Paid: true, Wait: 1}, "0a0161 2001 e00102"},
	}
}

type rowVector struct {
	name string
	row  order
	want string // hex
}

func TestRowVectors(t *testing.T) {
	for _, v := range rowVectors() {
		want := unhex(v.want)
		got := encodeOrder(v.row)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", v.name, got, want)
			continue
		}
		var back order
		if err := decodeOrder(got, &back); err != nil {
			t.Errorf("%s: decoding: %v", v.name, err)
		}
		if again := encodeOrder(back); !bytes.Equal(again, want) {
			t.Errorf("%s: decoded and encoded again: %x, want %x", v.name, again, want)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	for _, v := range rowVectors() {
		dst := append(make([]byte, 0, 3), 1, 2, 3) // no room, so that growing is part of it
		if got, want := appendOrder(dst, &v.row), append([]byte{1, 2, 3}, unhex(v.want)...); !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", v.name, got, want)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	cases := []struct {
		name string
		in   string
		want string
	}{
		{"unknown field", "9802 01", "codec: row field 35 at byte 0: unknown field; the row may have a newer schema"},
		{"field number 0", "00 01", "codec: row at byte 0: invalid field number 0"},
		{"field number too large", "8080808010 01", "codec: row at byte 0: invalid field number 536870912"},
		{"descending fields", "2001 1801", "codec: row field 3 at byte 2: fields must ascend, but this one follows field 4"},
		{"field twice", "1801 1801", "codec: row field 3 at byte 2: duplicate field"},
		{"message twice", "42021001 42021001", "codec: row field 8 at byte 4: duplicate field"},
		{"packed field twice", "4a0101 4a0101", "codec: row field 9 at byte 3: duplicate field"},
		{"repeated field goes on later", "520161 5a00 520161", "codec: row field 10 at byte 5: fields must ascend, but this one follows field 11"},
		{"wire type 0 for a string", "08 01", "codec: row field 1 at byte 0: has wire type 0, but its type needs 2"},
		{"wire type 2 for an int", "1a 00", "codec: row field 3 at byte 0: has wire type 2, but its type needs 0"},
		{"wire type 5 for an int", "1d 01000000", "codec: row field 3 at byte 0: has wire type 5, but its type needs 0"},
		{"wire type 0 for a packed field", "48 01", "codec: row field 9 at byte 0: has wire type 0, but its type needs 2"},
		{"wire type 0 for strings", "50 01", "codec: row field 10 at byte 0: has wire type 0, but its type needs 2"},
		{"wire type 0 for an array", "9001 01", "codec: row field 18 at byte 0: has wire type 0, but its type needs 2"},
		{"wire type 0 in a list", "520161 5001", "codec: row field 10 at byte 3: duplicate field"},
		{"long tag", "8a00 0161", "codec: row at byte 0: the varint is longer than its value needs"},
		{"long tag in a list", "52016 1d2000161", "codec: row at byte 3: the varint is longer than its value needs"},
		{"long value", "18 8200", "codec: row field 3 at byte 1: the varint is longer than its value needs"},
		{"long length", "0a 810061", "codec: row field 1 at byte 1: the varint is longer than its value needs"},
		{"long packed element", "4a 03 028100", "codec: row field 9 at byte 3: the varint is longer than its value needs"},
		{"long zero", "18 8000", "codec: row field 3 at byte 1: the varint is longer than its value needs"},
		{"65 bits", "18 ffffffffffffffffff02", "codec: row field 3 at byte 1: the varint does not fit into 64 bits"},
		{"eleven bytes", "18 8080808080808080808001", "codec: row field 3 at byte 1: the varint does not fit into 64 bits"},
		{"tag cut off", "82", "codec: row at byte 0: truncated varint"},
		{"value cut off", "18 80", "codec: row field 3 at byte 1: truncated varint"},
		{"value missing", "18", "codec: row field 3 at byte 1: truncated varint"},
		{"length missing", "0a", "codec: row field 1 at byte 1: truncated varint"},
		{"string cut off", "0a 0361 61", "codec: row field 1 at byte 1: claims 3 bytes, but 2 are left"},
		{"huge length", "0a ffffffffffffffffff01", "codec: row field 1 at byte 1: claims 18446744073709551615 bytes, but 0 are left"},
		{"list cut off", "520161 520261", "codec: row field 10 at byte 4: claims 2 bytes, but 1 are left"},
		{"packed element cut off", "4a 0281 80", "codec: row field 9 at byte 4: truncated varint"},
		{"false", "20 00", "codec: row field 4 at byte 0: a zero value must be left out"},
		{"zero int", "18 00", "codec: row field 3 at byte 0: a zero value must be left out"},
		{"zero uint", "10 00", "codec: row field 2 at byte 0: a zero value must be left out"},
		{"empty string", "0a 00", "codec: row field 1 at byte 0: a zero value must be left out"},
		{"empty bytes", "3a 00", "codec: row field 7 at byte 0: a zero value must be left out"},
		{"zero fixed", "32 0400000000", "codec: row field 6 at byte 0: a zero value must be left out"},
		{"zero time", "2a 07 08ffdb8ff9ce03", "codec: row field 5 at byte 0: a zero value must be left out"},
		{"empty message", "42 00", "codec: row field 8 at byte 0: a zero value must be left out"},
		{"empty packed field", "4a 00", "codec: row field 9 at byte 0: a zero value must be left out"},
		{"zero int array", "9201 03 000000", "codec: row field 18 at byte 0: a zero value must be left out"},
		{"zero bool array", "c201 03 000000", "codec: row field 24 at byte 0: a zero value must be left out"},
		{"zero uint array", "ca01 02 0000", "codec: row field 25 at byte 0: a zero value must be left out"},
		{"zero string array", "9a0100 9a0100", "codec: row field 19 at byte 0: a zero value must be left out"},
		{"zero message array", "a20100 a20100", "codec: row field 20 at byte 0: a zero value must be left out"},
		{"zero fixed array", "aa010400000000 aa010400000000", "codec: row field 21 at byte 0: a zero value must be left out"},
		{"zero time array", "b2010708ffdb8ff9ce03 b2010708ffdb8ff9ce03", "codec: row field 22 at byte 0: a zero value must be left out"},
		{"zero byte slice array", "ba0100 ba0100", "codec: row field 23 at byte 0: a zero value must be left out"},
		{"short int array", "9201 02 0001", "codec: row field 18 at byte 2: has 2 elements, but its array needs 3"},
		{"long int array", "9201 04 00000001", "codec: row field 18 at byte 2: has 4 elements, but its array needs 3"},
		{"short string array", "9a010161", "codec: row field 19 at byte 2: has 1 elements, but its array needs 2"},
		{"long message array", "a20100 a20100 a201021002", "codec: row field 20 at byte 2: has 3 elements, but its array needs 2"},
		{"short fixed", "32 03 000001", "codec: row field 6 at byte 2: has 3 bytes, but its type needs 4"},
		{"long fixed", "32 05 0000000001", "codec: row field 6 at byte 2: has 5 bytes, but its type needs 4"},
		{"short fixed element", "8a01 03 000001", "codec: row field 17 at byte 3: has 3 bytes, but its type needs 4"},
		{"bool above 1", "20 02", "codec: row field 4 at byte 1: a bool is 0 or 1, not 2"},
		{"packed bool above 1", "6a 02 0102", "codec: row field 13 at byte 3: a bool is 0 or 1, not 2"},
		{"uint8 of 256", "10 8002", "codec: row field 2 at byte 1: 256 does not fit into the 8 bits of its type"},
		{"int16 of 32768 in a list", "4a 03 808004", "codec: row field 9 at byte 2: 32768 does not fit into the element's type"},
		{"uint16 of 65536 in an array", "ca01 04 00808004", "codec: row field 25 at byte 4: 65536 does not fit into the element's type"},
		{"invalid UTF-8", "0a 01 ff", "codec: row field 1 at byte 1: the string is not valid UTF-8"},
		{"invalid UTF-8 in a list", "520161 5201c0", "codec: row field 10 at byte 4: the string is not valid UTF-8"},
		{"a second of nanoseconds", "2a 06 1080 94ebdc03", "codec: row field 5.2 at byte 3: 1000000000 nanoseconds are not less than a second"},
		{"zero seconds", "2a 04 0800 1001", "codec: row field 5.1 at byte 2: a zero value must be left out"},
		{"seconds that wrap", "2a 0b 08feffffffffffffffff01", "codec: row field 5.1 at byte 3: the time is out of range: 9223372036854775807 seconds after 1970"},
		{"unknown field of a time", "2a 02 1801", "codec: row field 5.3 at byte 2: unknown field; the row may have a newer schema"},
		{"unknown field of a message", "2001 42 02 2001", "codec: row field 8.4 at byte 4: unknown field; the row may have a newer schema"},
		{"deep fault", "2001 42 04 1a021080", "codec: row field 8.3.2 at byte 7: truncated varint"},
		{"fault in the second element", "5a021002 5a021000", "codec: row field 11.2 at byte 6: a zero value must be left out"},
		{"empty list in a wrapper", "820102 0a00", "codec: row field 16.1 at byte 3: a zero value must be left out"},
		{"optional message with a zero", "d20102 1000", "codec: row field 26.2 at byte 3: a zero value must be left out"},
		{"zero after an optional", "d80100 e00100", "codec: row field 28 at byte 3: a zero value must be left out"},
	}
	for _, c := range cases {
		var v order
		err := decodeOrder(unhex(c.in), &v)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if _, ok := errors.AsType[*codec.RowError](err); !ok {
			t.Errorf("%s: the error is a %T, want a *RowError", c.name, err)
		}
	}
}

// What is decoded must not change when the caller reuses the bytes.
func TestDecodedRowSharesNothing(t *testing.T) {
	for _, v := range rowVectors() {
		b := unhex(v.want)
		var got order
		if err := decodeOrder(b, &got); err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = 0xEE
		}
		if again := encodeOrder(got); !bytes.Equal(again, unhex(v.want)) {
			t.Errorf("%s: changed to %x with the bytes it came from", v.name, again)
		}
	}
}

func TestRowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawOrder(t)
		b := encodeOrder(v)
		var got order
		if err := decodeOrder(b, &got); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !equalOrder(&got, &v) {
			t.Fatalf("%x came back changed:\n%s", b, cmp.Diff(v, got))
		}
		for n := range len(b) {
			checkCanonical(t, b[:n])
		}
		i := rapid.IntRange(0, max(len(b)-1, 0)).Draw(t, "flipped byte")
		if len(b) > 0 {
			b[i] ^= rapid.ByteMin(1).Draw(t, "flip")
			checkCanonical(t, b)
		}
	})
}

// checkCanonical checks that b is refused or encodes to the same bytes again.
func checkCanonical(t interface{ Fatalf(string, ...any) }, b []byte) {
	var v order
	if decodeOrder(b, &v) != nil {
		return
	}
	if again := encodeOrder(v); !bytes.Equal(again, b) {
		t.Fatalf("accepted % x\nbut encodes as % x", b, again)
	}
}
