package codec

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Float is every floating-point type. In rows they are the fixed-width values of protobuf's float and double.
type Float interface {
	~float32 | ~float64
}

// single tells whether T has 32 bits: those cannot hold a third as 64 do.
func single[T Float]() bool { return float64(T(1)/3) != float64(1)/3 }

// AppendFloat appends a float; zero is left out, a negative one too. A NaN can't be decoded again: see CheckFloat.
func AppendFloat[T Float](dst []byte, field int, v T) []byte {
	if v == 0 {
		return dst
	}
	return AppendPresentFloat(dst, field, v)
}

// AppendPresentFloat is AppendFloat for a value whose presence means something: it writes zero as well, which must not
// be a negative one.
func AppendPresentFloat[T Float](dst []byte, field int, v T) []byte {
	wire := wireFixed64
	if single[T]() {
		wire = wireFixed32
	}
	return appendFloatBits(appendTag(dst, field, wire), v)
}

// AppendFloats appends a slice of floats, packed; an empty slice is left out.
func AppendFloats[S ~[]E, E Float](dst []byte, field int, v S) []byte {
	if len(v) == 0 {
		return dst
	}
	dst = appendTag(dst, field, wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(v)*floatSize[E]()))
	for _, e := range v {
		dst = appendFloatBits(dst, e)
	}
	return dst
}

// AppendFloatArray appends an array of floats given as v[:], packed; all zero is left out.
func AppendFloatArray[E Float](dst []byte, field int, v []E) []byte {
	if allZero(v) {
		return dst
	}
	return AppendFloats(dst, field, v)
}

func floatSize[T Float]() int {
	if single[T]() {
		return 4
	}
	return 8
}

func appendFloatBits[T Float](dst []byte, v T) []byte {
	if single[T]() {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v)))
	}
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(v)))
}

// Float32 reads a float. NaN and negative zero are faults.
func (d *Decoder) Float32() float32 { return readFloat[float32](d, wireFixed32) }

// Float64 reads a float. NaN and negative zero are faults.
func (d *Decoder) Float64() float64 { return readFloat[float64](d, wireFixed64) }

func readFloat[T Float](d *Decoder, wire int) T {
	present := d.takePresent()
	if !d.open(wire) {
		return 0
	}
	size := floatSize[T]()
	if left := len(d.b) - d.off; left < size {
		d.fail(d.off, fmt.Sprintf("needs %d bytes, but %d are left", size, left))
		return 0
	}
	v := floatAt[T](d, d.b, d.off, d.off)
	d.off += size
	if v == 0 && !present {
		d.failZero()
	}
	return v
}

// floatAt reads the float at b[i:], which is at the offset at of the message.
func floatAt[T Float](d *Decoder, b []byte, i, at int) T {
	var v T
	if single[T]() {
		v = T(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
	} else {
		v = T(math.Float64frombits(binary.LittleEndian.Uint64(b[i:])))
	}
	switch {
	case math.IsNaN(float64(v)):
		d.fail(at, "not a number is no value")
	case v == 0 && math.Signbit(float64(v)):
		d.fail(at, "zero has no sign")
	}
	return v
}

// DecodeFloats reads what AppendFloats wrote.
func DecodeFloats[S ~[]E, E Float](d *Decoder, v *S) {
	p, n := packedFloats[E](d)
	out := make(S, n)
	readFloats(d, p, out)
	if d.err == nil {
		*v = out
	}
}

// DecodeFloatArray reads what AppendFloatArray wrote into the array given as v[:].
func DecodeFloatArray[E Float](d *Decoder, v []E) {
	p, n := packedFloats[E](d)
	if d.needElements(n, len(v)) {
		readFloats(d, p, v)
		d.needNonZero(d.tag, !allZero(v))
	}
}

// packedFloats reads the content of a packed field and tells how many floats are in it.
func packedFloats[E Float](d *Decoder) (p []byte, n int) {
	p = d.content()
	size := floatSize[E]()
	if len(p)%size != 0 {
		d.fail(d.off-len(p), fmt.Sprintf("%d bytes are no whole number of floats, which have %d each", len(p), size))
		return nil, 0
	}
	return p, len(p) / size
}

func readFloats[E Float](d *Decoder, p []byte, out []E) {
	size := floatSize[E]()
	for k := range out {
		out[k] = floatAt[E](d, p, k*size, d.off-len(p)+k*size)
	}
}

// CheckFloat returns a *ValueError naming the field if v is not a number: such a value is not even equal to itself.
func CheckFloat[T Float](field string, v T) error {
	if !math.IsNaN(float64(v)) {
		return nil
	}
	return &ValueError{field, "it is not a number (NaN); leave such a value out, or store zero and a flag beside it"}
}

// NormalizeFloat returns v, and zero for a negative zero, which is equal to it.
func NormalizeFloat[T Float](v T) T {
	if v == 0 {
		return 0
	}
	return v
}
