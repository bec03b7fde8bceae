package codec

import (
	"strconv"
	"time"

	"github.com/gencommittable/gencommittable/internal/wire"
)

// Decoder reads the fields of one message, a row or a nested one, in order. After the first fault, Next returns false,
// the reading methods return zero values, and Err returns a *RowError. A message that is decoded without a fault encodes
// to the same bytes again.
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
//				codec.DecodeMessage(&d, &v.Address, decodeAddress)
//			default:
//				d.Unknown()
//			}
//		}
//		return d.Err()
//	}
//
// Decode into a zero value: fields that are left out keep the value they have. After an error, discard the value.
// Decoded strings and slices are copies.
type Decoder wire.Decoder

// NewDecoder returns a decoder of the message b. It does not change b.
func NewDecoder(b []byte) Decoder { return Decoder(wire.NewDecoder(b)) }

// w returns the decoder with its inner methods.
func (d *Decoder) w() *wire.Decoder { return (*wire.Decoder)(d) }

// Next moves to the next field and reports whether there is one. Each field must be read before Next is called again.
func (d *Decoder) Next() bool { return d.w().Next() }

// Field returns the number of the current field.
func (d *Decoder) Field() int { return d.w().Field() }

// Unknown records a fault: the type has no field with the current number.
func (d *Decoder) Unknown() { d.w().Unknown() }

// Err returns the first fault, as a *RowError, or nil.
func (d *Decoder) Err() error {
	if f := d.w().Fault(); f != nil {
		return (*RowError)(f)
	}
	return nil
}

// Bool reads a bool.
func (d *Decoder) Bool() bool { return d.w().Bool() }

// Int8 reads a signed integer. It must fit into 8 bits.
func (d *Decoder) Int8() int8 { return int8(d.w().Signed(8)) }

// Int16 reads a signed integer. It must fit into 16 bits.
func (d *Decoder) Int16() int16 { return int16(d.w().Signed(16)) }

// Int32 reads a signed integer. It must fit into 32 bits.
func (d *Decoder) Int32() int32 { return int32(d.w().Signed(32)) }

// Int64 reads a signed integer.
func (d *Decoder) Int64() int64 { return d.w().Signed(64) }

// Int reads a signed integer. It must fit into an int, which has 32 bits on some machines.
func (d *Decoder) Int() int { return int(d.w().Signed(strconv.IntSize)) }

// Uint8 reads an unsigned integer. It must fit into 8 bits.
func (d *Decoder) Uint8() uint8 { return uint8(d.w().Unsigned(8)) }

// Uint16 reads an unsigned integer. It must fit into 16 bits.
func (d *Decoder) Uint16() uint16 { return uint16(d.w().Unsigned(16)) }

// Uint32 reads an unsigned integer. It must fit into 32 bits.
func (d *Decoder) Uint32() uint32 { return uint32(d.w().Unsigned(32)) }

// Uint64 reads an unsigned integer.
func (d *Decoder) Uint64() uint64 { return d.w().Unsigned(64) }

// Uint reads an unsigned integer. It must fit into a uint, which has 32 bits on some machines.
func (d *Decoder) Uint() uint { return uint(d.w().Unsigned(strconv.IntSize)) }

// Float32 reads a float32. NaN and negative zero are faults.
func (d *Decoder) Float32() float32 { return float32(d.w().Float(wire.Fixed32)) }

// Float64 reads a float64. NaN and negative zero are faults.
func (d *Decoder) Float64() float64 { return d.w().Float(wire.Fixed64) }

// String reads a string. Invalid UTF-8 is a fault.
func (d *Decoder) String() string { return d.w().String() }

// Bytes reads a byte slice.
func (d *Decoder) Bytes() []byte { return d.w().Bytes() }

// Fixed reads the bytes of a [N]byte into dst, which is given as v[:]. There must be exactly N.
func (d *Decoder) Fixed(dst []byte) { d.w().Fixed(dst) }

// Time reads a time, in the form that NormalizeTime returns.
func (d *Decoder) Time() time.Time { return d.w().Time() }

// DecodeMessage reads a nested message into v, which must be zero. decode decodes its content.
func DecodeMessage[T any](d *Decoder, v *T, decode func(b []byte, v *T) error) {
	c := d.w().Content()
	if d.w().Fault() != nil {
		return
	}
	if err := decode(c, v); err != nil {
		d.w().FailInside(len(c), fault(err))
	}
}

// fault returns the fault that a decoding function reports.
func fault(err error) *wire.Fault {
	if e, ok := err.(*RowError); ok {
		return (*wire.Fault)(e)
	}
	return &wire.Fault{Reason: err.Error(), Cause: err}
}
