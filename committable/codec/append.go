package codec

import (
	"encoding/binary"
	"time"
)

// AppendBool appends a bool field; false is left out.
func AppendBool[T ~bool](dst []byte, field int, v T) []byte {
	if !v {
		return dst
	}
	return AppendPresentBool(dst, field, v)
}

// AppendInt appends a signed integer as a zigzag varint; zero is left out.
func AppendInt[T Signed](dst []byte, field int, v T) []byte {
	if v == 0 {
		return dst
	}
	return AppendPresentInt(dst, field, v)
}

// AppendUint appends an unsigned integer as a varint; zero is left out.
func AppendUint[T Unsigned](dst []byte, field int, v T) []byte {
	if v == 0 {
		return dst
	}
	return AppendPresentUint(dst, field, v)
}

// AppendString appends a string, which must be valid UTF-8 (see CheckString); the empty one is left out.
func AppendString[T ~string](dst []byte, field int, v T) []byte {
	if v == "" {
		return dst
	}
	return AppendPresentString(dst, field, v)
}

// AppendBytes appends a byte slice; an empty one is left out, nil or not.
func AppendBytes[T ~[]byte](dst []byte, field int, v T) []byte {
	if len(v) == 0 {
		return dst
	}
	return AppendPresentBytes(dst, field, v)
}

// AppendFixed appends the bytes of a [N]byte, given as v[:]; all zero is left out.
func AppendFixed(dst []byte, field int, v []byte) []byte {
	if allZero(v) {
		return dst
	}
	return AppendPresentBytes(dst, field, v)
}

// AppendTime appends a time as a message of its Unix seconds and nanoseconds; one that IsZero is left out. The location
// and the monotonic reading are not stored. A time that CheckTime refuses can't be decoded again.
func AppendTime(dst []byte, field int, v time.Time) []byte {
	if v.IsZero() {
		return dst
	}
	return AppendPresentTime(dst, field, v)
}

// AppendMessage appends what appendTo writes for v as a nested message; an empty one is left out.
//
//	dst = codec.AppendMessage(dst, 5, &v.Address, appendAddress)
func AppendMessage[T any](dst []byte, field int, v *T, appendTo func(dst []byte, v *T) []byte) []byte {
	start := len(dst)
	dst, at := openLength(dst, field)
	dst = appendTo(dst, v)
	if len(dst) == at+1 {
		return dst[:start]
	}
	return closeLength(dst, at)
}

// AppendPresentBool is AppendBool for a value whose presence means something: it writes false as well.
func AppendPresentBool[T ~bool](dst []byte, field int, v T) []byte {
	return AppendKeyBool(appendTag(dst, field, wireVarint), v) // the varints 0 and 1 are the bytes 00 and 01
}

// AppendPresentInt is AppendInt for a value whose presence means something: it writes zero as well.
func AppendPresentInt[T Signed](dst []byte, field int, v T) []byte {
	return binary.AppendUvarint(appendTag(dst, field, wireVarint), zigzag(int64(v)))
}

// AppendPresentUint is AppendUint for a value whose presence means something: it writes zero as well.
func AppendPresentUint[T Unsigned](dst []byte, field int, v T) []byte {
	return binary.AppendUvarint(appendTag(dst, field, wireVarint), uint64(v))
}

// AppendPresentString is AppendString for a value whose presence means something: it writes the empty string as well.
func AppendPresentString[T ~string](dst []byte, field int, v T) []byte {
	dst = appendTag(dst, field, wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	return append(dst, v...)
}

// AppendPresentBytes is AppendBytes, or AppendFixed, for a value whose presence means something: it writes empty and
// all-zero bytes as well.
func AppendPresentBytes[T ~[]byte](dst []byte, field int, v T) []byte {
	dst = appendTag(dst, field, wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	return append(dst, v...)
}

// AppendPresentTime is AppendTime for a value whose presence means something: it writes the zero time as well.
func AppendPresentTime(dst []byte, field int, v time.Time) []byte {
	dst, at := openLength(dst, field)
	dst = AppendInt(dst, timeSeconds, v.Unix())
	dst = AppendUint(dst, timeNanos, uint32(v.Nanosecond()))
	return closeLength(dst, at)
}

// AppendPresentMessage is AppendMessage for a value whose presence means something: it writes an empty message as well.
func AppendPresentMessage[T any](dst []byte, field int, v *T, appendTo func(dst []byte, v *T) []byte) []byte {
	dst, at := openLength(dst, field)
	return closeLength(appendTo(dst, v), at)
}
