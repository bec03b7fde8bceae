package codec

import (
	"fmt"
	"time"
)

// DecodeBools reads what AppendBools wrote.
func DecodeBools[S ~[]E, E ~bool](d *Decoder, v *S) {
	p, n := d.packed()
	out := make(S, n)
	readBools(d, p, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeInts reads what AppendInts wrote, and fails if an element does not fit its type.
func DecodeInts[S ~[]E, E Signed](d *Decoder, v *S) {
	p, n := d.packed()
	out := make(S, n)
	readInts(d, p, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeUints reads what AppendUints wrote, and fails if an element does not fit its type.
func DecodeUints[S ~[]E, E Unsigned](d *Decoder, v *S) {
	p, n := d.packed()
	out := make(S, n)
	readUints(d, p, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeStrings reads what AppendStrings wrote.
func DecodeStrings[S ~[]E, E ~string](d *Decoder, v *S) {
	out := make(S, d.countElements())
	readStrings(d, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeByteSlices reads what AppendByteSlices wrote; empty elements are nil.
func DecodeByteSlices[S ~[]E, E ~[]byte](d *Decoder, v *S) {
	out := make(S, d.countElements())
	readByteSlices(d, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeTimes reads what AppendTimes wrote.
func DecodeTimes[S ~[]time.Time](d *Decoder, v *S) {
	out := make(S, d.countElements())
	readTimes(d, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeMessages reads what AppendMessages wrote, each element with the function that decodes its content.
func DecodeMessages[S ~[]E, E any](d *Decoder, v *S, decode func(b []byte, v *E) error) {
	out := make(S, d.countElements())
	readMessages(d, out, decode)
	if d.err == nil {
		*v = out
	}
}

// DecodeBoolArray reads what AppendBoolArray wrote into the [N]bool given as v[:].
func DecodeBoolArray[E ~bool](d *Decoder, v []E) {
	p, n := d.packed()
	if d.needElements(n, len(v)) {
		readBools(d, p, v)
		d.needNonZero(d.tag, !allZero(v))
	}
}

// DecodeIntArray reads what AppendIntArray wrote into the array given as v[:], and fails if an element does not fit.
func DecodeIntArray[E Signed](d *Decoder, v []E) {
	p, n := d.packed()
	if d.needElements(n, len(v)) {
		readInts(d, p, v)
		d.needNonZero(d.tag, !allZero(v))
	}
}

// DecodeUintArray reads what AppendUintArray wrote into the array given as v[:], and fails if an element does not fit.
func DecodeUintArray[E Unsigned](d *Decoder, v []E) {
	p, n := d.packed()
	if d.needElements(n, len(v)) {
		readUints(d, p, v)
		d.needNonZero(d.tag, !allZero(v))
	}
}

// DecodeStringArray reads what AppendStringArray wrote into the [N]string given as v[:].
func DecodeStringArray[E ~string](d *Decoder, v []E) {
	first := d.tag
	if d.needElements(d.countElements(), len(v)) {
		readStrings(d, v)
		d.needNonZero(first, !allZero(v))
	}
}

// DecodeByteSliceArray reads what AppendByteSliceArray wrote into the [N][]byte given as v[:].
func DecodeByteSliceArray[E ~[]byte](d *Decoder, v []E) {
	first := d.tag
	if d.needElements(d.countElements(), len(v)) {
		d.needNonZero(first, readByteSlices(d, v))
	}
}

// DecodeFixedArray reads what AppendFixedArray wrote into the [N][M]byte given as v[:]; decode is DecodeFixed with the
// element's v[:].
func DecodeFixedArray[E comparable](d *Decoder, v []E, decode func(b []byte, v *E) error) {
	first := d.tag
	if d.needElements(d.countElements(), len(v)) {
		readMessages(d, v, decode)
		d.needNonZero(first, !allZero(v))
	}
}

// DecodeTimeArray reads what AppendTimeArray wrote into the [N]time.Time given as v[:].
func DecodeTimeArray(d *Decoder, v []time.Time) {
	first := d.tag
	if d.needElements(d.countElements(), len(v)) {
		readTimes(d, v)
		d.needNonZero(first, !allZero(v)) // == is right for times just decoded
	}
}

// DecodeMessageArray reads what AppendMessageArray wrote into the array given as v[:], whose elements must be zero.
func DecodeMessageArray[E any](d *Decoder, v []E, decode func(b []byte, v *E) error) {
	first := d.tag
	if d.needElements(d.countElements(), len(v)) {
		d.needNonZero(first, readMessages(d, v, decode))
	}
}

// packed reads the content of a packed field and tells how many varints are in it. It is right about their number only
// if each of them is a varint, which reading them will tell.
func (d *Decoder) packed() (p []byte, n int) {
	p = d.content()
	for _, c := range p {
		if c < 0x80 {
			n++
		}
	}
	if len(p) > 0 && p[len(p)-1] >= 0x80 {
		d.fail(d.off, "the varint is cut off")
		return nil, 0
	}
	return p, n
}

// readPacked reads the varint at the offset i of the packed content p and returns the offset behind it.
func (d *Decoder) readPacked(p []byte, i int) (v uint64, next int, ok bool) {
	v, size, reason := uvarint(p[i:])
	if reason != "" {
		d.fail(d.off-len(p)+i, reason)
		return 0, 0, false
	}
	return v, i + size, true
}

func readBools[E ~bool](d *Decoder, p []byte, out []E) {
	i := 0
	for k := range out {
		v, next, ok := d.readPacked(p, i)
		if !ok {
			return
		}
		if v > 1 {
			d.fail(d.off-len(p)+i, fmt.Sprintf("a bool is 0 or 1, not %d", v))
			return
		}
		out[k] = v == 1
		i = next
	}
}

func readInts[E Signed](d *Decoder, p []byte, out []E) {
	i := 0
	for k := range out {
		u, next, ok := d.readPacked(p, i)
		if !ok {
			return
		}
		v := unzigzag(u)
		out[k] = E(v)
		if int64(out[k]) != v {
			d.fail(d.off-len(p)+i, fmt.Sprintf("%d does not fit into the element's type", v))
			return
		}
		i = next
	}
}

func readUints[E Unsigned](d *Decoder, p []byte, out []E) {
	i := 0
	for k := range out {
		v, next, ok := d.readPacked(p, i)
		if !ok {
			return
		}
		out[k] = E(v)
		if uint64(out[k]) != v {
			d.fail(d.off-len(p)+i, fmt.Sprintf("%d does not fit into the element's type", v))
			return
		}
		i = next
	}
}

// The following read the elements of a repeated field that countElements has counted: they are all there.

func readStrings[E ~string](d *Decoder, out []E) {
	for i := range out {
		out[i] = E(d.Present().String())
		d.again()
	}
}

// readByteSlices tells whether any element is not empty.
func readByteSlices[E ~[]byte](d *Decoder, out []E) (nonEmpty bool) {
	for i := range out {
		out[i] = E(d.Present().Bytes())
		nonEmpty = nonEmpty || len(out[i]) > 0
		d.again()
	}
	return nonEmpty
}

func readTimes(d *Decoder, out []time.Time) {
	for i := range out {
		out[i] = d.Present().Time()
		d.again()
	}
}

// readMessages tells whether any element is not empty.
func readMessages[E any](d *Decoder, out []E, decode func(b []byte, v *E) error) (nonEmpty bool) {
	for i := range out {
		start := d.off
		DecodeMessage(d.Present(), &out[i], decode)
		nonEmpty = nonEmpty || d.off > start+1 // an empty element is only its length byte
		d.again()
	}
	return nonEmpty
}

// needElements fails unless an array of so many elements has been found whole.
func (d *Decoder) needElements(found, need int) bool {
	if d.err == nil && found != need {
		d.fail(d.value, fmt.Sprintf("has %d elements, but its array needs %d", found, need))
	}
	return d.err == nil
}

// needNonZero fails for an array of nothing but zero elements, which must be left out.
func (d *Decoder) needNonZero(tag int, nonZero bool) {
	if !nonZero {
		d.fail(tag, zeroReason)
	}
}
