package schema_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
	"github.com/gencommittable/gencommittable/committable/schema"
)

// whole has a field "Gone" wherever a message can be, and trimmed has none.
const whole = `committable schema 1
1 ID uint32
2 Gone list of string
3 Single message
  1 Gone uint32
  2 Stays uint32
4 Deep message
  1 Inner message
    1 Gone bool
    2 Stays uint32
5 List list of message
  1 Gone string
  2 Stays uint32
6 Array array[2] of message
  1 Gone string
  2 Stays uint32
7 Lists list of list of message
  1 Gone uint32
  2 Stays uint32
8 Arrays list of array[2] of message
  1 Gone uint32
  2 Stays uint32
9 Grid array[2] of array[2] of message
  1 Gone uint32
  2 Stays uint32
10 Optional optional message
  1 Gone uint32
  2 Stays uint32
11 Wrapped optional list of message
  1 Gone uint32
  2 Stays uint32
12 Map map of string to message
  1 Gone uint32
  2 Stays uint32
13 Maps list of map of uint8 to array[2] of message
  1 Gone uint32
  2 Stays uint32
14 Floats list of float32
15 Float float64
16 Small float32
17 Own binary
20 Last int64
key ID
`

// trimmed reserves in every message what it dropped.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	var out []string
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		switch {
		case strings.HasPrefix(line[len(indent):], "1 Gone"):
			continue
		case line == "2 Gone list of string":
			continue
		}
		out = append(out, line)
		if strings.HasPrefix(lines[max(i-1, 0)], indent+"1 Gone") {
			out = append(out, indent+"reserved 1")
		}
	}
	return strings.Join(append(out[:len(out)-1], "reserved 2\n"), "\n")
}

func TestConversion(t *testing.T) {
	old, now := parse(t, whole), parse(t, trimmed(whole))
	if refused := schema.Refused(schema.Compare(old, now)); len(refused) > 0 {
		t.Fatal(refused)
	}
	c := schema.NewConversion(old, now)
	message := gencode.AppendPresentBytes[[]byte]
	gone, stays, both := codec.AppendUint(nil, 1, uint(7)), codec.AppendUint(nil, 2, uint(9)), codec.AppendUint(codec.AppendUint(nil, 1, uint(7)), 2, uint(9))
	entry := func(key string, value []byte) []byte {
		return message(gencode.AppendPresentString(nil, 1, key), 2, value)
	}
	small := func(key uint8, value []byte) []byte { return message(gencode.AppendPresentUint(nil, 1, key), 2, value) }
	others := gencode.AppendPresentFloat(gencode.AppendPresentFloat(gencode.AppendFloats(nil, 14, []float32{1, 2}), 15, 1.5), 16, float32(2.5))
	others = message(others, 17, nil)
	goneText := codec.AppendString(nil, 1, "x")
	for _, c2 := range []struct {
		name      string
		row, want []byte
	}{
		{"nothing", nil, nil},
		{"a field", append(gencode.AppendStrings(codec.AppendUint(nil, 1, uint(1)), 2, []string{"", "a"}), codec.AppendInt(nil, 20, 5)...), append(codec.AppendUint(nil, 1, uint(1)), codec.AppendInt(nil, 20, 5)...)},
		{"in a message", message(nil, 3, both), message(nil, 3, stays)},
		{"a message becomes empty", message(nil, 3, gone), nil},
		{"two messages become empty", message(nil, 4, message(nil, 1, codec.AppendBool(nil, 1, true))), nil},
		{"in elements", message(message(message(nil, 5, goneText), 5, nil), 5, append(goneText, stays...)), message(message(message(nil, 5, nil), 5, nil), 5, stays)},
		{"all elements become empty", message(nil, 5, goneText), message(nil, 5, nil)},
		{"in an array", message(message(nil, 6, goneText), 6, stays), message(message(nil, 6, nil), 6, stays)},
		{"an array becomes zero", message(message(nil, 6, goneText), 6, nil), nil},
		{"in a list of lists", message(message(nil, 7, nil), 7, message(nil, 1, gone)), message(message(nil, 7, nil), 7, message(nil, 1, nil))},
		{"in a list of arrays", message(nil, 8, message(message(nil, 1, gone), 1, nil)), message(nil, 8, nil)},
		{"in a part of an array of arrays", message(message(nil, 9, message(message(nil, 1, gone), 1, gone)), 9, message(message(nil, 1, nil), 1, both)), message(message(nil, 9, nil), 9, message(message(nil, 1, nil), 1, stays))},
		{"an array of arrays becomes zero", message(message(nil, 9, message(message(nil, 1, gone), 1, gone)), 9, nil), nil},
		{"in an optional message", message(nil, 10, both), message(nil, 10, stays)},
		{"an optional message becomes empty", message(nil, 10, gone), message(nil, 10, nil)},
		{"in an optional list", message(nil, 11, message(nil, 1, gone)), message(nil, 11, message(nil, 1, nil))},
		{"an empty optional list", message(nil, 11, nil), message(nil, 11, nil)},
		{"in values of a map", message(message(nil, 12, entry("a", gone)), 12, entry("b", both)), message(message(nil, 12, entry("a", nil)), 12, entry("b", stays))},
		{
			"in arrays in maps", message(nil, 13, message(nil, 1, small(1, message(message(nil, 1, gone), 1, gone)))), message(nil, 13, message(nil, 1, small(1, nil))),
		},
		{"before floats and bytes", append(message(nil, 3, gone), others...), others},
	} {
		got, err := c.AppendRow([]byte("before"), c2.row)
		if err != nil {
			t.Errorf("%s: %v", c2.name, err)
		}
		if diff := cmp.Diff("before"+hex.EncodeToString(c2.want), "before"+hex.EncodeToString(got[len("before"):])); diff != "" {
			t.Errorf("%s: -want +got\n%s", c2.name, diff)
		}
		if _, err := now.DecodeRow(c2.want); err != nil {
			t.Errorf("%s: the new schema refuses the row: %v", c2.name, err)
		}
	}
	for _, row := range [][]byte{
		message(nil, 3, nil),
		codec.AppendUint(nil, 30, uint(1)),
		{8},
		message(nil, 2, []byte{0xFF}), // is dropped, and must be right nevertheless
	} {
		if _, err := c.AppendRow(nil, row); err == nil {
			t.Errorf("%x is accepted", row)
		}
	}
	if schema.NewConversion(now, now) != nil {
		t.Error("there is a conversion without anything to drop")
	}
}

// without returns decoded values without the fields that are called Gone, and
// without messages and arrays that are zero by that. Elements stay.
func without(v schema.Values) schema.Values {
	var out schema.Values
	for _, fv := range v {
		if fv.Field.Name == "Gone" {
			continue
		}
		t := fv.Field.Type
		value := withoutInside(t, fv.Value)
		if (t.Kind == schema.Message || t.Kind == schema.Array) && isZero(value) {
			continue
		}
		out = append(out, schema.FieldValue{Field: fv.Field, Value: value})
	}
	return out
}

func withoutInside(t *schema.Type, v schema.Value) schema.Value {
	if t.Kind == schema.Optional {
		return withoutInside(t.Elem, v)
	}
	switch v := v.(type) {
	case schema.Entries:
		out := make(schema.Entries, len(v))
		for i, e := range v {
			out[i] = schema.Entry{Key: e.Key, Value: withoutInside(t.Elem, e.Value)}
		}
		return out
	case schema.Values:
		return without(v)
	case []schema.Value:
		var out []schema.Value
		for i := range v {
			out = append(out, withoutInside(t.Elem, v[i]))
		}
		if t.Kind == schema.Array && isZero(out) {
			return []schema.Value(nil) // as it is decoded inside a list
		}
		return out
	default:
		return v
	}
}

// isZero reports whether a message or an array of such is zero.
func isZero(v schema.Value) bool {
	switch v := v.(type) {
	case schema.Values:
		return len(v) == 0
	case []schema.Value:
		for _, e := range v {
			if !isZero(e) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// TestConversionOfAnyRow compares with what is left of the decoded values. The
// new schema decodes only the one encoding of them.
func TestConversionOfAnyRow(t *testing.T) {
	old, now := parse(t, whole), parse(t, trimmed(whole))
	c := schema.NewConversion(old, now)
	r := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 20_000 {
		row := anyMessage(r, old.Row, nil)
		before, err := old.DecodeRow(row)
		if err != nil {
			continue
		}
		accepted++
		converted, err := c.AppendRow(nil, row)
		if err != nil {
			t.Fatalf("%x: %v", row, err)
		}
		after, err := now.DecodeRow(converted)
		if err != nil {
			t.Fatalf("%x becomes %x: %v", row, converted, err)
		}
		if diff := cmp.Diff(plain(without(before)), plain(after)); diff != "" {
			t.Fatalf("%x becomes %x: -want +got\n%s", row, converted, diff)
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d rows were well encoded", accepted)
	}
}

// anyMessage appends fields of a message; not all of them are canonical.
func anyMessage(r *rand.Rand, s *schema.Struct, dst []byte) []byte {
	for _, f := range s.Fields {
		if r.IntN(3) > 0 {
			dst = anyField(r, f.Number, f.Type, dst)
		}
	}
	return dst
}

func anyField(r *rand.Rand, number int, t *schema.Type, dst []byte) []byte {
	switch t.Kind {
	case schema.Bool:
		return codec.AppendBool(dst, number, true)
	case schema.Int:
		return codec.AppendInt(dst, number, r.IntN(1000)-500)
	case schema.Uint:
		return codec.AppendUint(dst, number, r.UintN(1000))
	case schema.String:
		return codec.AppendString(dst, number, strings.Repeat("x", r.IntN(200)))
	case schema.Message:
		inner := anyMessage(r, t.Struct, nil)
		if len(inner) == 0 {
			return dst
		}
		return gencode.AppendPresentBytes(dst, number, inner)
	case schema.Float:
		if t.Bits == 32 {
			return gencode.AppendPresentFloat(dst, number, 1+r.Float32())
		}
		return gencode.AppendPresentFloat(dst, number, 1+r.Float64())
	case schema.Binary:
		return gencode.AppendPresentBytes(dst, number, make([]byte, r.IntN(3)))
	case schema.Optional:
		return anyElements(r, number, t.Elem, 1, dst)
	case schema.Map:
		for key := range r.IntN(4) {
			entry := anyField(r, 1, t.Key, nil)
			if t.Key.Kind == schema.Uint {
				entry = gencode.AppendPresentUint(nil, 1, uint(key))
			}
			dst = gencode.AppendPresentBytes(dst, number, anyElements(r, 2, t.Elem, 1, entry))
		}
		return dst
	case schema.List:
		if t.Elem.Kind == schema.Float {
			return gencode.AppendFloats(dst, number, []float32{r.Float32(), 0})
		}
		return anyElements(r, number, t.Elem, r.IntN(4), dst)
	default:
		return anyElements(r, number, t.Elem, t.Length, dst)
	}
}

func anyElements(r *rand.Rand, number int, t *schema.Type, n int, dst []byte) []byte {
	for range n {
		var element []byte
		switch {
		case t.Kind == schema.String:
			element = []byte("x")
		case r.IntN(3) == 0:
		case t.Kind == schema.Message:
			element = anyMessage(r, t.Struct, nil)
		default:
			element = anyField(r, 1, t, nil)
		}
		dst = gencode.AppendPresentBytes(dst, number, element)
	}
	return dst
}

// FuzzConversion offers any bytes. What is converted must fit the new schema.
func FuzzConversion(f *testing.F) {
	old, now := parse(f, whole), parse(f, trimmed(whole))
	c := schema.NewConversion(old, now)
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add(anyMessage(r, old.Row, nil))
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		kept := bytes.Clone(row)
		converted, err := c.AppendRow(nil, row)
		if !bytes.Equal(row, kept) {
			t.Fatal("the row was written to")
		}
		if _, refused := old.DecodeRow(row); (refused != nil) != (err != nil) {
			t.Fatalf("the old schema says %v, the conversion %v", refused, err)
		}
		if err == nil {
			if _, err := now.DecodeRow(converted); err != nil {
				t.Fatalf("%x becomes %x: %v", row, converted, err)
			}
		}
	})
}
