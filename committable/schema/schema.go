package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Schema describes the encoding of a store. Treat it as read-only.
type Schema struct {
	Row     *Struct
	Key     []*Field // of the row, in the order of the key's components; at least one
	Indexes []Index  // ascending by name
}

// Struct is the row, or a message in it.
type Struct struct {
	Fields   []*Field // ascending by number; at least one
	Reserved []int    // numbers of deleted fields, which no field may have, ascending
}

// Field is a field of a row or of a message.
type Field struct {
	Number int
	Name   string
	Type   *Type
}

// Kind is how a type is encoded.
type Kind int

// The kinds. The zero Kind is not valid.
const (
	Bool     Kind = iota + 1
	Int           // a signed integer of Bits
	Uint          // an unsigned integer of Bits
	String        // valid UTF-8
	Bytes         // any number of bytes
	Fixed         // Length bytes
	Time          // an instant
	Message       // the fields of Struct
	List          // any number of Elem
	Array         // Length of Elem
	Float         // a floating-point number of Bits
	Optional      // Elem or nothing
	Map           // from Key to Elem
	Binary        // the MarshalBinary encoding of a type
	Text          // the MarshalText encoding of a type
)

// Type is the type of a field or of an element. The kind determines which of its
// fields are set.
type Type struct {
	Kind   Kind
	Bits   int     // 8, 16, 32 or 64
	Length int     // at least 0
	Key    *Type   // of a Map; it is Ordered
	Elem   *Type   // of a List, an Array, an Optional or a Map
	Struct *Struct // of a Message
}

// Index is an index of the store.
type Index struct {
	Name       string
	Components []Component // at least one
	Unique     bool        // no two rows have the same components
}

// Component is a field in an index.
type Component struct {
	Field      *Field // of the row
	Descending bool
}

// Ordered reports whether values of the type can be part of a key.
func (t *Type) Ordered() bool {
	switch t.Kind {
	case Bool, Int, Uint, String, Fixed, Time:
		return true
	default:
		return false
	}
}

// innermost returns the type of the innermost elements, or t if it has none.
func (t *Type) innermost() *Type {
	for t.Elem != nil {
		t = t.Elem
	}
	return t
}

// String returns the type as in the text of a schema, without the fields of a
// message.
func (t *Type) String() string {
	switch t.Kind {
	case Bool:
		return "bool"
	case Int:
		return "int" + strconv.Itoa(t.Bits)
	case Uint:
		return "uint" + strconv.Itoa(t.Bits)
	case String:
		return "string"
	case Bytes:
		return "bytes"
	case Fixed:
		return "bytes[" + strconv.Itoa(t.Length) + "]"
	case Time:
		return "time"
	case Message:
		return "message"
	case List:
		return "list of " + t.Elem.String()
	case Array:
		return "array[" + strconv.Itoa(t.Length) + "] of " + t.Elem.String()
	case Float:
		return "float" + strconv.Itoa(t.Bits)
	case Optional:
		return "optional " + t.Elem.String()
	case Map:
		return "map of " + t.Key.String() + " to " + t.Elem.String()
	case Binary:
		return "binary"
	case Text:
		return "text"
	default:
		return "invalid"
	}
}

// Field returns the field with a number, or nil.
func (s *Struct) Field(number int) *Field {
	i, found := slices.BinarySearchFunc(s.Fields, number, func(f *Field, n int) int { return f.Number - n })
	if !found {
		return nil
	}
	return s.Fields[i]
}

// named returns the field with a name, or nil.
func (s *Struct) named(name string) *Field {
	for _, f := range s.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// String returns the text of the schema, the same as Parse read.
func (s *Schema) String() string {
	var b strings.Builder
	b.WriteString(header + "\n")
	s.Row.write(&b, "")
	fmt.Fprintf(&b, "key %s\n", fieldNames(s.Key))
	for i := range s.Indexes {
		b.WriteString(s.Indexes[i].String() + "\n")
	}
	s.Row.writeReserved(&b, "")
	return b.String()
}

func (s *Struct) write(b *strings.Builder, indent string) {
	for _, f := range s.Fields {
		fmt.Fprintf(b, "%s%d %s %s\n", indent, f.Number, f.Name, f.Type)
		if inner := f.Type.innermost().Struct; inner != nil {
			inner.write(b, indent+step)
			inner.writeReserved(b, indent+step)
		}
	}
}

func (s *Struct) writeReserved(b *strings.Builder, indent string) {
	if len(s.Reserved) == 0 {
		return
	}
	var numbers []string
	for _, n := range s.Reserved {
		numbers = append(numbers, strconv.Itoa(n))
	}
	fmt.Fprintf(b, "%sreserved %s\n", indent, strings.Join(numbers, separator))
}

// String returns the line of the index, without the newline.
func (i *Index) String() string {
	var on []string
	for _, c := range i.Components {
		on = append(on, c.String())
	}
	line := "index " + i.Name + " on " + strings.Join(on, separator)
	if i.Unique {
		line += " unique"
	}
	return line
}

// String returns the name of the field, with a minus before it if it is
// descending.
func (c Component) String() string {
	if c.Descending {
		return "-" + c.Field.Name
	}
	return c.Field.Name
}

func fieldNames(fields []*Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, separator)
}
