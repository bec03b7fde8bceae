package codec

import (
	"encoding/binary"
	"strings"
	"time"
)

const (
	// A string in a key ends with keyEscape keyEnd. A zero byte inside it is keyEscape keyZero. The end sorts before every
	// continuation, so a string sorts before its extensions.
	keyEscape = 0x00
	keyEnd    = 0x01
	keyZero   = 0xFF

	sign8  = 1 << 7
	sign16 = 1 << 15
	sign32 = 1 << 31
	sign64 = 1 << 63
)

// AppendKeyBool appends one byte: 00 for false, 01 for true.
func AppendKeyBool[T ~bool](dst []byte, v T) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendKeyInt8 appends one byte, its sign bit flipped.
func AppendKeyInt8[T ~int8](dst []byte, v T) []byte {
	return append(dst, uint8(v)^sign8)
}

// AppendKeyInt16 appends two bytes, big-endian, the sign bit flipped.
func AppendKeyInt16[T ~int16](dst []byte, v T) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(v)^sign16)
}

// AppendKeyInt32 appends four bytes, big-endian, the sign bit flipped.
func AppendKeyInt32[T ~int32](dst []byte, v T) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(v)^sign32)
}

// AppendKeyInt64 appends eight bytes, big-endian, the sign bit flipped. An int has 64 bits in keys on every machine.
func AppendKeyInt64[T ~int | ~int64](dst []byte, v T) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v)^sign64)
}

// AppendKeyUint8 appends one byte.
func AppendKeyUint8[T ~uint8](dst []byte, v T) []byte {
	return append(dst, uint8(v))
}

// AppendKeyUint16 appends two bytes, big-endian.
func AppendKeyUint16[T ~uint16](dst []byte, v T) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(v))
}

// AppendKeyUint32 appends four bytes, big-endian.
func AppendKeyUint32[T ~uint32](dst []byte, v T) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(v))
}

// AppendKeyUint64 appends eight bytes, big-endian. A uint has 64 bits in keys on every machine.
func AppendKeyUint64[T ~uint | ~uint64](dst []byte, v T) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v))
}

// AppendKeyString appends the bytes of v with every 00 written as 00 FF, and then 00 01.
func AppendKeyString[T ~string](dst []byte, v T) []byte {
	s := string(v)
	for {
		i := strings.IndexByte(s, keyEscape)
		if i < 0 {
			break
		}
		dst = append(dst, s[:i]...)
		dst = append(dst, keyEscape, keyZero)
		s = s[i+1:]
	}
	dst = append(dst, s...)
	return append(dst, keyEscape, keyEnd)
}

// AppendKeyFixed appends the bytes of a [N]byte, given as v[:]. Never pass slices of different lengths: then one component
// could be a prefix of another one.
func AppendKeyFixed(dst, b []byte) []byte {
	return append(dst, b...)
}

// AppendKeyTime appends twelve bytes: the Unix seconds as AppendKeyInt64 does and the nanoseconds as AppendKeyUint32
// does. The location is not stored. Times that CheckTime refuses are out of order.
func AppendKeyTime(dst []byte, v time.Time) []byte {
	dst = AppendKeyInt64(dst, v.Unix())
	return binary.BigEndian.AppendUint32(dst, uint32(v.Nanosecond()))
}

// Descend inverts every byte of dst[from:], so that the component there sorts in descending order, and returns dst:
//
//	from := len(dst)
//	dst = codec.Descend(codec.AppendKeyTime(dst, v.Opened), from)
func Descend(dst []byte, from int) []byte {
	for i := from; i < len(dst); i++ {
		dst[i] ^= 0xFF
	}
	return dst
}
