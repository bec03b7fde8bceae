package gencode

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/internal/wire"
)

// AppendBools appends a slice of bools, packed; an empty slice is left out.
func AppendBools[S ~[]E, E ~bool](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst = wire.AppendTag(dst, field, wire.Bytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	for _, e := range v {
		dst = codec.AppendKeyBool(dst, e) // the varints 0 and 1 are the bytes 00 and 01
	}
	return dst
}

// AppendInts appends a slice of signed integers, packed zigzag varints; an empty slice is left out.
func AppendInts[S ~[]E, E codec.Signed](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst, at := wire.OpenLength(dst, field)
	for _, e := range v {
		dst = binary.AppendUvarint(dst, wire.Zigzag(int64(e)))
	}
	return wire.CloseLength(dst, at)
}

// AppendUints appends a slice of unsigned integers, packed varints; an empty slice is left out. A []byte is appended with
// codec.AppendBytes.
func AppendUints[S ~[]E, E codec.Unsigned](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst, at := wire.OpenLength(dst, field)
	for _, e := range v {
		dst = binary.AppendUvarint(dst, uint64(e))
	}
	return wire.CloseLength(dst, at)
}

// AppendFloats appends a slice of floats, packed; an empty slice is left out.
func AppendFloats[S ~[]E, E codec.Float](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst = wire.AppendTag(dst, field, wire.Bytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)*wire.FloatSize[E]()))
	for _, e := range v {
		dst = wire.AppendFloatBits(dst, e)
	}
	return dst
}

// AppendStrings appends a slice of strings, one field each, empty ones too; an empty slice is left out.
func AppendStrings[S ~[]E, E ~string](dst []byte, field int, v S) []byte {
	for _, e := range v {
		dst = wire.AppendBytes(dst, field, e)
	}
	return dst
}

// AppendByteSlices appends a slice of byte slices, one field each, empty ones too; an empty slice is left out.
func AppendByteSlices[S ~[]E, E ~[]byte](dst []byte, field int, v S) []byte {
	for _, e := range v {
		dst = wire.AppendBytes(dst, field, e)
	}
	return dst
}

// AppendTimes appends a slice of times, one message each, zero ones too; an empty slice is left out.
func AppendTimes[S ~[]time.Time](dst []byte, field int, v S) []byte {
	for _, e := range v {
		dst = wire.AppendTime(dst, field, e)
	}
	return dst
}

// AppendMessages appends a slice of elements, one length-delimited field each, empty ones too; an empty slice is left
// out. appendTo writes the content of an element: the fields of a struct, the bytes of a [N]byte, or field 1 of the
// wrapper message around an element that is itself a slice, an array or a map.
func AppendMessages[S ~[]E, E any](dst []byte, field int, v S, appendTo func(dst []byte, v *E) []byte) []byte {
	for i := range v {
		dst = wire.AppendMessage(dst, field, &v[i], appendTo)
	}
	return dst
}

// AppendPointers is AppendMessages for a slice of pointers. None of them may be nil: see CheckElement.
func AppendPointers[S ~[]*E, E any](dst []byte, field int, v S, appendTo func(dst []byte, v *E) []byte) []byte {
	for _, e := range v {
		dst = wire.AppendMessage(dst, field, e, appendTo)
	}
	return dst
}

// DecodeBools reads a field that AppendBools wrote.
func DecodeBools[S ~[]E, E ~bool](d *codec.Decoder, v *S) {
	w := inner(d)
	p, n := w.Packed()
	out := make(S, n)
	readBools(w, p, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeInts reads a field that AppendInts wrote. The elements must fit into their type.
func DecodeInts[S ~[]E, E codec.Signed](d *codec.Decoder, v *S) {
	w := inner(d)
	p, n := w.Packed()
	out := make(S, n)
	readInts(w, p, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeUints reads a field that AppendUints wrote. The elements must fit into their type.
func DecodeUints[S ~[]E, E codec.Unsigned](d *codec.Decoder, v *S) {
	w := inner(d)
	p, n := w.Packed()
	out := make(S, n)
	readUints(w, p, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeFloats reads a field that AppendFloats wrote.
func DecodeFloats[S ~[]E, E codec.Float](d *codec.Decoder, v *S) {
	w := inner(d)
	p, n := wire.PackedFloats[E](w)
	out := make(S, n)
	wire.ReadFloats(w, p, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeStrings reads a field that AppendStrings wrote.
func DecodeStrings[S ~[]E, E ~string](d *codec.Decoder, v *S) {
	w := inner(d)
	out := make(S, w.Elements())
	readStrings(w, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeByteSlices reads a field that AppendByteSlices wrote. Empty elements become nil.
func DecodeByteSlices[S ~[]E, E ~[]byte](d *codec.Decoder, v *S) {
	w := inner(d)
	out := make(S, w.Elements())
	readByteSlices(w, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeTimes reads a field that AppendTimes wrote.
func DecodeTimes[S ~[]time.Time](d *codec.Decoder, v *S) {
	w := inner(d)
	out := make(S, w.Elements())
	readTimes(w, out)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeMessages reads a field that AppendMessages wrote. decode decodes the content of an element.
func DecodeMessages[S ~[]E, E any](d *codec.Decoder, v *S, decode func(b []byte, v *E) error) {
	w := inner(d)
	out := make(S, w.Elements())
	readMessages(d, out, decode)
	if w.Fault() == nil {
		*v = out
	}
}

// DecodePointers reads a field that AppendPointers wrote. decode decodes the content of an element.
func DecodePointers[S ~[]*E, E any](d *codec.Decoder, v *S, decode func(b []byte, v *E) error) {
	w := inner(d)
	out := make(S, w.Elements())
	for i := range out {
		out[i] = new(E)
		codec.DecodeMessage(Present(d), out[i], decode)
		w.Again()
	}
	if w.Fault() == nil {
		*v = out
	}
}

// DecodeFixed copies the content b of an element into the [N]byte given as dst = v[:]. There must be exactly N bytes.
func DecodeFixed(b, dst []byte) error { return rowError(wire.CopyFixed(b, dst)) }

func readBools[E ~bool](w *wire.Decoder, p []byte, out []E) {
	i := 0
	for k := range out {
		v, next, ok := w.ReadPacked(p, i)
		if !ok {
			return
		}
		if v > 1 {
			w.FailPacked(p, i, fmt.Sprintf("a bool is 0 or 1, not %d", v))
			return
		}
		out[k] = v == 1
		i = next
	}
}

func readInts[E codec.Signed](w *wire.Decoder, p []byte, out []E) {
	i := 0
	for k := range out {
		u, next, ok := w.ReadPacked(p, i)
		if !ok {
			return
		}
		v := wire.Unzigzag(u)
		out[k] = E(v)
		if int64(out[k]) != v {
			w.FailPacked(p, i, fmt.Sprintf("%d does not fit into the element's type", v))
			return
		}
		i = next
	}
}

func readUints[E codec.Unsigned](w *wire.Decoder, p []byte, out []E) {
	i := 0
	for k := range out {
		v, next, ok := w.ReadPacked(p, i)
		if !ok {
			return
		}
		out[k] = E(v)
		if uint64(out[k]) != v {
			w.FailPacked(p, i, fmt.Sprintf("%d does not fit into the element's type", v))
			return
		}
		i = next
	}
}

// The following functions read the elements of a repeated field after Elements has counted them.

func readStrings[E ~string](w *wire.Decoder, out []E) {
	for i := range out {
		out[i] = E(w.Present().String())
		w.Again()
	}
}

// readByteSlices reports whether an element is not empty.
func readByteSlices[E ~[]byte](w *wire.Decoder, out []E) (nonEmpty bool) {
	for i := range out {
		out[i] = E(w.Present().Bytes())
		nonEmpty = nonEmpty || len(out[i]) > 0
		w.Again()
	}
	return nonEmpty
}

func readTimes(w *wire.Decoder, out []time.Time) {
	for i := range out {
		out[i] = w.Present().Time()
		w.Again()
	}
}

// readMessages reports whether an element is not empty.
func readMessages[E any](d *codec.Decoder, out []E, decode func(b []byte, v *E) error) (nonEmpty bool) {
	w := inner(d)
	for i := range out {
		start := w.Offset()
		codec.DecodeMessage(Present(d), &out[i], decode)
		nonEmpty = nonEmpty || w.Offset() > start+1 // an empty element is only its length byte
		w.Again()
	}
	return nonEmpty
}
