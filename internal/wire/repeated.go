package wire

import (
	"bytes"
	"fmt"
)

// Packed reads the content of a packed field and returns the number of its varints. The number is right only if all of
// them are valid, which ReadPacked checks.
func (d *Decoder) Packed() (p []byte, n int) {
	p = d.Content()
	for _, c := range p {
		if c < 0x80 {
			n++
		}
	}
	if len(p) > 0 && p[len(p)-1] >= 0x80 {
		d.Fail(d.off, "truncated varint")
		return nil, 0
	}
	return p, n
}

// ReadPacked reads the varint at the offset i of the packed content p and returns the offset behind it.
func (d *Decoder) ReadPacked(p []byte, i int) (v uint64, next int, ok bool) {
	v, size, reason := uvarint(p[i:])
	if reason != "" {
		d.FailPacked(p, i, reason)
		return 0, 0, false
	}
	return v, i + size, true
}

// FailPacked records a fault at the offset i of the packed content p, which was read last.
func (d *Decoder) FailPacked(p []byte, i int, reason string) { d.Fail(d.off-len(p)+i, reason) }

// PackedFloats reads the content of a packed field and returns the number of its floats.
func PackedFloats[E Float](d *Decoder) (p []byte, n int) {
	p = d.Content()
	size := FloatSize[E]()
	if len(p)%size != 0 {
		d.FailPacked(p, 0, fmt.Sprintf("length %d is not a multiple of %d", len(p), size))
		return nil, 0
	}
	return p, len(p) / size
}

// ReadFloats reads the floats of the packed content p.
func ReadFloats[E Float](d *Decoder, p []byte, out []E) {
	size := FloatSize[E]()
	for k := range out {
		out[k] = E(d.floatOf(p[k*size:(k+1)*size], d.off-len(p)+k*size))
	}
}

// Elements counts the elements of the current field, a repeated one, without reading them, so that a list can be
// allocated once. It fails, and returns zero, unless the bytes of all elements are there.
//
// Each element is then read as a field of its own, with Present and Again around it.
func (d *Decoder) Elements() int {
	ahead := *d
	n := 0
	for more := true; more; more = ahead.Again() {
		ahead.Present().Content()
		n++
	}
	if ahead.fault != nil {
		d.fault = ahead.fault
		return 0
	}
	return n
}

// Again moves to the next element of a repeated field and reports whether there is one: whether the tag of the current
// field follows once more.
func (d *Decoder) Again() bool {
	if d.fault != nil || !bytes.HasPrefix(d.b[d.off:], d.b[d.tag:d.value]) {
		return false
	}
	size := d.value - d.tag
	d.tag = d.off
	d.off += size
	d.value = d.off
	d.unread = true
	return true
}

// Tag returns the offset of the current field's tag.
func (d *Decoder) Tag() int { return d.tag }

// Offset returns the offset of the first unread byte.
func (d *Decoder) Offset() int { return d.off }

// NeedLen fails unless an array has as many elements as its type, and reports whether there is no fault.
func (d *Decoder) NeedLen(found, need int) bool {
	if d.fault == nil && found != need {
		d.Fail(d.value, fmt.Sprintf("has %d elements, but its array needs %d", found, need))
	}
	return d.fault == nil
}

// NeedNonZero fails for an array whose elements are all zero, which must be left out. Its first tag is at the given
// offset.
func (d *Decoder) NeedNonZero(tag int, nonZero bool) {
	if !nonZero {
		d.Fail(tag, zeroReason)
	}
}
