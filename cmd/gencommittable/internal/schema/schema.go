// Package schema writes what the bytes of a store mean as text, for people to
// read and for programs to compare.
//
//	committable schema 1
//	1 ID string
//	2 Owner string
//	3 Address message
//	  1 Street string
//	4 Marks list of int64
//	key ID
//	index ByOwner on Owner, -Opened
//	index ByIBAN on IBAN unique
//	reserved 7, 9
//
// There is a line for each field, ascending by number, and under a message, two
// spaces further in, its own lines. Types are bool, int8 to int64, uint8 to
// uint64, float32, float64, string, bytes, bytes[N], time, message, binary and
// text (what types make of themselves), "list of" a type, "array[N] of" a type
// and "map of" an ordered type "to" a type; the type of a field can have
// "optional" before it. A type counts as what it is made of: an int and a
// time.Duration are an int64. Indexes stand by name, and reserved numbers
// ascend. What changes no byte is not there: names of types and of the store,
// the order of declarations, bounds of lengths, fields that are left out.
package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// Text returns the schema of a store.
func Text(s *model.Store) string {
	var b strings.Builder
	b.WriteString("committable schema 1\n")
	fields(&b, s.Row, "")
	var key []string
	for _, f := range s.Key {
		key = append(key, f.Name)
	}
	fmt.Fprintf(&b, "key %s\n", strings.Join(key, ", "))
	for _, i := range slices.SortedFunc(slices.Values(s.Indexes), func(x, y *model.Index) int { return cmp.Compare(x.Name, y.Name) }) {
		index(&b, i)
	}
	reserved(&b, s.Row, "")
	return b.String()
}

func fields(b *strings.Builder, s *model.Struct, indent string) {
	for _, f := range slices.SortedFunc(slices.Values(s.Fields), func(x, y *model.Field) int { return cmp.Compare(x.Number, y.Number) }) {
		fmt.Fprintf(b, "%s%d %s %s\n", indent, f.Number, f.Name, describeField(f.Type))
		if inner := Message(f.Type); inner != nil {
			fields(b, inner, indent+"  ")
			reserved(b, inner, indent+"  ")
		}
	}
}

// Message returns the struct at the end of everything that has elements.
func Message(t *model.Type) *model.Struct {
	for t.Elem != nil {
		t = t.Elem
	}
	return t.Struct
}

func describeField(t *model.Type) string {
	if t.Kind == model.Pointer {
		return "optional " + describe(t.Elem)
	}
	return describe(t)
}

func describe(t *model.Type) string {
	switch t.Kind {
	case model.Bool:
		return "bool"
	case model.Int:
		return fmt.Sprintf("int%d", cmp.Or(t.Bits, 64))
	case model.Uint:
		return fmt.Sprintf("uint%d", cmp.Or(t.Bits, 64))
	case model.String:
		return "string"
	case model.Bytes:
		return "bytes"
	case model.Fixed:
		return fmt.Sprintf("bytes[%d]", t.Length)
	case model.Time:
		return "time"
	case model.Message:
		return "message"
	case model.List:
		return "list of " + describe(t.Elem)
	case model.Array:
		return fmt.Sprintf("array[%d] of %s", t.Length, describe(t.Elem))
	case model.Float:
		return fmt.Sprintf("float%d", t.Bits)
	case model.Pointer: // an element, which is always there
		return describe(t.Elem)
	case model.Map:
		return fmt.Sprintf("map of %s to %s", describe(t.Key), describe(t.Elem))
	case model.Binary:
		return "binary"
	case model.Text:
		return "text"
	default:
		return "invalid"
	}
}

func index(b *strings.Builder, i *model.Index) {
	var on []string
	for _, c := range i.Components {
		if c.Descending {
			on = append(on, "-"+c.Field.Name)
		} else {
			on = append(on, c.Field.Name)
		}
	}
	fmt.Fprintf(b, "index %s on %s", i.Name, strings.Join(on, ", "))
	if i.Unique {
		b.WriteString(" unique")
	}
	b.WriteByte('\n')
}

func reserved(b *strings.Builder, s *model.Struct, indent string) {
	if len(s.Reserved) == 0 {
		return
	}
	var numbers []string
	for _, n := range s.Reserved {
		numbers = append(numbers, fmt.Sprint(n))
	}
	fmt.Fprintf(b, "%sreserved %s\n", indent, strings.Join(numbers, ", "))
}
