package schema

import "encoding/binary"

// Conversion turns rows of an old schema into rows of a new one that has fewer
// fields, by their bytes: what the new one lacks is cut out, and a message or an
// array that becomes zero by that is left out, as the encoding wants it.
type Conversion struct {
	old  *Schema
	cuts cuts
}

// NewConversion returns the conversion between two schemas of which [Compare]
// refuses nothing, nil if the rows stay as they are.
func NewConversion(old, new *Schema) *Conversion {
	c := cutsOf(old.Row, new.Row)
	if len(c) == 0 {
		return nil
	}
	return &Conversion{old, c}
}

// AppendRow appends the row of the new schema that a row of the old one becomes.
// What is cut out must be well encoded, too: the error is that of the old
// schema's DecodeRow. The row is only read.
func (c *Conversion) AppendRow(dst, row []byte) ([]byte, error) {
	if _, err := c.old.DecodeRow(row); err != nil {
		return dst, err
	}
	return c.cuts.append(dst, row), nil
}

// cuts says what happens to the fields of a message, by their numbers. Others
// stay as they are.
type cuts map[int]cut

// cut says what happens to the fields with one number.
type cut struct {
	inside cuts // of the message that each of them is; nil: they go
	keep   bool // they are there even if all of them are empty
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

// cuts returns what happens inside a field of the type, or inside each one if
// they repeat, and whether these stay when they become empty: an element of a
// list does, and so does what is optional, while the elements of an array go
// together.
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

// The fields of the messages that the encoding adds: of an entry of a map, and
// of a wrapper.
const (
	entryValue = 2
	wrapped    = 1
)

// wrapped returns what happens inside the message that an element, an optional
// value or a value of a map is: its own, or the wrapper around what repeats.
func (t *Type) wrapped(now *Type) cuts {
	inside, keep := t.cuts(now)
	if t.Kind == Message {
		return inside
	}
	return within(wrapped, inside, keep)
}

// within returns the cuts in a message of which a field has some, if it has.
func within(number int, inside cuts, keep bool) cuts {
	if len(inside) == 0 {
		return nil
	}
	return cuts{number: {inside, keep}}
}

// append appends a message, which was decoded before, without what is cut out.
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

// append appends the fields with one number.
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

// field is the bytes of a field of a message.
type field struct {
	whole   []byte
	tag     []byte
	content []byte // if it has wire type 2
}

// first returns the first field of a message that was decoded before, so that
// nothing is cut off.
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

// sameNumber returns the first fields of a message, all that have one number.
func sameNumber(message []byte) []byte {
	end := 0
	for n := number(message); end < len(message) && number(message[end:]) == n; {
		end += len(first(message[end:]).whole)
	}
	return message[:end]
}
