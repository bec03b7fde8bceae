package codec

import (
	"bytes"
	"fmt"
)

// Decoder reads the fields of one message, a row or a nested one, in order. The first fault sticks: from there on Next
// returns false, every reading method a zero value, and Err a *RowError. What is decoded without a fault encodes to the
// same bytes again.
//
//	func decodeAccount(b []byte, v *Account) error {
//		d := codec.NewDecoder(b)
//		for d.Next() {
//			switch d.Field() {
//			case 1:
//				v.ID = d.String()
//			case 2:
//				v.Balance = d.Int64()
//			case 3:
//				codec.DecodeMessages(&d, &v.Lines, decodeLine)
//			default:
//				d.Unknown()
//			}
//		}
//		return d.Err()
//	}
//
// Decode into a zero value: fields that are left out are not touched. After an error the value is half filled and of no
// use. Strings and slices are copies that share nothing with the bytes they came from.
type Decoder struct {
	b       []byte
	off     int // first unread byte
	tag     int // offset of the current field's tag
	value   int // offset of the current field's value
	field   int
	wire    int
	unread  bool  // the current field's value is still to be read
	present bool  // the next value may be zero
	err     error // the first fault
}

// NewDecoder returns a decoder of the message b, which it only reads.
func NewDecoder(b []byte) Decoder { return Decoder{b: b} }

// Next moves to the next field and tells whether there is one. Each field must be read before the next call.
func (d *Decoder) Next() bool {
	switch {
	case d.err != nil:
		return false
	case d.unread:
		d.fail(d.tag, "the field was not read; read it, or call Unknown")
		return false
	case d.off == len(d.b):
		return false
	}
	last := d.field
	d.tag = d.off
	d.field = 0 // until the tag is read, an error is not about any field
	tag, ok := d.uvarint()
	if !ok {
		return false
	}
	if number := tag >> 3; number == 0 || number > maxField {
		d.fail(d.tag, fmt.Sprintf("there is no field number %d", number))
		return false
	}
	d.field, d.wire, d.value = int(tag>>3), int(tag&7), d.off
	switch {
	case d.field == last:
		d.fail(d.tag, "the field is there twice")
	case d.field < last:
		d.fail(d.tag, fmt.Sprintf("fields must ascend, but this one follows field %d", last))
	}
	d.unread = d.err == nil
	return d.unread
}

// Field returns the number of the field that Next moved to.
func (d *Decoder) Field() int { return d.field }

// Present says that the next value was written by an AppendPresent function, so that it may be zero, and returns d to
// read it from. Without it an explicit zero is a fault.
func (d *Decoder) Present() *Decoder {
	d.present = true
	return d
}

// Required moves to the field of the given number and returns d to read it from, as Present does. It fails unless that
// field is the next one. It is how the key and the value of a map's entry are read.
func (d *Decoder) Required(field int) *Decoder {
	at := d.off
	switch {
	case d.Next() && d.field == field:
	case d.err == nil:
		d.field = field
		d.fail(at, "the field must be there, and is not")
	}
	return d.Present()
}

// Unknown fails: the row has a field that its type does not have.
func (d *Decoder) Unknown() {
	d.fail(d.tag, "unknown field; the row may be of a newer schema")
}

// Err returns the first fault, as a *RowError, or nil.
func (d *Decoder) Err() error { return d.err }

// open checks that a value of the wire type is there to be read, and counts it as read.
func (d *Decoder) open(wire int) bool {
	switch {
	case d.err != nil:
		return false
	case !d.unread:
		d.fail(d.off, "there is no value to read; call Next, and read each field once")
		return false
	case d.wire != wire:
		d.fail(d.tag, fmt.Sprintf("has wire type %d, but its type needs %d", d.wire, wire))
		return false
	}
	d.unread = false
	return true
}

// takePresent tells whether the value about to be read may be zero.
func (d *Decoder) takePresent() bool {
	present := d.present
	d.present = false
	return present
}

// varint reads the value of a varint field.
func (d *Decoder) varint() uint64 {
	present := d.takePresent()
	if !d.open(wireVarint) {
		return 0
	}
	v, ok := d.uvarint()
	if ok && v == 0 && !present {
		d.failZero()
	}
	return v
}

// content reads the inside of a length-delimited field, without copying it. Its capacity ends where it ends, so that
// nothing appended to it reaches the bytes behind.
func (d *Decoder) content() []byte {
	present := d.takePresent()
	if !d.open(wireBytes) {
		return nil
	}
	length, ok := d.uvarint()
	if !ok {
		return nil
	}
	if left := len(d.b) - d.off; length > uint64(left) {
		d.fail(d.value, fmt.Sprintf("claims %d bytes, but %d are left", length, left))
		return nil
	}
	if length == 0 && !present {
		d.failZero()
		return nil
	}
	end := d.off + int(length)
	c := d.b[d.off:end:end]
	d.off = end
	return c
}

// again moves to the next element of a repeated field if its tag follows at once.
func (d *Decoder) again() bool {
	if d.err != nil || !bytes.HasPrefix(d.b[d.off:], d.b[d.tag:d.value]) {
		return false
	}
	size := d.value - d.tag
	d.tag = d.off
	d.off += size
	d.value = d.off
	d.unread = true
	return true
}

// countElements counts the elements of the repeated field at hand without reading them, so that a list is allocated once
// and in its final size. It fails, and counts none, unless the bytes of all of them are there.
func (d *Decoder) countElements() int {
	ahead := *d
	n := 0
	for more := true; more; more = ahead.again() {
		ahead.Present().content()
		n++
	}
	if ahead.err != nil {
		d.err = ahead.err
		return 0
	}
	return n
}

const zeroReason = "a zero value must be left out"

// uvarint reads a varint at d.off.
func (d *Decoder) uvarint() (v uint64, ok bool) {
	v, n, reason := uvarint(d.b[d.off:])
	if reason != "" {
		d.fail(d.off, reason)
		return 0, false
	}
	d.off += n
	return v, true
}

// uvarint decodes the minimal varint that b starts with and returns its size, or the reason why it can't.
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
	return 0, 0, "the varint is cut off"
}

func (d *Decoder) fail(at int, reason string) {
	if d.err != nil {
		return
	}
	e := &RowError{Offset: at, Reason: reason}
	if d.field > 0 {
		e.Field = []int{d.field}
	}
	d.err = e
}

func (d *Decoder) failZero() { d.fail(d.tag, zeroReason) }

// failInside takes over an error of the function that decoded the content which starts at the offset base. A *RowError
// of a nested decoder is put into the terms of this one.
func (d *Decoder) failInside(base int, err error) {
	if d.err != nil {
		return
	}
	e := &RowError{Field: []int{d.field}, Offset: base, Reason: err.Error(), Cause: err}
	if inner, ok := err.(*RowError); ok {
		e.Field = append(e.Field, inner.Field...)
		e.Offset += inner.Offset
		e.Reason, e.Cause = inner.Reason, inner.Cause
	}
	d.err = e
}
