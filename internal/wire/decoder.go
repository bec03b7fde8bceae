package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Fault says where and why bytes are not the canonical encoding of a row. It has the fields of codec.RowError, so that
// a pointer to one converts to a pointer to the other.
type Fault struct {
	Field  []int
	Offset int
	Reason string
	Cause  error
}

// zeroReason is the fault of a zero value that is not left out.
const zeroReason = "a zero value must be left out"

// Decoder reads the fields of one message. Package codec documents it: codec.Decoder is this type with other methods.
type Decoder struct {
	b       []byte
	off     int // first unread byte
	tag     int // offset of the current field's tag
	value   int // offset of the current field's value
	field   int
	wire    int
	unread  bool   // the current field's value is not read yet
	present bool   // the next value may be zero
	fault   *Fault // the first one
}

// NewDecoder returns a decoder of the message b.
func NewDecoder(b []byte) Decoder { return Decoder{b: b} }

// Fault returns the first fault, or nil.
func (d *Decoder) Fault() *Fault { return d.fault }

// Next moves to the next field and reports whether there is one.
func (d *Decoder) Next() bool {
	switch {
	case d.fault != nil:
		return false
	case d.unread:
		d.Fail(d.tag, "the field was not read; read it, or call Unknown")
		return false
	case d.off == len(d.b):
		return false
	}
	last := d.field
	d.tag = d.off
	d.field = 0 // until the tag is read, a fault has no field
	tag, ok := d.uvarint()
	if !ok {
		return false
	}
	if number := tag >> 3; number == 0 || number > maxField {
		d.Fail(d.tag, fmt.Sprintf("invalid field number %d", number))
		return false
	}
	d.field, d.wire, d.value = int(tag>>3), int(tag&7), d.off
	switch {
	case d.field == last:
		d.Fail(d.tag, "duplicate field")
	case d.field < last:
		d.Fail(d.tag, fmt.Sprintf("fields must ascend, but this one follows field %d", last))
	}
	d.unread = d.fault == nil
	return d.unread
}

// Field returns the number of the current field.
func (d *Decoder) Field() int { return d.field }

// Unknown fails because the type of the message has no such field.
func (d *Decoder) Unknown() {
	d.Fail(d.tag, "unknown field; the row may have a newer schema")
}

// Present allows the next value to be zero.
func (d *Decoder) Present() *Decoder {
	d.present = true
	return d
}

// TakePresent reports whether the next value may be zero, and ends the effect of Present.
func (d *Decoder) TakePresent() bool {
	present := d.present
	d.present = false
	return present
}

// Required moves to the field of the given number, and fails unless that is the next one. Its value may be zero.
func (d *Decoder) Required(field int) *Decoder {
	at := d.off
	switch {
	case d.Next() && d.field == field:
	case d.fault == nil:
		d.field = field
		d.Fail(at, "the field is missing")
	}
	return d.Present()
}

// open checks that a value of the wire type can be read, and counts it as read.
func (d *Decoder) open(wire int) bool {
	switch {
	case d.fault != nil:
		return false
	case !d.unread:
		d.Fail(d.off, "no value to read; call Next, and read each field once")
		return false
	case d.wire != wire:
		d.Fail(d.tag, fmt.Sprintf("has wire type %d, but its type needs %d", d.wire, wire))
		return false
	}
	d.unread = false
	return true
}

// varint reads the value of a varint field.
func (d *Decoder) varint() uint64 {
	present := d.TakePresent()
	if !d.open(Varint) {
		return 0
	}
	v, ok := d.uvarint()
	if ok && v == 0 && !present {
		d.FailZero()
	}
	return v
}

// Bool reads a bool.
func (d *Decoder) Bool() bool {
	v := d.varint()
	if v > 1 {
		d.Fail(d.value, fmt.Sprintf("a bool is 0 or 1, not %d", v))
	}
	return v == 1
}

// Signed reads a zigzag varint that must fit into so many bits.
func (d *Decoder) Signed(bits int) int64 {
	v := Unzigzag(d.varint())
	if v>>(bits-1) != v>>63 {
		d.failRange(strconv.FormatInt(v, 10), bits)
		return 0
	}
	return v
}

// Unsigned reads a varint that must fit into so many bits.
func (d *Decoder) Unsigned(bits int) uint64 {
	v := d.varint()
	if v>>(bits-1)>>1 != 0 {
		d.failRange(strconv.FormatUint(v, 10), bits)
		return 0
	}
	return v
}

func (d *Decoder) failRange(v string, bits int) {
	d.Fail(d.value, fmt.Sprintf("%s does not fit into the %d bits of its type", v, bits))
}

// Content reads a length-delimited field without copying it. The capacity ends with the content, so that appending to it
// does not overwrite the bytes behind it.
func (d *Decoder) Content() []byte {
	present := d.TakePresent()
	if !d.open(Bytes) {
		return nil
	}
	length, ok := d.uvarint()
	if !ok {
		return nil
	}
	if left := len(d.b) - d.off; length > uint64(left) {
		d.Fail(d.value, fmt.Sprintf("claims %d bytes, but %d are left", length, left))
		return nil
	}
	if length == 0 && !present {
		d.FailZero()
		return nil
	}
	end := d.off + int(length)
	c := d.b[d.off:end:end]
	d.off = end
	return c
}

// String reads a string.
func (d *Decoder) String() string {
	c := d.Content()
	if !utf8.Valid(c) {
		d.Fail(d.value, "the string is not valid UTF-8")
		return ""
	}
	return string(c)
}

// Bytes reads a byte slice into a new one; an empty one is nil.
func (d *Decoder) Bytes() []byte {
	c := d.Content()
	if len(c) == 0 {
		return nil
	}
	b := make([]byte, len(c))
	copy(b, c)
	return b
}

// Fixed reads exactly len(dst) bytes.
func (d *Decoder) Fixed(dst []byte) {
	present := d.present
	c := d.Content()
	if d.fault != nil {
		return
	}
	if f := CopyFixed(c, dst); f != nil {
		d.FailInside(len(c), f)
		return
	}
	if !present && AllZero(dst) {
		d.FailZero()
	}
}

// CopyFixed copies b to dst, which must have the same length.
func CopyFixed(b, dst []byte) *Fault {
	if len(b) != len(dst) {
		return &Fault{Reason: fmt.Sprintf("has %d bytes, but its type needs %d", len(b), len(dst))}
	}
	copy(dst, b)
	return nil
}

// Time reads a time, in UTC.
func (d *Decoder) Time() time.Time {
	present := d.TakePresent()
	c := d.Present().Content() // the message of the Unix epoch, which is not the zero time, is empty
	if d.fault != nil {
		return time.Time{}
	}
	t, fault := decodeTime(c)
	if fault != nil {
		d.FailInside(len(c), fault)
		return time.Time{}
	}
	if t.IsZero() && !present {
		d.FailZero()
	}
	return t
}

// decodeTime decodes the content of a time.
func decodeTime(b []byte) (time.Time, *Fault) {
	var seconds int64
	var nanos uint64
	d := NewDecoder(b)
	for d.Next() {
		switch d.field {
		case timeSeconds:
			seconds = d.Signed(64)
			if seconds > MaxSeconds {
				d.Fail(d.value, fmt.Sprintf("the time is out of range: %d seconds after 1970", seconds))
			}
		case timeNanos:
			nanos = d.Unsigned(32)
			if nanos > MaxNanos {
				d.Fail(d.value, fmt.Sprintf("%d nanoseconds are not less than a second", nanos))
			}
		default:
			d.Unknown()
		}
	}
	if d.fault != nil {
		return time.Time{}, d.fault
	}
	return time.Unix(seconds, int64(nanos)).UTC(), nil
}

// Float reads a float of wire type Fixed32 or Fixed64. It is not generic: in generated code, the arguments of generic
// functions escape to the heap.
func (d *Decoder) Float(wire int) float64 {
	present := d.TakePresent()
	if !d.open(wire) {
		return 0
	}
	size := 8
	if wire == Fixed32 {
		size = 4
	}
	if left := len(d.b) - d.off; left < size {
		d.Fail(d.off, fmt.Sprintf("needs %d bytes, but %d are left", size, left))
		return 0
	}
	v := d.floatOf(d.b[d.off:d.off+size], d.off)
	d.off += size
	if v == 0 && !present {
		d.FailZero()
	}
	return v
}

// floatOf decodes a float of 4 or 8 bytes, which are at the offset at of the message.
func (d *Decoder) floatOf(b []byte, at int) float64 {
	var v float64
	if len(b) == 4 {
		v = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	} else {
		v = math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	switch {
	case math.IsNaN(v):
		d.Fail(at, "NaN is not allowed")
	case v == 0 && math.Signbit(v):
		d.Fail(at, "negative zero is not allowed")
	}
	return v
}

// uvarint reads a varint at d.off.
func (d *Decoder) uvarint() (v uint64, ok bool) {
	v, n, reason := uvarint(d.b[d.off:])
	if reason != "" {
		d.Fail(d.off, reason)
		return 0, false
	}
	d.off += n
	return v, true
}

// uvarint decodes the minimal varint at the start of b. It returns the number of its bytes, or the reason why there is
// none.
func uvarint(b []byte) (v uint64, n int, reason string) {
	for i, c := range b {
		if c < 0x80 {
			switch {
			case c == 0 && i > 0:
				return 0, 0, "the varint is longer than its value needs"
			case i == 9 && c > 1:
				return 0, 0, "the varint does not fit into 64 bits"
			}
			return v | uint64(c)<<(7*i), i + 1, ""
		}
		if i == 9 {
			return 0, 0, "the varint does not fit into 64 bits"
		}
		v |= uint64(c&0x7F) << (7 * i)
	}
	return 0, 0, "truncated varint"
}

// Fail records a fault at an offset of the message, unless there is one already.
func (d *Decoder) Fail(at int, reason string) {
	if d.fault != nil {
		return
	}
	f := &Fault{Offset: at, Reason: reason}
	if d.field > 0 {
		f.Field = []int{d.field}
	}
	d.fault = f
}

// FailZero records that the current field has a zero value, which must be left out.
func (d *Decoder) FailZero() { d.Fail(d.tag, zeroReason) }

// FailInside records a fault inside the last size bytes that were read. It adds the current field and the offset of those
// bytes to the fault's own.
func (d *Decoder) FailInside(size int, inner *Fault) {
	if d.fault != nil {
		return
	}
	d.fault = &Fault{
		Field:  append([]int{d.field}, inner.Field...),
		Offset: d.off - size + inner.Offset,
		Reason: inner.Reason,
		Cause:  inner.Cause,
	}
}
