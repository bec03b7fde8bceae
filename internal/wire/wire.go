// Package wire implements the parts of the row format that packages codec and gencode share: tags, varints, lengths,
// floats, times, and a strict decoder. Package codec documents the format.
//
//   - wire.go: writing fields
//   - decoder.go: reading fields
//   - repeated.go: reading the elements of lists, arrays and maps
package wire

import (
	"encoding/binary"
	"math"
	"time"
)

// The wire types of protobuf that rows use. A tag holds one in its low three bits.
const (
	Varint  = 0
	Fixed64 = 1
	Bytes   = 2
	Fixed32 = 5
)

// maxField is the largest field number that protobuf allows.
const maxField = 1<<29 - 1

// The fields of the message that holds a time.
const (
	timeSeconds = 1
	timeNanos   = 2
)

// The largest values of the two fields of a time. time.Time counts seconds from the year 1 in an int64, so larger Unix
// seconds wrap around to a time before all others.
const (
	MaxSeconds = math.MaxInt64 - 62135596800
	MaxNanos   = 999_999_999
)

// AppendTag appends the tag of a field.
func AppendTag(dst []byte, field, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(field)<<3|uint64(wire))
}

// AppendVarint appends a varint field, zero too.
func AppendVarint(dst []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(AppendTag(dst, field, Varint), v)
}

// AppendBytes appends a length-delimited field, an empty one too.
func AppendBytes[T ~string | ~[]byte](dst []byte, field int, v T) []byte {
	dst = AppendTag(dst, field, Bytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	return append(dst, v...)
}

// AppendTime appends a time field, the zero time too.
func AppendTime(dst []byte, field int, v time.Time) []byte {
	dst, at := OpenLength(dst, field)
	if seconds := v.Unix(); seconds != 0 {
		dst = AppendVarint(dst, timeSeconds, Zigzag(seconds))
	}
	if nanos := v.Nanosecond(); nanos != 0 {
		dst = AppendVarint(dst, timeNanos, uint64(nanos))
	}
	return CloseLength(dst, at)
}

// AppendMessage appends a field with the content that appendTo writes for v, an empty one too.
func AppendMessage[T any](dst []byte, field int, v *T, appendTo func(dst []byte, v *T) []byte) []byte {
	dst, at := OpenLength(dst, field)
	return CloseLength(appendTo(dst, v), at)
}

// Zigzag maps 0, -1, 1, -2, … to 0, 1, 2, 3, …, so that small numbers of either sign are short varints.
func Zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// Unzigzag is the inverse of Zigzag.
func Unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// OpenLength appends a tag and one byte for a length that is not known yet, and returns the offset of that byte.
func OpenLength(dst []byte, field int) (opened []byte, at int) {
	dst = AppendTag(dst, field, Bytes)
	return append(dst, 0), len(dst)
}

// CloseLength writes the length of dst[at+1:] at the offset that OpenLength returned. A length of 128 or more needs
// further bytes, so the content moves up.
func CloseLength(dst []byte, at int) []byte {
	n := len(dst) - at - 1
	if n < 0x80 {
		dst[at] = byte(n)
		return dst
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	dst = append(dst, length[1:size]...) // any bytes: the copy overwrites them
	copy(dst[at+size:], dst[at+1:at+1+n])
	copy(dst[at:], length[:size])
	return dst
}

// Float is every floating-point type.
type Float interface {
	~float32 | ~float64
}

// single reports whether T has 32 bits: 1/3 has another value there than in 64 bits.
func single[T Float]() bool { return float64(T(1)/3) != float64(1)/3 }

// FloatSize returns the number of bytes of a float.
func FloatSize[T Float]() int {
	if single[T]() {
		return 4
	}
	return 8
}

// floatWire returns the wire type of a float.
func floatWire[T Float]() int {
	if single[T]() {
		return Fixed32
	}
	return Fixed64
}

// AppendFloat appends a float field, zero too.
func AppendFloat[T Float](dst []byte, field int, v T) []byte {
	return AppendFloatBits(AppendTag(dst, field, floatWire[T]()), v)
}

// AppendFloatBits appends the bytes of a float.
func AppendFloatBits[T Float](dst []byte, v T) []byte {
	if single[T]() {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v)))
	}
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(v)))
}

// AllZero reports whether every element is the zero value.
func AllZero[E comparable](v []E) bool {
	var zero E
	for i := range v {
		if v[i] != zero {
			return false
		}
	}
	return true
}
