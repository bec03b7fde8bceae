package gencode_test

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
	"pgregory.net/rapid"
)

// shelf is a row with floats, maps, slices of pointers and types that encode themselves; its functions are written as
// the generator writes them.
type shelf struct {
	Rate    float64
	Share   float32
	Weights []float64
	Point   [2]float32
	Guess   *float64
	Stock   map[string]int64
	Codes   map[[2]byte]line
	Open    map[bool][]string
	Seen    map[time.Time]*line
	Lines   []*line
	Host    netip.Addr
	Hosts   []netip.Addr
	Total   big.Int
	Sum     *big.Int
	Parts   []*big.Int
}

func appendShelf(dst []byte, v *shelf) []byte {
	dst = codec.AppendFloat(dst, 1, v.Rate)
	dst = codec.AppendFloat(dst, 2, v.Share)
	dst = gencode.AppendFloats(dst, 3, v.Weights)
	dst = gencode.AppendFloatArray(dst, 4, v.Point[:])
	if v.Guess != nil {
		dst = gencode.AppendPresentFloat(dst, 5, *v.Guess)
	}
	dst = gencode.AppendMap(dst, 6, v.Stock, cmp.Compare, appendStockEntry)
	dst = gencode.AppendMap(dst, 7, v.Codes, compareCodes, appendCodesEntry)
	dst = gencode.AppendMap(dst, 8, v.Open, gencode.CompareBools, appendOpenEntry)
	dst = gencode.AppendMap(dst, 9, v.Seen, time.Time.Compare, appendSeenEntry)
	dst = gencode.AppendPointers(dst, 10, v.Lines, appendLine)
	dst = gencode.AppendMarshaled(dst, 11, gencode.Binary, &v.Host)
	dst = gencode.AppendMessages(dst, 12, v.Hosts, appendHost)
	dst = gencode.AppendMarshaled(dst, 13, gencode.Text, &v.Total)
	if v.Sum != nil {
		dst = gencode.AppendPresentMarshaled(dst, 14, gencode.Text, v.Sum)
	}
	return gencode.AppendPointers(dst, 15, v.Parts, appendBig)
}

func decodeShelf(b []byte, v *shelf) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.Rate = d.Float64()
		case 2:
			v.Share = d.Float32()
		case 3:
			gencode.DecodeFloats(&d, &v.Weights)
		case 4:
			gencode.DecodeFloatArray(&d, v.Point[:])
		case 5:
			v.Guess = new(gencode.Present(&d).Float64())
		case 6:
			gencode.DecodeMap(&d, &v.Stock, cmp.Compare, decodeStockEntry)
		case 7:
			gencode.DecodeMap(&d, &v.Codes, compareCodes, decodeCodesEntry)
		case 8:
			gencode.DecodeMap(&d, &v.Open, gencode.CompareBools, decodeOpenEntry)
		case 9:
			gencode.DecodeMap(&d, &v.Seen, time.Time.Compare, decodeSeenEntry)
		case 10:
			gencode.DecodePointers(&d, &v.Lines, decodeLine)
		case 11:
			gencode.DecodeMarshaled(&d, gencode.Binary, &v.Host)
		case 12:
			gencode.DecodeMessages(&d, &v.Hosts, decodeHost)
		case 13:
			gencode.DecodeMarshaled(&d, gencode.Text, &v.Total)
		case 14:
			v.Sum = new(big.Int)
			gencode.DecodeMarshaled(gencode.Present(&d), gencode.Text, v.Sum)
		case 15:
			gencode.DecodePointers(&d, &v.Parts, decodeBig)
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func appendStockEntry(dst []byte, k *string, v *int64) []byte {
	dst = gencode.AppendPresentString(dst, 1, *k)
	return gencode.AppendPresentInt(dst, 2, *v)
}

func decodeStockEntry(d *codec.Decoder, k *string, v *int64) {
	*k = gencode.Required(d, 1).String()
	*v = gencode.Required(d, 2).Int64()
}

func compareCodes(a, b [2]byte) int { return gencode.CompareFixed(a[:], b[:]) }

func appendCodesEntry(dst []byte, k *[2]byte, v *line) []byte {
	dst = gencode.AppendPresentBytes(dst, 1, k[:])
	return gencode.AppendPresentMessage(dst, 2, v, appendLine)
}

func decodeCodesEntry(d *codec.Decoder, k *[2]byte, v *line) {
	gencode.Required(d, 1).Fixed(k[:])
	codec.DecodeMessage(gencode.Required(d, 2), v, decodeLine)
}

func appendOpenEntry(dst []byte, k *bool, v *[]string) []byte {
	dst = gencode.AppendPresentBool(dst, 1, *k)
	return gencode.AppendPresentMessage(dst, 2, v, appendNames)
}

func decodeOpenEntry(d *codec.Decoder, k *bool, v *[]string) {
	*k = gencode.Required(d, 1).Bool()
	codec.DecodeMessage(gencode.Required(d, 2), v, decodeNames)
}

func appendNames(dst []byte, v *[]string) []byte { return gencode.AppendStrings(dst, 1, *v) }

func decodeNames(b []byte, v *[]string) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			gencode.DecodeStrings(&d, v)
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func appendSeenEntry(dst []byte, k *time.Time, v **line) []byte {
	dst = gencode.AppendPresentTime(dst, 1, *k)
	return gencode.AppendPresentMessage(dst, 2, *v, appendLine)
}

func decodeSeenEntry(d *codec.Decoder, k *time.Time, v **line) {
	*k = gencode.Required(d, 1).Time()
	*v = new(line)
	codec.DecodeMessage(gencode.Required(d, 2), *v, decodeLine)
}

func appendHost(dst []byte, v *netip.Addr) []byte {
	return gencode.AppendMarshaledContent(dst, gencode.Binary, v)
}

func decodeHost(b []byte, v *netip.Addr) error {
	return gencode.DecodeMarshaledContent(b, gencode.Binary, v)
}

func appendBig(dst []byte, v *big.Int) []byte {
	return gencode.AppendMarshaledContent(dst, gencode.Text, v)
}

func decodeBig(b []byte, v *big.Int) error { return gencode.DecodeMarshaledContent(b, gencode.Text, v) }

func encodeShelf(v shelf) []byte { return appendShelf(nil, &v) }

func equalShelf(a, b *shelf) bool {
	equalBig := func(a, b *big.Int) bool { return gencode.EqualMarshaled(gencode.Text, a, b) }
	return a.Rate == b.Rate && a.Share == b.Share && slices.Equal(a.Weights, b.Weights) && a.Point == b.Point &&
		gencode.EqualPointers(a.Guess, b.Guess) && maps.Equal(a.Stock, b.Stock) && maps.Equal(a.Codes, b.Codes) &&
		maps.EqualFunc(a.Open, b.Open, slices.Equal) && maps.EqualFunc(a.Seen, b.Seen, gencode.EqualPointers) &&
		slices.EqualFunc(a.Lines, b.Lines, gencode.EqualPointers) && gencode.EqualMarshaled(gencode.Binary, &a.Host, &b.Host) &&
		slices.Equal(a.Hosts, b.Hosts) && equalBig(&a.Total, &b.Total) && gencode.EqualPointersFunc(a.Sum, b.Sum, equalBig) &&
		slices.EqualFunc(a.Parts, b.Parts, equalBig)
}

// shelfVectors are worked out by hand from the protobuf encoding specification and the rules in the package doc.
func shelfVectors() []shelfVector {
	host := netip.MustParseAddr("1.2.3.4")
	return []shelfVector{
		{"zero row", shelf{}, ""},
		{"double", shelf{Rate: 1.5}, "09 000000000000f83f"},
		{"float", shelf{Share: -2}, "15 000000c0"},
		{"infinity", shelf{Rate: math.Inf(-1)}, "09 000000000000f0ff"},
		{"negative zero is zero", shelf{Rate: math.Copysign(0, -1)}, ""},
		{"packed doubles", shelf{Weights: []float64{0, 1}}, "1a 10 0000000000000000 000000000000f03f"},
		{"float array", shelf{Point: [2]float32{0, 1}}, "22 08 00000000 0000803f"},
		{"optional zero float", shelf{Guess: new(float64)}, "29 0000000000000000"},
		{"map, ascending, zeros there", shelf{Stock: map[string]int64{"b": 1, "": 0, "a": -1}}, "32 04 0a00 1000  32 05 0a0161 1001  32 05 0a0162 1002"},
		{"empty map", shelf{Stock: map[string]int64{}}, ""},
		{"map of messages", shelf{Codes: map[[2]byte]line{{1}: {}, {0, 2}: {Qty: 1}}}, "3a 08 0a020002 12021002  3a 06 0a020100 1200"},
		{"map of lists", shelf{Open: map[bool][]string{true: nil, false: {"x", ""}}}, "42 09 0800 1205 0a0178 0a00  42 04 0801 1200"},
		{"map of times", shelf{Seen: map[time.Time]*line{time.Unix(1, 0).UTC(): {}, time.Unix(0, 0).UTC(): {Qty: 1}}}, "4a 06 0a00 12021002  4a 06 0a020802 1200"},
		{"pointers", shelf{Lines: []*line{{}, {Qty: -1}}}, "52 00  52 02 1001"},
		{"binary", shelf{Host: host}, "5a 04 01020304"},
		{"binary elements", shelf{Hosts: []netip.Addr{{}, host}}, "62 00  62 04 01020304"},
		{"text", shelf{Total: *big.NewInt(-12)}, "6a 03 2d3132"},
		{"optional zero text", shelf{Sum: new(big.Int)}, "72 01 30"},
		{"text elements", shelf{Parts: []*big.Int{new(big.Int), big.NewInt(7)}}, "7a 01 30  7a 01 37"},
	}
}

type shelfVector struct {
	name string
	row  shelf
	want string // hex
}

func TestShelfVectors(t *testing.T) {
	for _, v := range shelfVectors() {
		want := unhex(v.want)
		if got := encodeShelf(v.row); !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", v.name, got, want)
		}
		var back shelf
		if err := decodeShelf(want, &back); err != nil {
			t.Errorf("%s: decoding: %v", v.name, err)
		}
		for i := range want {
			want[i] ^= 0xEE // the row must share nothing with its bytes
		}
		if again := encodeShelf(back); !bytes.Equal(again, unhex(v.want)) {
			t.Errorf("%s: decoded and encoded again: %x, want %s", v.name, again, v.want)
		}
	}
}

func TestShelfDecoderRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"zero double", "09 0000000000000000", "codec: row field 1 at byte 0: a zero value must be left out"},
		{"negative zero", "09 0000000000000080", "codec: row field 1 at byte 1: negative zero is not allowed"},
		{"optional negative zero", "29 0000000000000080", "codec: row field 5 at byte 1: negative zero is not allowed"},
		{"not a number", "15 0000c07f", "codec: row field 2 at byte 1: NaN is not allowed"},
		{"double cut off", "09 00000000", "codec: row field 1 at byte 1: needs 8 bytes, but 4 are left"},
		{"wire type of a float for a double", "0d 0000803f", "codec: row field 1 at byte 0: has wire type 5, but its type needs 1"},
		{"packed doubles cut off", "1a 04 00000000", "codec: row field 3 at byte 2: length 4 is not a multiple of 8"},
		{"not a number in a list", "1a 10 000000000000f03f 010000000000f07f", "codec: row field 3 at byte 10: NaN is not allowed"},
		{"zero float array", "22 08 0000000000000000", "codec: row field 4 at byte 0: a zero value must be left out"},
		{"short float array", "22 04 0000803f", "codec: row field 4 at byte 1: has 1 elements, but its array needs 2"},
		{"entry without a value", "32 02 0a00", "codec: row field 6.2 at byte 4: the field is missing"},
		{"entry without a key", "32 02 1000", "codec: row field 6.1 at byte 2: the field is missing"},
		{"empty entry", "32 00", "codec: row field 6.1 at byte 2: the field is missing"},
		{"entry with a third field", "32 06 0a00 1000 1801", "codec: row field 6.3 at byte 6: unknown field; the row may have a newer schema"},
		{"keys that descend", "32 05 0a0162 1000  32 05 0a0161 1000", "codec: row field 6 at byte 7: the keys of a map must ascend without duplicates"},
		{"a key twice", "32 04 0a00 1000  32 04 0a00 1000", "codec: row field 6 at byte 6: the keys of a map must ascend without duplicates"},
		{"key that is not UTF-8", "32 05 0a01ff 1000", "codec: row field 6.1 at byte 3: the string is not valid UTF-8"},
		{"address of three bytes", "5a 03 010203", "codec: row field 11 at byte 2: unexpected slice size"},
		{"text that has a shorter form", "6a 02 3031", "codec: row field 13 at byte 2: the decoded *big.Int has another encoding"},
		{"text that is zero", "6a 01 30", "codec: row field 13 at byte 0: a zero value must be left out"},
		{"bytes that are zero", "5a 00", "codec: row field 11 at byte 0: a zero value must be left out"},
		{"text that is none", "6a 01 ff", "codec: row field 13 at byte 2: the text is not valid UTF-8"},
		{"element that is none", "7a 01 78", "codec: row field 15 at byte 2: math/big: cannot unmarshal \"x\" into a *big.Int"},
	} {
		var v shelf
		if err := decodeShelf(unhex(c.in), &v); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func drawShelf(t *rapid.T) shelf {
	float := func(t *rapid.T, label string) float64 { return codec.NormalizeFloat(rapid.Float64().Draw(t, label)) }
	lines := func(t *rapid.T, label string) line {
		return line{SKU: drawString(t, label+".SKU"), Qty: drawInt[int](t, label+".Qty")}
	}
	integer := func(t *rapid.T, label string) *big.Int { return big.NewInt(drawInt[int64](t, label)) }
	host := func(t *rapid.T, label string) netip.Addr {
		h, _ := netip.AddrFromSlice(rapid.SampledFrom([][]byte{nil, {0, 0, 0, 0}, {1, 2, 3, 4}, make([]byte, 16)}).Draw(t, label))
		return h
	}
	v := shelf{
		Rate:    float(t, "Rate"),
		Share:   codec.NormalizeFloat(rapid.Float32().Draw(t, "Share")),
		Weights: drawList(t, "Weights", float),
		Point:   [2]float32{0, codec.NormalizeFloat(rapid.Float32().Draw(t, "Point"))},
		Guess:   drawOptional(t, "Guess", float),
		Lines:   drawList(t, "Lines", func(t *rapid.T, l string) *line { return new(lines(t, l)) }),
		Host:    host(t, "Host"),
		Hosts:   drawList(t, "Hosts", host),
		Total:   *integer(t, "Total"),
		Sum:     drawOptional(t, "Sum", func(t *rapid.T, l string) big.Int { return *integer(t, l) }),
		Parts:   drawList(t, "Parts", integer),
		Stock:   make(map[string]int64),
		Codes:   make(map[[2]byte]line),
		Open:    make(map[bool][]string),
		Seen:    make(map[time.Time]*line),
	}
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		v.Stock[drawString(t, "Stock")] = drawInt[int64](t, "Stock")
		v.Codes[[2]byte{drawInt[byte](t, "Codes"), drawInt[byte](t, "Codes")}] = lines(t, "Codes")
		v.Open[rapidBool(t, "Open")] = drawList(t, "Open", drawString)
		v.Seen[maybeTime(t, "Seen")] = new(lines(t, "Seen"))
	}
	return v
}

func TestShelfRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawShelf(t)
		b := encodeShelf(v)
		var got shelf
		if err := decodeShelf(b, &got); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !equalShelf(&got, &v) {
			t.Fatalf("%x came back changed: %+v, not %+v", b, got, v)
		}
		i := rapid.IntRange(0, max(len(b)-1, 0)).Draw(t, "flipped byte")
		if len(b) > 0 {
			b[i] ^= rapid.ByteMin(1).Draw(t, "flip")
			checkShelfCanonical(t, b)
		}
	})
}

// FuzzShelfCanonical: whatever decodes encodes to the same bytes again.
func FuzzShelfCanonical(f *testing.F) {
	for _, v := range shelfVectors() {
		f.Add(unhex(v.want))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkShelfCanonical(t, b) })
}

func checkShelfCanonical(t interface{ Fatalf(string, ...any) }, b []byte) {
	var v shelf
	if decodeShelf(b, &v) != nil {
		return
	}
	if again := encodeShelf(v); !bytes.Equal(again, b) {
		t.Fatalf("accepted % x\nbut encodes as % x", b, again)
	}
}
