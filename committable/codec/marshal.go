package codec

import (
	"bytes"
	"encoding"
	"fmt"
	"unicode/utf8"
)

// Form says by which methods a type encodes itself.
type Form int

// The forms. A type of one has both methods, or those of its pointer do: AppendBinary or MarshalBinary, and
// UnmarshalBinary; AppendText or MarshalText, and UnmarshalText.
const (
	Binary Form = iota + 1 // any bytes
	Text                   // valid UTF-8
)

// AppendMarshaled appends what v makes of itself, as bytes or a string; it is left out if the zero value of its type
// makes the same. v must be as NormalizeMarshaled left it. It panics if v, which could be marshaled then, now cannot.
func AppendMarshaled[T any](dst []byte, field int, form Form, v *T) []byte {
	start := len(dst)
	dst, at := openLength(dst, field)
	dst = AppendMarshaledContent(dst, form, v)
	if form.zero(new(T), dst[at+1:]) {
		return dst[:start]
	}
	return closeLength(dst, at)
}

// AppendPresentMarshaled is AppendMarshaled for a value whose presence means something: it writes a zero value as well.
func AppendPresentMarshaled[T any](dst []byte, field int, form Form, v *T) []byte {
	dst, at := openLength(dst, field)
	return closeLength(AppendMarshaledContent(dst, form, v), at)
}

// AppendMarshaledContent appends what v makes of itself without tag and length, as functions for AppendMessages and
// AppendPointers do.
func AppendMarshaledContent[T any](dst []byte, form Form, v *T) []byte {
	dst, err := form.append(dst, v)
	if err != nil {
		panic(fmt.Sprintf("codec: a %T that was stored cannot be marshaled any more: %v", *v, err))
	}
	return dst
}

// DecodeMarshaled reads what AppendMarshaled or AppendPresentMarshaled wrote. A value that would marshal to other bytes
// is a fault.
func DecodeMarshaled[T any](d *Decoder, form Form, v *T) {
	present := d.takePresent()
	c := d.Present().content() // the bytes of a value that is not zero can be none
	if d.err != nil {
		return
	}
	if form.zero(new(T), c) {
		if !present {
			d.failZero()
		}
		return
	}
	if err := form.decode(v, c); err != nil {
		d.failInside(d.off-len(c), err)
	}
}

// DecodeMarshaledContent makes v, which must be zero, of the content b, as functions for DecodeMessages and
// DecodePointers do.
func DecodeMarshaledContent[T any](b []byte, form Form, v *T) error {
	if form.zero(new(T), b) {
		return nil
	}
	return form.decode(v, b)
}

// decode makes what v points to of its encoding, and nothing of another one.
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
		return &RowError{Reason: fmt.Sprintf("the %T that it decodes to has another encoding", v)}
	}
	return nil
}

// CheckText returns a *RowError if the content of a text is not valid UTF-8.
func CheckText(b []byte) error {
	if utf8.Valid(b) {
		return nil
	}
	return &RowError{Reason: "the text is not valid UTF-8"}
}

// NormalizeMarshaled replaces v by what its own encoding decodes to, so that it shares nothing with what it was; what
// encodes as the zero value becomes that. It returns a *ValueError naming the field if v cannot be marshaled, cannot be
// unmarshaled again, or does not keep its bytes in that.
func NormalizeMarshaled[T any](field string, form Form, v *T) error {
	b, err := form.append(nil, v)
	if err != nil {
		return &ValueError{field, fmt.Sprintf("it cannot be marshaled: %v", err)}
	}
	var again T
	if form.zero(&again, b) {
		*v = again
		return nil
	}
	if err := form.decode(&again, b); err != nil {
		return &ValueError{field, fmt.Sprintf("what it marshals to does not come back: %v", err)}
	}
	*v = again
	return nil
}

// CloneMarshaled returns a copy of v that shares nothing with it, by way of its encoding. A value that cannot go that
// way, which none is that NormalizeMarshaled accepted, is returned as it is.
func CloneMarshaled[T any](form Form, v *T) T {
	var c T
	b, err := form.append(nil, v)
	if err != nil {
		return *v
	}
	if form.zero(&c, b) {
		return c
	}
	if err := form.unmarshal(&c, b); err != nil {
		return *v
	}
	return c
}

// EqualMarshaled tells whether two values have the same encoding.
func EqualMarshaled[T any](form Form, a, b *T) bool {
	return bytes.Equal(AppendMarshaledContent(nil, form, a), AppendMarshaledContent(nil, form, b))
}

// zero tells whether b is the encoding of a zero value. One that has none, because its type does not marshal it, is
// not stored as bytes.
func (form Form) zero(zero any, b []byte) bool {
	encoding, err := form.append(nil, zero)
	return err == nil && bytes.Equal(encoding, b)
}

// append appends the encoding of what v points to.
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
		return dst, fmt.Errorf("%T cut off what it was to append to", v)
	}
	return appended, nil
}

// unmarshal makes what v points to of its encoding, which it must not keep.
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
