package gencode_test

import (
	"bytes"
	"slices"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
)

// order is a row with every shape of field that the codec knows; its functions are written as the generator writes them.
type order struct {
	ID      string
	Kind    kind
	Total   int64
	Paid    bool
	Opened  time.Time
	Hash    [4]byte
	Blob    blob
	Address address
	Scores  []int16
	Labels  []label
	Lines   []line
	Chunks  []blob
	Flags   []bool
	Counts  []uint32
	Times   []time.Time
	Grid    [][]int
	Hashes  [][4]byte
	Vector  [3]int64
	Names   [2]string
	Pair    [2]line
	Roots   [2][4]byte
	When    [2]time.Time
	Parts   [2][]byte
	Bits    [3]bool
	Ports   [2]uint16
	Gift    *line
	Limit   *int64
	Wait    time.Duration
	Matrix  [2][2]int8
	Note    *string
	Due     *time.Time
	Root    *[4]byte
	Open    *bool
	Stock   *uint
}

type (
	kind  uint8
	label string
	blob  []byte
)

type address struct {
	Street string
	Zip    uint32
	Since  time.Time
}

type line struct {
	SKU string
	Qty int
}

func appendOrder(dst []byte, v *order) []byte {
	dst = codec.AppendString(dst, 1, v.ID)
	dst = codec.AppendUint(dst, 2, v.Kind)
	dst = codec.AppendInt(dst, 3, v.Total)
	dst = codec.AppendBool(dst, 4, v.Paid)
	dst = codec.AppendTime(dst, 5, v.Opened)
	dst = codec.AppendFixed(dst, 6, v.Hash[:])
	dst = codec.AppendBytes(dst, 7, v.Blob)
	dst = codec.AppendMessage(dst, 8, &v.Address, appendAddress)
	dst = gencode.AppendInts(dst, 9, v.Scores)
	dst = gencode.AppendStrings(dst, 10, v.Labels)
	dst = gencode.AppendMessages(dst, 11, v.Lines, appendLine)
	dst = gencode.AppendByteSlices(dst, 12, v.Chunks)
	dst = gencode.AppendBools(dst, 13, v.Flags)
	dst = gencode.AppendUints(dst, 14, v.Counts)
	dst = gencode.AppendTimes(dst, 15, v.Times)
	dst = gencode.AppendMessages(dst, 16, v.Grid, appendInts)
	dst = gencode.AppendMessages(dst, 17, v.Hashes, appendHash)
	dst = gencode.AppendIntArray(dst, 18, v.Vector[:])
	dst = gencode.AppendStringArray(dst, 19, v.Names[:])
	dst = gencode.AppendMessageArray(dst, 20, v.Pair[:], appendLine)
	dst = gencode.AppendFixedArray(dst, 21, v.Roots[:], appendHash)
	dst = gencode.AppendTimeArray(dst, 22, v.When[:])
	dst = gencode.AppendByteSliceArray(dst, 23, v.Parts[:])
	dst = gencode.AppendBoolArray(dst, 24, v.Bits[:])
	dst = gencode.AppendUintArray(dst, 25, v.Ports[:])
	if v.Gift != nil {
		dst = gencode.AppendPresentMessage(dst, 26, v.Gift, appendLine)
	}
	if v.Limit != nil {
		dst = gencode.AppendPresentInt(dst, 27, *v.Limit)
	}
	dst = codec.AppendInt(dst, 28, v.Wait)
	dst = gencode.AppendMessageArray(dst, 29, v.Matrix[:], appendPair)
	if v.Note != nil {
		dst = gencode.AppendPresentString(dst, 30, *v.Note)
	}
	if v.Due != nil {
		dst = gencode.AppendPresentTime(dst, 31, *v.Due)
	}
	if v.Root != nil {
		dst = gencode.AppendPresentBytes(dst, 32, v.Root[:])
	}
	if v.Open != nil {
		dst = gencode.AppendPresentBool(dst, 33, *v.Open)
	}
	if v.Stock != nil {
		dst = gencode.AppendPresentUint(dst, 34, *v.Stock)
	}
	return dst
}

func decodeOrder(b []byte, v *order) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.ID = d.String()
		case 2:
			v.Kind = kind(d.Uint8())
		case 3:
			v.Total = d.Int64()
		case 4:
			v.Paid = d.Bool()
		case 5:
			v.Opened = d.Time()
		case 6:
			d.Fixed(v.Hash[:])
		case 7:
			v.Blob = d.Bytes()
		case 8:
			codec.DecodeMessage(&d, &v.Address, decodeAddress)
		case 9:
			gencode.DecodeInts(&d, &v.Scores)
		case 10:
			gencode.DecodeStrings(&d, &v.Labels)
		case 11:
			gencode.DecodeMessages(&d, &v.Lines, decodeLine)
		case 12:
			gencode.DecodeByteSlices(&d, &v.Chunks)
		case 13:
			gencode.DecodeBools(&d, &v.Flags)
		case 14:
			gencode.DecodeUints(&d, &v.Counts)
		case 15:
			gencode.DecodeTimes(&d, &v.Times)
		case 16:
			gencode.DecodeMessages(&d, &v.Grid, decodeInts)
		case 17:
			gencode.DecodeMessages(&d, &v.Hashes, decodeHash)
		case 18:
			gencode.DecodeIntArray(&d, v.Vector[:])
		case 19:
			gencode.DecodeStringArray(&d, v.Names[:])
		case 20:
			gencode.DecodeMessageArray(&d, v.Pair[:], decodeLine)
		case 21:
			gencode.DecodeFixedArray(&d, v.Roots[:], decodeHash)
		case 22:
			gencode.DecodeTimeArray(&d, v.When[:])
		case 23:
			gencode.DecodeByteSliceArray(&d, v.Parts[:])
		case 24:
			gencode.DecodeBoolArray(&d, v.Bits[:])
		case 25:
			gencode.DecodeUintArray(&d, v.Ports[:])
		case 26:
			v.Gift = new(line)
			codec.DecodeMessage(gencode.Present(&d), v.Gift, decodeLine)
		case 27:
			v.Limit = new(gencode.Present(&d).Int64())
		case 28:
			v.Wait = time.Duration(d.Int64())
		case 29:
			gencode.DecodeMessageArray(&d, v.Matrix[:], decodePair)
		case 30:
			v.Note = new(gencode.Present(&d).String())
		case 31:
			v.Due = new(gencode.Present(&d).Time())
		case 32:
			v.Root = new([4]byte)
			gencode.Present(&d).Fixed(v.Root[:])
		case 33:
			v.Open = new(gencode.Present(&d).Bool())
		case 34:
			v.Stock = new(gencode.Present(&d).Uint())
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func appendAddress(dst []byte, v *address) []byte {
	dst = codec.AppendString(dst, 1, v.Street)
	dst = codec.AppendUint(dst, 2, v.Zip)
	return codec.AppendTime(dst, 3, v.Since)
}

func decodeAddress(b []byte, v *address) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.Street = d.String()
		case 2:
			v.Zip = d.Uint32()
		case 3:
			v.Since = d.Time()
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

func appendLine(dst []byte, v *line) []byte {
	dst = codec.AppendString(dst, 1, v.SKU)
	return codec.AppendInt(dst, 2, v.Qty)
}

func decodeLine(b []byte, v *line) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			v.SKU = d.String()
		case 2:
			v.Qty = d.Int()
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

// appendInts and decodeInts are the wrapper message of an element of a [][]int.
func appendInts(dst []byte, v *[]int) []byte { return gencode.AppendInts(dst, 1, *v) }

func decodeInts(b []byte, v *[]int) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			gencode.DecodeInts(&d, v)
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

// appendPair and decodePair are the wrapper message of an element of a [N][2]int8.
func appendPair(dst []byte, v *[2]int8) []byte { return gencode.AppendIntArray(dst, 1, v[:]) }

func decodePair(b []byte, v *[2]int8) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case 1:
			gencode.DecodeIntArray(&d, v[:])
		default:
			d.Unknown()
		}
	}
	return d.Err()
}

// appendHash and decodeHash are the element of a [][4]byte.
func appendHash(dst []byte, v *[4]byte) []byte { return append(dst, v[:]...) }

func decodeHash(b []byte, v *[4]byte) error { return gencode.DecodeFixed(b, v[:]) }

func encodeOrder(v order) []byte { return appendOrder(nil, &v) }

// equalOrder compares with ==, bytes.Equal and the slices package alone, as generated code does.
func equalOrder(a, b *order) bool {
	return a.ID == b.ID && a.Kind == b.Kind && a.Total == b.Total && a.Paid == b.Paid && a.Opened == b.Opened &&
		a.Hash == b.Hash && bytes.Equal(a.Blob, b.Blob) && a.Address == b.Address && slices.Equal(a.Scores, b.Scores) &&
		slices.Equal(a.Labels, b.Labels) && slices.Equal(a.Lines, b.Lines) &&
		slices.EqualFunc(a.Chunks, b.Chunks, func(x, y blob) bool { return bytes.Equal(x, y) }) &&
		slices.Equal(a.Flags, b.Flags) && slices.Equal(a.Counts, b.Counts) && slices.Equal(a.Times, b.Times) &&
		slices.EqualFunc(a.Grid, b.Grid, slices.Equal) && slices.Equal(a.Hashes, b.Hashes) && a.Vector == b.Vector &&
		a.Names == b.Names && a.Pair == b.Pair && a.Roots == b.Roots && a.When == b.When &&
		slices.EqualFunc(a.Parts[:], b.Parts[:], bytes.Equal) && a.Bits == b.Bits && a.Ports == b.Ports &&
		equalOptional(a.Gift, b.Gift) && equalOptional(a.Limit, b.Limit) && a.Wait == b.Wait && a.Matrix == b.Matrix &&
		equalOptional(a.Note, b.Note) && equalOptional(a.Due, b.Due) && equalOptional(a.Root, b.Root) &&
		equalOptional(a.Open, b.Open) && equalOptional(a.Stock, b.Stock)
}

func equalOptional[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
