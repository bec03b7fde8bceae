package gencode

import (
	"bytes"
	"encoding"
	"fmt"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/internal/wire"
)

// Form is the pair of methods that a type encodes itself with.
type Form int

// The forms. The type, or a pointer to it, has both methods of its form.
const (
	Binary Form = iota + 1 // AppendBinary or MarshalBinary, and UnmarshalBinary
	Text                   // AppendText or MarshalText, and UnmarshalText; the text is valid UTF-8
)

// AppendMarshaled appends the encoding of v as bytes or a string; it is left out if it is the encoding of the zero value.
// NormalizeMarshaled must have accepted v. AppendMarshaled panics if v cannot be marshaled any more.
func AppendMarshaled[T any](dst []byte, field int, form Form, v *T) []byte {
	start := len(dst)
	dst, at := wire.OpenLength(dst, field)
	dst = AppendMarshaledContent(dst, form, v)
	if form.isZero(new(T), dst[at+1:]) {
		return dst[:start]
	}
	return wire.CloseLength(dst, at)
}

// AppendPresentMarshaled is AppendMarshaled for a value that is written even if it is zero.
func AppendPresentMarshaled[T any](dst []byte, field int, form Form, v *T) []byte {
	dst, at := wire.OpenLength(dst, field)
	return wire.CloseLength(AppendMarshaledContent(dst, form, v), at)
}

// AppendMarshaledContent appends the encoding of v without tag and length, for AppendMessages and AppendPointers.
func AppendMarshaledContent[T any](dst []byte, form Form, v *T) []byte {
	dst, err := form.append(dst, v)
	if err != nil {
		panic(fmt.Sprintf("gencode: a stored %T cannot be marshaled any more: %v", *v, err))
	}
	return dst
}

// DecodeMarshaled reads a field that AppendMarshaled or AppendPresentMarshaled wrote. A value that marshals to other bytes
// is a fault.
func DecodeMarshaled[T any](d *codec.Decoder, form Form, v *T) {
	w := inner(d)
	present := w.TakePresent()
	zero := false
	codec.DecodeMessage(Present(d), v, func(b []byte, v *T) error { // a value that is not zero may have no bytes
		zero = form.isZero(new(T), b)
		if zero {
			return nil
		}
		return form.decode(v, b)
	})
	if zero && !present {
		w.FailZero()
	}
}

// DecodeMarshaledContent decodes the encoding b into v, which must be zero, for DecodeMessages and DecodePointers.
func DecodeMarshaledContent[T any](b []byte, form Form, v *T) error {
	if form.isZero(new(T), b) {
		return nil
	}
	return form.decode(v, b)
}

// decode decodes b into the value that v points to. It fails if the value has another encoding than b.
func (form Form) decode(v any, b []byte) error {
	if form == Text {
		if err := CheckText(b); err != nil {
			return err
		}
	}
	if err := form.unmarshal(v, b); err != nil {
		return err
	}
	again, err := form.append(nil, v)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(again, b):
		return &codec.RowError{Reason: fmt.Sprintf("the decoded %T has another encoding", v)}
	}
	return nil
}

// CheckText returns a *codec.RowError if the encoding of a text is not valid UTF-8.
func CheckText(b []byte) error {
	if utf8.Valid(b) {
		return nil
	}
	return &codec.RowError{Reason: "the text is not valid UTF-8"}
}

// NormalizeMarshaled replaces v by the value that its encoding decodes to, so that v shares no memory with its old value.
// A value with the encoding of the zero value becomes the zero value. It returns a *codec.ValueError with the name of the
// field if v cannot be marshaled or unmarshaled, or has another encoding afterwards.
func NormalizeMarshaled[T any](field string, form Form, v *T) error {
	b, err := form.append(nil, v)
	if err != nil {
		return &codec.ValueError{Field: field, Reason: fmt.Sprintf("it cannot be marshaled: %v", err)}
	}
	var again T
	if form.isZero(&again, b) {
		*v = again
		return nil
	}
	if err := form.decode(&again, b); err != nil {
		return &codec.ValueError{Field: field, Reason: fmt.Sprintf("its encoding does not decode to the same value: %v", err)}
	}
	*v = again
	return nil
}

// CloneMarshaled returns a copy of v that shares no memory with it. It marshals and unmarshals v; a value that does not
// allow that, which NormalizeMarshaled refuses, is returned unchanged.
func CloneMarshaled[T any](form Form, v *T) T {
	var c T
	b, err := form.append(nil, v)
	if err != nil {
		return *v
	}
	if form.isZero(&c, b) {
		return c
	}
	if err := form.unmarshal(&c, b); err != nil {
		return *v
	}
	return c
}

// EqualMarshaled reports whether two values have the same encoding.
func EqualMarshaled[T any](form Form, a, b *T) bool {
	return bytes.Equal(AppendMarshaledContent(nil, form, a), AppendMarshaledContent(nil, form, b))
}

// isZero reports whether b is the encoding of the zero value that zero points to. Some types do not marshal their zero
// value; no bytes are its encoding.
func (form Form) isZero(zero any, b []byte) bool {
	encoding, err := form.append(nil, zero)
	return err == nil && bytes.Equal(encoding, b)
}

// append appends the encoding of the value that v points to.
func (form Form) append(dst []byte, v any) (appended []byte, err error) {
	var b []byte
	if form == Text {
		switch m := v.(type) {
		case encoding.TextAppender:
			appended, err = m.AppendText(dst)
		case encoding.TextMarshaler:
			b, err = m.MarshalText()
			appended = append(dst, b...)
		default:
			err = fmt.Errorf("%T has neither AppendText nor MarshalText", v)
		}
	} else {
		switch m := v.(type) {
		case encoding.BinaryAppender:
			appended, err = m.AppendBinary(dst)
		case encoding.BinaryMarshaler:
			b, err = m.MarshalBinary()
			appended = append(dst, b...)
		default:
			err = fmt.Errorf("%T has neither AppendBinary nor MarshalBinary", v)
		}
	}
	switch {
	case err != nil:
		return dst, err
	case len(appended) < len(dst):
		return dst, fmt.Errorf("%T removed bytes from the buffer to append to", v)
	}
	return appended, nil
}

// unmarshal decodes b into the value that v points to, which must not keep b.
func (form Form) unmarshal(v any, b []byte) error {
	if form == Text {
		if m, ok := v.(encoding.TextUnmarshaler); ok {
			return m.UnmarshalText(b)
		}
		return fmt.Errorf("%T has no UnmarshalText", v)
	}
	if m, ok := v.(encoding.BinaryUnmarshaler); ok {
		return m.UnmarshalBinary(b)
	}
	return fmt.Errorf("%T has no UnmarshalBinary", v)
}
