package codec

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Bool reads a bool.
func (d *Decoder) Bool() bool {
	v := d.varint()
	if v > 1 {
		d.fail(d.value, fmt.Sprintf("a bool is 0 or 1, not %d", v))
	}
	return v == 1
}

// Int8 reads a signed integer and fails if it does not fit.
func (d *Decoder) Int8() int8 { return int8(d.signed(8)) }

// Int16 reads a signed integer and fails if it does not fit.
func (d *Decoder) Int16() int16 { return int16(d.signed(16)) }

// Int32 reads a signed integer and fails if it does not fit.
func (d *Decoder) Int32() int32 { return int32(d.signed(32)) }

// Int64 reads a signed integer.
func (d *Decoder) Int64() int64 { return d.signed(64) }

// Int reads a signed integer and fails if it does not fit, which can happen only where an int has 32 bits.
func (d *Decoder) Int() int { return int(d.signed(strconv.IntSize)) }

// Uint8 reads an unsigned integer and fails if it does not fit.
func (d *Decoder) Uint8() uint8 { return uint8(d.unsigned(8)) }

// Uint16 reads an unsigned integer and fails if it does not fit.
func (d *Decoder) Uint16() uint16 { return uint16(d.unsigned(16)) }

// Uint32 reads an unsigned integer and fails if it does not fit.
func (d *Decoder) Uint32() uint32 { return uint32(d.unsigned(32)) }

// Uint64 reads an unsigned integer.
func (d *Decoder) Uint64() uint64 { return d.unsigned(64) }

// Uint reads an unsigned integer and fails if it does not fit, which can happen only where a uint has 32 bits.
func (d *Decoder) Uint() uint { return uint(d.unsigned(strconv.IntSize)) }

// String reads a string. Invalid UTF-8 is a fault.
func (d *Decoder) String() string {
	c := d.content()
	if !utf8.Valid(c) {
		d.fail(d.value, "the string is not valid UTF-8")
		return ""
	}
	return string(c)
}

// Bytes reads a byte slice into a new one; an empty one, which only Present allows, is nil.
func (d *Decoder) Bytes() []byte {
	c := d.content()
	if len(c) == 0 {
		return nil
	}
	b := make([]byte, len(c))
	copy(b, c)
	return b
}

// Fixed reads the bytes of a [N]byte, given as dst = v[:]. There must be exactly N.
func (d *Decoder) Fixed(dst []byte) {
	present := d.present
	c := d.content()
	if d.err != nil {
		return
	}
	if err := DecodeFixed(c, dst); err != nil {
		d.failInside(d.off-len(c), err)
		return
	}
	if !present && allZero(dst) {
		d.failZero()
	}
}

// Time reads a time, in the form that NormalizeTime gives.
func (d *Decoder) Time() time.Time {
	present := d.takePresent()
	c := d.Present().content() // the message of the Unix epoch, which is not the zero time, is empty
	if d.err != nil {
		return time.Time{}
	}
	t, err := decodeTime(c)
	if err != nil {
		d.failInside(d.off-len(c), err)
		return time.Time{}
	}
	if t.IsZero() && !present {
		d.failZero()
	}
	return t
}

// DecodeMessage reads a nested message into v, which must be zero, with the function that decodes its content.
func DecodeMessage[T any](d *Decoder, v *T, decode func(b []byte, v *T) error) {
	c := d.content()
	if d.err != nil {
		return
	}
	if err := decode(c, v); err != nil {
		d.failInside(d.off-len(c), err)
	}
}

// DecodeFixed copies the content b of an element into the [N]byte given as dst = v[:] and returns an error if b has not
// exactly N bytes. It is what the function for DecodeMessages needs when the elements are such arrays.
func DecodeFixed(b, dst []byte) error {
	if len(b) != len(dst) {
		return &RowError{Reason: fmt.Sprintf("has %d bytes, but its type needs %d", len(b), len(dst))}
	}
	copy(dst, b)
	return nil
}

// signed reads a zigzag varint that must fit into so many bits.
func (d *Decoder) signed(bits int) int64 {
	v := unzigzag(d.varint())
	if v>>(bits-1) != v>>63 {
		d.failRange(strconv.FormatInt(v, 10), bits)
		return 0
	}
	return v
}

// unsigned reads a varint that must fit into so many bits.
func (d *Decoder) unsigned(bits int) uint64 {
	v := d.varint()
	if v>>(bits-1)>>1 != 0 {
		d.failRange(strconv.FormatUint(v, 10), bits)
		return 0
	}
	return v
}

func (d *Decoder) failRange(v string, bits int) {
	d.fail(d.value, fmt.Sprintf("%s does not fit into the %d bits of its type", v, bits))
}

// decodeTime decodes the content of a time.
func decodeTime(b []byte) (time.Time, error) {
	var seconds int64
	var nanos uint32
	d := NewDecoder(b)
	for d.Next() {
		switch d.Field() {
		case timeSeconds:
			seconds = d.Int64()
			if seconds > maxSeconds {
				d.fail(d.value, fmt.Sprintf("no time is %d seconds after 1970", seconds))
			}
		case timeNanos:
			nanos = d.Uint32()
			if nanos > maxNanos {
				d.fail(d.value, fmt.Sprintf("%d nanoseconds are a second or more", nanos))
			}
		default:
			d.Unknown()
		}
	}
	if d.err != nil {
		return time.Time{}, d.err
	}
	return time.Unix(seconds, int64(nanos)).UTC(), nil
}
