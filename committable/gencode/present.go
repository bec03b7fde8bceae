package gencode

import (
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/internal/wire"
)

// AppendPresentBool appends a bool, false too.
func AppendPresentBool[T ~bool](dst []byte, field int, v T) []byte {
	return codec.AppendKeyBool(wire.AppendTag(dst, field, wire.Varint), v) // the varints 0 and 1 are the bytes 00 and 01
}

// AppendPresentInt appends a signed integer, zero too.
func AppendPresentInt[T codec.Signed](dst []byte, field int, v T) []byte {
	return wire.AppendVarint(dst, field, wire.Zigzag(int64(v)))
}

// AppendPresentUint appends an unsigned integer, zero too.
func AppendPresentUint[T codec.Unsigned](dst []byte, field int, v T) []byte {
	return wire.AppendVarint(dst, field, uint64(v))
}

// AppendPresentFloat appends a float, zero too. It must not be negative zero.
func AppendPresentFloat[T codec.Float](dst []byte, field int, v T) []byte {
	return wire.AppendFloat(dst, field, v)
}

// AppendPresentString appends a string, the empty one too.
func AppendPresentString[T ~string](dst []byte, field int, v T) []byte {
	return wire.AppendBytes(dst, field, v)
}

// AppendPresentBytes appends a byte slice, or a [N]byte given as v[:]; an empty slice and an array of zeros too.
func AppendPresentBytes[T ~[]byte](dst []byte, field int, v T) []byte {
	return wire.AppendBytes(dst, field, v)
}

// AppendPresentTime appends a time, the zero time too.
func AppendPresentTime(dst []byte, field int, v time.Time) []byte {
	return wire.AppendTime(dst, field, v)
}

// AppendPresentMessage appends a nested message, one without content too.
func AppendPresentMessage[T any](dst []byte, field int, v *T, appendTo func(dst []byte, v *T) []byte) []byte {
	return wire.AppendMessage(dst, field, v, appendTo)
}

// Present allows the next value to be zero, as a value that an AppendPresent function wrote can be, and returns d to read
// it from.
func Present(d *codec.Decoder) *codec.Decoder {
	inner(d).Present()
	return d
}

// Required moves to the field of the given number, and fails unless that is the next one. Its value may be zero. Required
// returns d to read it from. It reads the key and the value of a map's entry.
func Required(d *codec.Decoder, field int) *codec.Decoder {
	inner(d).Required(field)
	return d
}

// inner returns a decoder with its inner methods.
func inner(d *codec.Decoder) *wire.Decoder { return (*wire.Decoder)(d) }

// rowError returns a fault as an error.
func rowError(f *wire.Fault) error {
	if f == nil {
		return nil
	}
	return (*codec.RowError)(f)
}
