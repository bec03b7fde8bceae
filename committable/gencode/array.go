package gencode

import (
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/internal/wire"
)

// AppendBoolArray appends the [N]bool given as v[:], packed; an array of false is left out.
func AppendBoolArray[E ~bool](dst []byte, field int, v []E) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return AppendBools(dst, field, v)
}

// AppendIntArray appends an array of signed integers given as v[:], packed; an array of zeros is left out.
func AppendIntArray[E codec.Signed](dst []byte, field int, v []E) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return AppendInts(dst, field, v)
}

// AppendUintArray appends an array of unsigned integers given as v[:], packed; an array of zeros is left out. A [N]byte is
// appended with codec.AppendFixed.
func AppendUintArray[E codec.Unsigned](dst []byte, field int, v []E) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return AppendUints(dst, field, v)
}

// AppendFloatArray appends an array of floats given as v[:], packed; an array of zeros is left out.
func AppendFloatArray[E codec.Float](dst []byte, field int, v []E) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return AppendFloats(dst, field, v)
}

// AppendStringArray appends the [N]string given as v[:], one field each; an array of empty strings is left out.
func AppendStringArray[E ~string](dst []byte, field int, v []E) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return AppendStrings(dst, field, v)
}

// AppendByteSliceArray appends the [N][]byte given as v[:], one field each; an array of empty slices is left out.
func AppendByteSliceArray[E ~[]byte](dst []byte, field int, v []E) []byte {
	for i := range v {
		if len(v[i]) > 0 {
			return AppendByteSlices(dst, field, v)
		}
	}
	return dst
}

// AppendFixedArray appends the [N][M]byte given as v[:], one field each; an array of zeros is left out. appendTo appends
// the bytes of an element.
func AppendFixedArray[E comparable](dst []byte, field int, v []E, appendTo func(dst []byte, v *E) []byte) []byte {
	if wire.AllZero(v) {
		return dst
	}
	return AppendMessages(dst, field, v, appendTo)
}

// AppendTimeArray appends the [N]time.Time given as v[:], one message each; an array of zero times is left out.
func AppendTimeArray(dst []byte, field int, v []time.Time) []byte {
	for i := range v {
		if !v[i].IsZero() {
			return AppendTimes(dst, field, v)
		}
	}
	return dst
}

// AppendMessageArray appends an array given as v[:], one field for each element, unless all of them have no content. See
// AppendMessages for appendTo.
func AppendMessageArray[E any](dst []byte, field int, v []E, appendTo func(dst []byte, v *E) []byte) []byte {
	start := len(dst)
	empty := true
	for i := range v {
		var at int
		dst, at = wire.OpenLength(dst, field)
		dst = appendTo(dst, &v[i])
		empty = empty && len(dst) == at+1
		dst = wire.CloseLength(dst, at)
	}
	if empty {
		return dst[:start]
	}
	return dst
}

// DecodeBoolArray reads a field that AppendBoolArray wrote into the [N]bool given as v[:].
func DecodeBoolArray[E ~bool](d *codec.Decoder, v []E) {
	w := inner(d)
	p, n := w.Packed()
	if w.NeedLen(n, len(v)) {
		readBools(w, p, v)
		w.NeedNonZero(w.Tag(), !wire.AllZero(v))
	}
}

// DecodeIntArray reads a field that AppendIntArray wrote into the array given as v[:]. The elements must fit into their
// type.
func DecodeIntArray[E codec.Signed](d *codec.Decoder, v []E) {
	w := inner(d)
	p, n := w.Packed()
	if w.NeedLen(n, len(v)) {
		readInts(w, p, v)
		w.NeedNonZero(w.Tag(), !wire.AllZero(v))
	}
}

// DecodeUintArray reads a field that AppendUintArray wrote into the array given as v[:]. The elements must fit into their
// type.
func DecodeUintArray[E codec.Unsigned](d *codec.Decoder, v []E) {
	w := inner(d)
	p, n := w.Packed()
	if w.NeedLen(n, len(v)) {
		readUints(w, p, v)
		w.NeedNonZero(w.Tag(), !wire.AllZero(v))
	}
}

// DecodeFloatArray reads a field that AppendFloatArray wrote into the array given as v[:].
func DecodeFloatArray[E codec.Float](d *codec.Decoder, v []E) {
	w := inner(d)
	p, n := wire.PackedFloats[E](w)
	if w.NeedLen(n, len(v)) {
		wire.ReadFloats(w, p, v)
		w.NeedNonZero(w.Tag(), !wire.AllZero(v))
	}
}

// DecodeStringArray reads a field that AppendStringArray wrote into the [N]string given as v[:].
func DecodeStringArray[E ~string](d *codec.Decoder, v []E) {
	w := inner(d)
	first := w.Tag()
	if w.NeedLen(w.Elements(), len(v)) {
		readStrings(w, v)
		w.NeedNonZero(first, !wire.AllZero(v))
	}
}

// DecodeByteSliceArray reads a field that AppendByteSliceArray wrote into the [N][]byte given as v[:].
func DecodeByteSliceArray[E ~[]byte](d *codec.Decoder, v []E) {
	w := inner(d)
	first := w.Tag()
	if w.NeedLen(w.Elements(), len(v)) {
		w.NeedNonZero(first, readByteSlices(w, v))
	}
}

// DecodeFixedArray reads a field that AppendFixedArray wrote into the [N][M]byte given as v[:]. decode decodes an element
// with DecodeFixed.
func DecodeFixedArray[E comparable](d *codec.Decoder, v []E, decode func(b []byte, v *E) error) {
	w := inner(d)
	first := w.Tag()
	if w.NeedLen(w.Elements(), len(v)) {
		readMessages(d, v, decode)
		w.NeedNonZero(first, !wire.AllZero(v))
	}
}

// DecodeTimeArray reads a field that AppendTimeArray wrote into the [N]time.Time given as v[:].
func DecodeTimeArray(d *codec.Decoder, v []time.Time) {
	w := inner(d)
	first := w.Tag()
	if w.NeedLen(w.Elements(), len(v)) {
		readTimes(w, v)
		w.NeedNonZero(first, !wire.AllZero(v)) // decoded times are normalized, so == finds zero times
	}
}

// DecodeMessageArray reads a field that AppendMessageArray wrote into the array given as v[:], whose elements must be
// zero.
func DecodeMessageArray[E any](d *codec.Decoder, v []E, decode func(b []byte, v *E) error) {
	w := inner(d)
	first := w.Tag()
	if w.NeedLen(w.Elements(), len(v)) {
		w.NeedNonZero(first, readMessages(d, v, decode))
	}
}
