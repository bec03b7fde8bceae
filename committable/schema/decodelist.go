package schema

import (
	"bytes"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
)

// decodeList reads a slice of elements of the type.
func (t *Type) decodeList(d *codec.Decoder) []Value {
	switch t.Kind {
	case Bool:
		var v []bool
		gencode.DecodeBools(d, &v)
		return values(v, same)
	case Int:
		switch t.Bits {
		case 8:
			return ints(gencode.DecodeInts[[]int8], d)
		case 16:
			return ints(gencode.DecodeInts[[]int16], d)
		case 32:
			return ints(gencode.DecodeInts[[]int32], d)
		default:
			return ints(gencode.DecodeInts[[]int64], d)
		}
	case Uint:
		switch t.Bits {
		case 8:
			return uints(gencode.DecodeUints[[]uint8], d)
		case 16:
			return uints(gencode.DecodeUints[[]uint16], d)
		case 32:
			return uints(gencode.DecodeUints[[]uint32], d)
		default:
			return uints(gencode.DecodeUints[[]uint64], d)
		}
	case String:
		var v []string
		gencode.DecodeStrings(d, &v)
		return values(v, same)
	case Bytes:
		var v [][]byte
		gencode.DecodeByteSlices(d, &v)
		return values(v, same)
	case Time:
		var v []time.Time
		gencode.DecodeTimes(d, &v)
		return values(v, same)
	case Float:
		if t.Bits == 32 {
			var v []float32
			gencode.DecodeFloats(d, &v)
			return values(v, widenFloat)
		}
		var v []float64
		gencode.DecodeFloats(d, &v)
		return values(v, same)
	default:
		var v []Value
		gencode.DecodeMessages(d, &v, t.decodeElement())
		return v
	}
}

// decodeArray reads an array of n elements of the type.
func (t *Type) decodeArray(d *codec.Decoder, n, size int) []Value {
	switch t.Kind {
	case Bool:
		v := make([]bool, n)
		gencode.DecodeBoolArray(d, v)
		return values(v, same)
	case Int:
		switch t.Bits {
		case 8:
			return intArray(gencode.DecodeIntArray[int8], d, n)
		case 16:
			return intArray(gencode.DecodeIntArray[int16], d, n)
		case 32:
			return intArray(gencode.DecodeIntArray[int32], d, n)
		default:
			return intArray(gencode.DecodeIntArray[int64], d, n)
		}
	case Uint:
		switch t.Bits {
		case 8:
			return uintArray(gencode.DecodeUintArray[uint8], d, n)
		case 16:
			return uintArray(gencode.DecodeUintArray[uint16], d, n)
		case 32:
			return uintArray(gencode.DecodeUintArray[uint32], d, n)
		default:
			return uintArray(gencode.DecodeUintArray[uint64], d, n)
		}
	case String:
		v := make([]string, n)
		gencode.DecodeStringArray(d, v)
		return values(v, same)
	case Bytes:
		v := make([][]byte, n)
		gencode.DecodeByteSliceArray(d, v)
		return values(v, same)
	case Fixed:
		// The elements become strings, which are comparable. An element of zero
		// bytes becomes the empty string, so that an array of zeros is all zero.
		v := make([]string, n)
		gencode.DecodeFixedArray(d, v, func(b []byte, v *string) error {
			fixed, err := t.fixed(b)
			if *v = string(fixed); allZero(fixed) {
				*v = ""
			}
			return err
		})
		var zero []byte // shared: there can be many, although they take few bytes of the row
		return values(v, func(s string) Value {
			if s != "" {
				return []byte(s)
			}
			if zero == nil {
				zero = make([]byte, room(t.Length, size))
			}
			return zero
		})
	case Time:
		v := make([]time.Time, n)
		gencode.DecodeTimeArray(d, v)
		return values(v, same)
	case Float:
		if t.Bits == 32 {
			v := make([]float32, n)
			gencode.DecodeFloatArray(d, v)
			return values(v, widenFloat)
		}
		v := make([]float64, n)
		gencode.DecodeFloatArray(d, v)
		return values(v, same)
	default:
		v := make([]Value, n)
		gencode.DecodeMessageArray(d, v, t.decodeElement())
		return v
	}
}

// decodeElement returns the function that decodes the content of an element: a
// [N]byte, a struct, the encoding of a type that encodes itself, or a wrapper
// message whose field 1 is a list, an array or a map.
func (t *Type) decodeElement() func(b []byte, v *Value) error {
	switch t.Kind {
	case Fixed:
		return func(b []byte, v *Value) error {
			fixed, err := t.fixed(b)
			*v = fixed
			return err
		}
	case Message:
		return func(b []byte, v *Value) error {
			var inner Values
			err := t.Struct.decode(b, &inner)
			*v = inner
			return err
		}
	case Binary:
		return func(b []byte, v *Value) error {
			*v = bytes.Clone(b)
			return nil
		}
	case Text:
		return func(b []byte, v *Value) error {
			*v = string(b)
			return gencode.CheckText(b)
		}
	}
	wrapper := &Struct{Fields: []*Field{{Number: 1, Name: "elements", Type: t}}}
	return func(b []byte, v *Value) error {
		var inner Values
		err := wrapper.decode(b, &inner)
		switch {
		case len(inner) == 0 && t.Kind == Map:
			*v = Entries(nil)
		case len(inner) == 0:
			*v = []Value(nil)
		default:
			*v = inner[0].Value
		}
		return err
	}
}

// fixed decodes the content of a [N]byte.
func (t *Type) fixed(b []byte) ([]byte, error) {
	v := make([]byte, room(t.Length, len(b)))
	return v, gencode.DecodeFixed(b, v)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func ints[E codec.Signed](decode func(*codec.Decoder, *[]E), d *codec.Decoder) []Value {
	var v []E
	decode(d, &v)
	return values(v, widen[E])
}

func uints[E codec.Unsigned](decode func(*codec.Decoder, *[]E), d *codec.Decoder) []Value {
	var v []E
	decode(d, &v)
	return values(v, widenUnsigned[E])
}

func intArray[E codec.Signed](decode func(*codec.Decoder, []E), d *codec.Decoder, n int) []Value {
	v := make([]E, n)
	decode(d, v)
	return values(v, widen[E])
}

func uintArray[E codec.Unsigned](decode func(*codec.Decoder, []E), d *codec.Decoder, n int) []Value {
	v := make([]E, n)
	decode(d, v)
	return values(v, widenUnsigned[E])
}

func widen[E codec.Signed](n E) Value { return int64(n) }

func widenUnsigned[E codec.Unsigned](n E) Value { return uint64(n) }

func widenFloat(n float32) Value { return float64(n) }

func same[E any](e E) Value { return e }

func values[E any](list []E, value func(E) Value) []Value {
	out := make([]Value, len(list))
	for i, e := range list {
		out[i] = value(e)
	}
	return out
}
