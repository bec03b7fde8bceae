package schema_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
	"github.com/gencommittable/gencommittable/committable/schema"
	generated "github.com/gencommittable/gencommittable/generated_test"
)

// plain turns decoded values into maps and slices.
func plain(v schema.Value) any {
	switch v := v.(type) {
	case schema.Values:
		m := make(map[string]any)
		for _, fv := range v {
			m[fv.Field.Name] = plain(fv.Value)
		}
		return m
	case schema.Entries:
		list := []any{}
		for _, e := range v {
			list = append(list, []any{plain(e.Key), plain(e.Value)})
		}
		return list
	case []schema.Value:
		list := []any{}
		for _, e := range v {
			list = append(list, plain(e))
		}
		return list
	default:
		return v
	}
}

func TestDecodeRow(t *testing.T) {
	s := parse(t, string(generated.NewOrderStore().Schema()))
	var row []byte
	row = codec.AppendUint(row, 1, uint32(7))
	row = gencode.AppendPresentBytes(row, 2, gencode.AppendStrings(nil, 4, []string{"a", ""}))
	row = gencode.AppendPresentBytes(row, 6, []byte{})
	row = gencode.AppendPresentBytes(row, 6, gencode.AppendInts(nil, 1, []int32{-1, 0}))
	row = gencode.AppendByteSlices(row, 10, [][]byte{make([]byte, 8)})
	row = gencode.AppendByteSlices(row, 11, [][]byte{{1, 2, 3, 4}, make([]byte, 4), make([]byte, 4)})
	row = gencode.AppendBools(row, 13, []bool{true, false, false, false})
	row = gencode.AppendUints(row, 15, []uint16{0, 1<<16 - 1})
	row = gencode.AppendTimes(row, 18, []time.Time{{}, time.Unix(1, 2)})
	got, err := s.DecodeRow(row)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"ID":       uint64(7),
		"Ship":     map[string]any{"Notes": []any{"a", ""}},
		"Matrix":   []any{[]any{}, []any{int64(-1), int64(0)}},
		"Digests":  []any{make([]byte, 8)},
		"Hashes":   []any{[]byte{1, 2, 3, 4}, make([]byte, 4), make([]byte, 4)},
		"Switches": []any{true, false, false, false},
		"Masks":    []any{uint64(0), uint64(1<<16 - 1)},
		"Times":    []any{time.Time{}, time.Unix(1, 2).UTC()},
	}
	if diff := cmp.Diff(want, plain(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if key := s.AppendKey(nil, got); !bytes.Equal(key, []byte{0, 0, 0, 7}) {
		t.Errorf("the key is %x", key)
	}
}

func TestAppendIndex(t *testing.T) {
	s := parse(t, "committable schema 1\n1 ID bool\n2 At int8\n3 Name string\n4 Hash bytes[2]\nkey ID\nindex By on -At, Name, Hash\n")
	for _, c := range []struct {
		row  []byte
		want string
	}{
		{codec.AppendString(codec.AppendInt(nil, 2, int8(1)), 3, "a"), "\x7ea\x00\x01\x00\x00"},
		{gencode.AppendPresentBytes(nil, 4, []byte{5, 6}), "\x7f\x00\x01\x05\x06"},
	} {
		row, err := s.DecodeRow(c.row)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Indexes[0].Append([]byte("dst"), row); string(got) != "dst"+c.want {
			t.Errorf("%x: the components are %q, want dst and %q", c.row, got, c.want)
		}
	}
}

func TestDecodeFurtherKinds(t *testing.T) {
	for _, c := range []struct {
		typ  string
		row  []byte
		want any
	}{
		{"float32", codec.AppendFloat(nil, 1, float32(1.5)), 1.5},
		{"list of float32", gencode.AppendFloats(nil, 1, []float32{0, -2}), []any{0.0, -2.0}},
		{"list of float64", gencode.AppendFloats(nil, 1, []float64{0, -2}), []any{0.0, -2.0}},
		{"array[2] of float32", gencode.AppendFloats(nil, 1, []float32{0, -2}), []any{0.0, -2.0}},
		{"array[2] of float64", gencode.AppendFloats(nil, 1, []float64{0, -2}), []any{0.0, -2.0}},
		{"optional int16", gencode.AppendPresentInt(nil, 1, 0), int64(0)},
		{"optional bytes", gencode.AppendPresentString(nil, 1, ""), []byte(nil)},
		{"optional list of bool", gencode.AppendPresentString(nil, 1, ""), []any{}},
		{"optional list of bool", gencode.AppendPresentString(nil, 1, "\x0a\x01\x01"), []any{true}},
		{"optional binary", gencode.AppendPresentString(nil, 1, ""), []byte(nil)},
		{"binary", gencode.AppendPresentString(nil, 1, ""), []byte(nil)},
		{"text", gencode.AppendPresentString(nil, 1, "12"), "12"},
		{"list of text", gencode.AppendStrings(nil, 1, []string{"", "0"}), []any{"", "0"}},
		{"list of binary", gencode.AppendStrings(nil, 1, []string{"", "0"}), []any{[]byte{}, []byte("0")}},
		{"list of map of bool to bool", gencode.AppendStrings(nil, 1, []string{"", "\x0a\x04\x08\x01\x10\x00"}), []any{[]any{}, []any{[]any{true, false}}}},
		{"map of int8 to list of string", gencode.AppendStrings(nil, 1, []string{"\x08\x01\x12\x00", "\x08\x02\x12\x02\x0a\x00"}), []any{[]any{int64(-1), []any{}}, []any{int64(1), []any{""}}}},
	} {
		s := parse(t, "committable schema 1\n1 A "+c.typ+"\n2 ID bool\nkey ID\n")
		got, err := s.DecodeRow(c.row)
		if err != nil {
			t.Errorf("%s from %x: %v", c.typ, c.row, err)
		} else if diff := cmp.Diff(c.want, plain(got[0].Value)); diff != "" {
			t.Errorf("%s from %x: -want +got\n%s", c.typ, c.row, diff)
		}
	}
}

// FuzzDecode offers any bytes as a schema, a row and a key. A row's own key must
// be one, and a key that is accepted must be its one encoding.
func FuzzDecode(f *testing.F) {
	for _, text := range texts(f) {
		f.Add([]byte(text), []byte{}, []byte{})
		f.Add([]byte(text), []byte{10, 1, 'a'}, []byte{'a', 0, 1})
		f.Add([]byte(text), []byte{8, 2}, []byte{0, 0, 0, 1})
	}
	f.Fuzz(func(t *testing.T, text, row, key []byte) {
		s, err := schema.Parse(text)
		if err != nil {
			return
		}
		if v, err := s.DecodeRow(row); err == nil {
			own := s.AppendKey(nil, v)
			if _, err := s.DecodeKey(own); err != nil {
				t.Fatalf("the key %x of a row is refused: %v", own, err)
			}
		}
		if v, err := s.DecodeKey(key); err == nil && !bytes.Equal(s.AppendKey(nil, v), key) {
			t.Fatalf("%x is the key %x", key, s.AppendKey(nil, v))
		}
	})
}

// TestDecodeRowRefuses has rows that are encoded well and do not fit the schema,
// or are not canonical.
func TestDecodeRowRefuses(t *testing.T) {
	message := func(field int, content []byte) []byte { return gencode.AppendPresentBytes(nil, field, content) }
	for _, c := range []struct {
		typ  string
		row  []byte
		want string
	}{
		{"bool", codec.AppendUint(nil, 1, uint(2)), "a bool is 0 or 1, not 2"},
		{"int8", codec.AppendInt(nil, 1, 128), "128 does not fit into the 8 bits of its type"},
		{"int16", codec.AppendInt(nil, 1, 1<<15), "32768 does not fit into the 16 bits of its type"},
		{"int32", codec.AppendInt(nil, 1, 1<<31), "2147483648 does not fit into the 32 bits of its type"},
		{"uint8", codec.AppendUint(nil, 1, uint(256)), "256 does not fit into the 8 bits of its type"},
		{"uint16", codec.AppendUint(nil, 1, uint(1<<16)), "65536 does not fit into the 16 bits of its type"},
		{"uint32", codec.AppendUint(nil, 1, uint(1<<32)), "4294967296 does not fit into the 32 bits of its type"},
		{"uint64", gencode.AppendPresentUint(nil, 1, uint(0)), "a zero value must be left out"},
		{"string", message(1, []byte{0xFF}), "the string is not valid UTF-8"},
		{"bytes", codec.AppendUint(nil, 1, uint(1)), "has wire type 0, but its type needs 2"},
		{"bytes[2]", message(1, []byte{1, 2, 3}), "has 3 bytes, but its type needs 2"},
		{"bytes[2]", message(1, []byte{0, 0}), "a zero value must be left out"},
		{"time", message(1, codec.AppendUint(nil, 2, uint(1e9))), "1000000000 nanoseconds are not less than a second"},
		{"list of int8", gencode.AppendInts(nil, 1, []int{128}), "128 does not fit into the element's type"},
		{"list of int16", gencode.AppendInts(nil, 1, []int{1 << 15}), "32768 does not fit into the element's type"},
		{"list of int32", gencode.AppendInts(nil, 1, []int{1 << 31}), "2147483648 does not fit into the element's type"},
		{"list of uint8", gencode.AppendUints(nil, 1, []uint{256}), "256 does not fit into the element's type"},
		{"list of uint16", gencode.AppendUints(nil, 1, []uint{1 << 16}), "65536 does not fit into the element's type"},
		{"list of uint32", gencode.AppendUints(nil, 1, []uint{1 << 32}), "4294967296 does not fit into the element's type"},
		{"list of bytes[2]", message(1, []byte{1}), "has 1 bytes, but its type needs 2"},
		{"array[2] of bool", gencode.AppendBools(nil, 1, []bool{false, false}), "a zero value must be left out"},
		{"array[2] of bool", gencode.AppendBools(nil, 1, []bool{true}), "has 1 elements, but its array needs 2"},
		{"array[1] of int8", gencode.AppendInts(nil, 1, []int{-129}), "-129 does not fit into the element's type"},
		{"array[1] of int16", gencode.AppendInts(nil, 1, []int{-1<<15 - 1}), "-32769 does not fit into the element's type"},
		{"array[1] of int32", gencode.AppendInts(nil, 1, []int{-1<<31 - 1}), "-2147483649 does not fit into the element's type"},
		{"array[1] of uint8", gencode.AppendUints(nil, 1, []uint{256}), "256 does not fit into the element's type"},
		{"array[1] of uint16", gencode.AppendUints(nil, 1, []uint{1 << 16}), "65536 does not fit into the element's type"},
		{"array[1] of uint32", gencode.AppendUints(nil, 1, []uint{1 << 32}), "4294967296 does not fit into the element's type"},
		{"array[2] of string", gencode.AppendStrings(nil, 1, []string{"", ""}), "a zero value must be left out"},
		{"array[2] of bytes[2]", gencode.AppendStrings(nil, 1, []string{"\x00\x00", "\x00\x00"}), "a zero value must be left out"},
		{"array[2] of bytes[2]", gencode.AppendStrings(nil, 1, []string{"ab", "a"}), "has 1 bytes, but its type needs 2"},
		{"array[1] of time", gencode.AppendTimes(nil, 1, []time.Time{{}}), "a zero value must be left out"},
		{"array[2] of list of bool", gencode.AppendStrings(nil, 1, []string{"", ""}), "a zero value must be left out"},
		{"array[16777216] of bool", gencode.AppendBools(nil, 1, []bool{true}), "has 1 elements, but its array needs 4"},
		{"list of list of bool", message(1, codec.AppendBool(nil, 2, true)), "unknown field; the row may have a newer schema"},
		{"float32", codec.AppendFloat(nil, 1, 1.5), "has wire type 1, but its type needs 5"},
		{"array[1] of float64", gencode.AppendFloats(nil, 1, []float64{0}), "a zero value must be left out"},
		{"optional list of bool", message(1, message(1, nil)), "a zero value must be left out"},
		{"map of int8 to bool", message(1, gencode.AppendPresentInt(nil, 1, 0)), "the field is missing"},
		{"map of int8 to bool", gencode.AppendStrings(nil, 1, []string{"\x08\x02\x10\x01", "\x08\x01\x10\x01"}), "the keys of a map must ascend without duplicates"},
		{"map of bytes[16777216] to bool", message(1, gencode.AppendPresentBytes(nil, 1, []byte{1})), "has 1 bytes, but its type needs 6"},
		{"text", message(1, []byte{0xFF}), "the string is not valid UTF-8"},
		{"list of text", message(1, []byte{0xFF}), "the text is not valid UTF-8"},
		{"bool", codec.AppendBool(nil, 3, true), "unknown field; the row may have a newer schema"},
	} {
		s := parse(t, "committable schema 1\n1 A "+c.typ+"\n2 ID bool\nkey ID\n")
		_, err := s.DecodeRow(c.row)
		var row *codec.RowError
		if !errors.As(err, &row) || row.Reason != c.want {
			t.Errorf("%s from %x: %v, want %s", c.typ, c.row, err, c.want)
		}
	}
}

// A short row takes little memory, whatever the schema claims.
func TestDecodeRowTakesLittleMemory(t *testing.T) {
	const n = 10_000
	s, err := schema.Parse(fmt.Appendf(nil, "committable schema 1\n1 A string\n2 B array[%d] of bytes[16777216]\nkey A\n", n))
	if err != nil {
		t.Fatal(err)
	}
	row := codec.AppendString(nil, 1, "a")
	for range n {
		row = append(row, 2<<3|2, 0)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = s.DecodeRow(row)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 200*uint64(len(row)) {
		t.Errorf("a row of %d bytes takes %d", len(row), took)
	}
}
