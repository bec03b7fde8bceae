package codec

import (
	"time"

	"github.com/gencommittable/gencommittable/internal/wire"
)

// Signed is the constraint of signed integers. Rows store them as zigzag varints.
type Signed interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

// Unsigned is the constraint of unsigned integers, except uintptr. Rows store them as varints.
type Unsigned interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Float is the constraint of floating-point numbers. Rows store them as protobuf's float and double.
type Float interface {
	~float32 | ~float64
}

// AppendBool appends a bool field; false is left out.
func AppendBool[T ~bool](dst []byte, field int, v T) []byte {
	if !v {
		return dst
	}
	return wire.AppendVarint(dst, field, 1)
}

// AppendInt appends a signed integer; zero is left out.
func AppendInt[T Signed](dst []byte, field int, v T) []byte {
	if v == 0 {
		return dst
	}
	return wire.AppendVarint(dst, field, wire.Zigzag(int64(v)))
}

// AppendUint appends an unsigned integer; zero is left out.
func AppendUint[T Unsigned](dst []byte, field int, v T) []byte {
	if v == 0 {
		return dst
	}
	return wire.AppendVarint(dst, field, uint64(v))
}

// AppendFloat appends a float; zero and negative zero are left out. A Decoder refuses NaN, so call CheckFloat before the
// row is stored.
func AppendFloat[T Float](dst []byte, field int, v T) []byte {
	if v == 0 {
		return dst
	}
	return wire.AppendFloat(dst, field, v)
}

// AppendString appends a string; the empty one is left out. A Decoder refuses invalid UTF-8, so call CheckString before
// the row is stored.
func AppendString[T ~string](dst []byte, field int, v T) []byte {
	if v == "" {
		return dst
	}
	return wire.AppendBytes(dst, field, v)
}

// AppendBytes appends a byte slice; nil and an empty slice are left out.
func AppendBytes[T ~[]byte](dst []byte, field int, v T) []byte {
	if len(v) == 0 {
		return dst
	}
	return wire.AppendBytes(dst, field, v)
}

// AppendFixed appends the bytes of a [N]byte, given as v[:]; an array of zeros is left out.
func AppendFixed(dst []byte, field int, v []byte) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return wire.AppendBytes(dst, field, v)
}

// AppendTime appends a time as a message of its Unix seconds and nanoseconds; the zero time is left out. The location and
// the monotonic clock reading are not stored. A Decoder refuses some times, so call CheckTime before the row is stored.
func AppendTime(dst []byte, field int, v time.Time) []byte {
	if v.IsZero() {
		return dst
	}
	return wire.AppendTime(dst, field, v)
}

// AppendMessage appends a nested message with the content that appendTo writes for v; a message without content is left
// out.
//
//	dst = codec.AppendMessage(dst, 5, &v.Address, appendAddress)
func AppendMessage[T any](dst []byte, field int, v *T, appendTo func(dst []byte, v *T) []byte) []byte {
	start := len(dst)
	dst, at := wire.OpenLength(dst, field)
	dst = appendTo(dst, v)
	if len(dst) == at+1 {
		return dst[:start]
	}
	return wire.CloseLength(dst, at)
}
