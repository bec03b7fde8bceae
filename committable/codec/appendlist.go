package codec

import (
	"encoding/binary"
	"time"
)

// AppendBools appends a slice of bools, packed; an empty slice is left out.
func AppendBools[S ~[]E, E ~bool](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst = appendTag(dst, field, wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	for _, e := range v {
		dst = AppendKeyBool(dst, e) // the varints 0 and 1 are the bytes 00 and 01
	}
	return dst
}

// AppendInts appends a slice of signed integers, packed zigzag varints; an empty slice is left out.
func AppendInts[S ~[]E, E Signed](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst, at := openLength(dst, field)
	for _, e := range v {
		dst = binary.AppendUvarint(dst, zigzag(int64(e)))
	}
	return closeLength(dst, at)
}

// AppendUints appends a slice of unsigned integers, packed varints; an empty slice is left out. A []byte is
// AppendBytes instead.
func AppendUints[S ~[]E, E Unsigned](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst, at := openLength(dst, field)
	for _, e := range v {
		dst = binary.AppendUvarint(dst, uint64(e))
	}
	return closeLength(dst, at)
}

// AppendStrings appends a slice of strings, one field each, empty ones too; an empty slice is left out.
func AppendStrings[S ~[]E, E ~string](dst []byte, field int, v S) []byte {
	for _, e := range v {
		dst = AppendPresentString(dst, field, e)
	}
	return dst
}

// AppendByteSlices appends a slice of byte slices, one field each, empty ones too; an empty slice is left out.
func AppendByteSlices[S ~[]E, E ~[]byte](dst []byte, field int, v S) []byte {
	for _, e := range v {
		dst = AppendPresentBytes(dst, field, e)
	}
	return dst
}

// AppendTimes appends a slice of times, one message each, zero ones too; an empty slice is left out.
func AppendTimes[S ~[]time.Time](dst []byte, field int, v S) []byte {
	for _, e := range v {
		dst = AppendPresentTime(dst, field, e)
	}
	return dst
}

// AppendMessages appends a slice of elements, one length-delimited field each, empty ones too; an empty slice is left
// out. appendTo writes the inside of an element: the fields of a struct, the bytes of a [N]byte, or field 1 of a wrapper
// message whose element is itself a slice or an array.
func AppendMessages[S ~[]E, E any](dst []byte, field int, v S, appendTo func(dst []byte, v *E) []byte) []byte {
	for i := range v {
		dst = AppendPresentMessage(dst, field, &v[i], appendTo)
	}
	return dst
}

// AppendBoolArray appends the [N]bool given as v[:], packed; all false is left out.
func AppendBoolArray[E ~bool](dst []byte, field int, v []E) []byte {
	if allZero(v) {
		return dst
	}
	return AppendBools(dst, field, v)
}

// AppendIntArray appends an array of signed integers given as v[:], packed; all zero is left out.
func AppendIntArray[E Signed](dst []byte, field int, v []E) []byte {
	if allZero(v) {
		return dst
	}
	return AppendInts(dst, field, v)
}

// AppendUintArray appends an array of unsigned integers given as v[:], packed; all zero is left out. A [N]byte is
// AppendFixed instead.
func AppendUintArray[E Unsigned](dst []byte, field int, v []E) []byte {
	if allZero(v) {
		return dst
	}
	return AppendUints(dst, field, v)
}

// AppendStringArray appends the [N]string given as v[:], one field each; all empty is left out.
func AppendStringArray[E ~string](dst []byte, field int, v []E) []byte {
	if allZero(v) {
		return dst
	}
	return AppendStrings(dst, field, v)
}

// AppendByteSliceArray appends the [N][]byte given as v[:], one field each; all empty is left out.
func AppendByteSliceArray[E ~[]byte](dst []byte, field int, v []E) []byte {
	for i := range v {
		if len(v[i]) > 0 {
			return AppendByteSlices(dst, field, v)
		}
	}
	return dst
}

// AppendFixedArray appends the [N][M]byte given as v[:], one field each; all zero is left out. appendTo appends the
// bytes of an element as they are.
func AppendFixedArray[E comparable](dst []byte, field int, v []E, appendTo func(dst []byte, v *E) []byte) []byte {
	if allZero(v) {
		return dst
	}
	return AppendMessages(dst, field, v, appendTo)
}

// AppendTimeArray appends the [N]time.Time given as v[:], one message each; all zero is left out.
func AppendTimeArray(dst []byte, field int, v []time.Time) []byte {
	for i := range v {
		if !v[i].IsZero() {
			return AppendTimes(dst, field, v)
		}
	}
	return dst
}

// AppendMessageArray appends an array of structs, or of the wrapper messages of nested arrays and slices, given as v[:],
// one field each; if all of them are empty, they are left out.
func AppendMessageArray[E any](dst []byte, field int, v []E, appendTo func(dst []byte, v *E) []byte) []byte {
	start := len(dst)
	empty := true
	for i := range v {
		var at int
		dst, at = openLength(dst, field)
		dst = appendTo(dst, &v[i])
		empty = empty && len(dst) == at+1
		dst = closeLength(dst, at)
	}
	if empty {
		return dst[:start]
	}
	return dst
}
