package schema

import "encoding/binary"

// Conversion converts rows of an old schema to a new one that has fewer fields. It
// removes the fields that the new schema does not have, and messages and arrays
// that become zero, which the encoding leaves out.
type Conversion struct {
	old  *Schema
	cuts cuts
}

// NewConversion returns the conversion between two schemas, or nil if rows need
// none. [Compare] must not refuse any change.
func NewConversion(old, new *Schema) *Conversion {
	c := cutsOf(old.Row, new.Row)
	if len(c) == 0 {
		return nil
	}
	return &Conversion{old, c}
}

// AppendRow converts a row of the old schema and appends the result to dst. It
// returns the error of DecodeRow if the row does not have the old schema.
func (c *Conversion) AppendRow(dst, row []byte) ([]byte, error) {
	if _, err := c.old.DecodeRow(row); err != nil {
		return dst, err
	}
	return c.cuts.append(dst, row), nil
}

// cuts has the fields of a message to remove or to change, by their numbers.
type cuts map[int]cut

// cut is the change of the fields with one number.
type cut struct {
	inside cuts // the changes in their messages; nil removes the fields
	keep   bool // they stay even if all of them become empty
}

func cutsOf(old, new *Struct) cuts {
	c := make(cuts)
	for _, before := range old.Fields {
		if now := new.Field(before.Number); now == nil {
			c[before.Number] = cut{}
		} else if inside, keep := before.Type.cuts(now.Type); len(inside) > 0 {
			c[before.Number] = cut{inside, keep}
		}
	}
	return c
}

// cuts returns the changes inside a field of the type, or inside each element if
// it repeats, and whether a field stays if it becomes empty. Elements of lists and
// optional values stay; an array is removed if all its elements become empty.
func (t *Type) cuts(now *Type) (inside cuts, keep bool) {
	switch t.Kind {
	case Message:
		return cutsOf(t.Struct, now.Struct), false
	case List, Optional:
		return t.Elem.wrapped(now.Elem), true
	case Array:
		return t.Elem.wrapped(now.Elem), false
	case Map:
		return within(entryValue, t.Elem.wrapped(now.Elem), true), true
	default:
		return nil, false
	}
}

// The fields of the messages that the encoding adds: the value in an entry of a
// map, and the content of a wrapper.
const (
	entryValue = 2
	wrapped    = 1
)

// wrapped returns the changes inside the message that encodes an element, an
// optional value or a value of a map. It is the value's own message or a wrapper.
func (t *Type) wrapped(now *Type) cuts {
	inside, keep := t.cuts(now)
	if t.Kind == Message {
		return inside
	}
	return within(wrapped, inside, keep)
}

// within returns the cuts of a message with cuts inside one field, or nil.
func within(number int, inside cuts, keep bool) cuts {
	if len(inside) == 0 {
		return nil
	}
	return cuts{number: {inside, keep}}
}

// append appends a valid message, with the cuts.
func (c cuts) append(dst, message []byte) []byte {
	for len(message) > 0 {
		run := sameNumber(message)
		message = message[len(run):]
		if cut, ok := c[number(run)]; ok {
			dst = cut.append(dst, run)
		} else {
			dst = append(dst, run...)
		}
	}
	return dst
}

// append appends the fields with one number, with the cut.
func (c cut) append(dst, run []byte) []byte {
	if c.inside == nil {
		return dst
	}
	start, empty := len(dst), true
	for len(run) > 0 {
		f := first(run)
		run = run[len(f.whole):]
		inside := c.inside.append(nil, f.content)
		empty = empty && len(inside) == 0
		dst = binary.AppendUvarint(append(dst, f.tag...), uint64(len(inside)))
		dst = append(dst, inside...)
	}
	if empty && !c.keep {
		return dst[:start]
	}
	return dst
}

// field holds the bytes of a field.
type field struct {
	whole   []byte
	tag     []byte
	content []byte // if it has wire type 2
}

// first returns the first field of a valid message.
func first(message []byte) field {
	tag, n := binary.Uvarint(message)
	f := field{tag: message[:n]}
	switch tag & 7 {
	case 0:
		_, width := binary.Uvarint(message[n:])
		n += width
	case 1:
		n += 8
	case 5:
		n += 4
	default:
		length, width := binary.Uvarint(message[n:])
		n += width + int(length)
		f.content = message[n-int(length) : n]
	}
	f.whole = message[:n]
	return f
}

// number returns the number of a message's first field.
func number(message []byte) int {
	tag, _ := binary.Uvarint(message)
	return int(tag >> 3)
}

// sameNumber returns the fields at the start of a message that have the number of
// the first one.
func sameNumber(message []byte) []byte {
	end := 0
	for n := number(message); end < len(message) && number(message[end:]) == n; {
		end += len(first(message[end:]).whole)
	}
	return message[:end]
}
