package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Change is one difference between two schemas.
type Change struct {
	What string // what is different, naming field or index
	Why  string // why that is refused, and what to do; empty: it is allowed
}

// Refused reports whether a store of the new schema cannot take over rows of
// the old one.
func (c Change) Refused() bool { return c.Why != "" }

// String is a sentence for people.
func (c Change) String() string {
	if c.Why == "" {
		return c.What
	}
	return c.What + ": " + c.Why
}

// Refused returns the changes that are refused.
func Refused(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return !c.Refused() })
}

// Compare lists what is different in a new schema: fields in the order of their
// numbers, then the key, then the indexes. If nothing of it is refused, every
// row and every key of the old schema decodes under the new one to the same
// values, with zeros for fields that it did not have, and encodes to the same
// bytes. Whether the rows hold to a new unique index is not told.
//
// Allowed are what changes no byte of a row or of a key: a field with a number
// that is new, another name, more bits for an integer outside the key, every
// change of an index, further reserved numbers.
func Compare(old, new *Schema) []Change {
	c := &comparison{key: make(map[*Type]bool)}
	for _, f := range old.Key {
		c.key[f.Type] = true
	}
	c.structs("", old.Row, new.Row)
	c.keys(old.Key, new.Key)
	c.indexes(old.Indexes, new.Indexes)
	return c.changes
}

// comparison gathers changes.
type comparison struct {
	key     map[*Type]bool // types of the old key's components
	changes []Change
}

func (c *comparison) allow(format string, args ...any) {
	c.changes = append(c.changes, Change{What: fmt.Sprintf(format, args...)})
}

func (c *comparison) refuse(why, format string, args ...any) {
	c.changes = append(c.changes, Change{What: fmt.Sprintf(format, args...), Why: why})
}

// structs compares rows, or messages whose path ends with a dot.
func (c *comparison) structs(path string, old, new *Struct) {
	for _, n := range numbers(old, new) {
		before, now := old.Field(n), new.Field(n)
		switch {
		case now != nil:
			c.field(path, n, old, new)
		case before != nil && new.named(before.Name) == nil:
			c.refuse("stored rows may have it; put the field back, with its number",
				"field %d %s%s %s is gone", n, path, before.Name, before.Type)
		case before != nil: // told where the name is now
		case slices.Contains(new.Reserved, n) && !slices.Contains(old.Reserved, n):
			c.allow("number %d is reserved%s", n, in(path))
		case !slices.Contains(new.Reserved, n):
			c.refuse(fmt.Sprintf("a field had it once, and another one must never get it; add //committable:reserved %d", n),
				"number %d is not reserved any more%s", n, in(path))
		}
	}
}

// field compares what has a number in the new schema with what had it in the
// old one.
func (c *comparison) field(path string, n int, old, new *Struct) {
	before, now := old.Field(n), new.Field(n)
	name := path + now.Name
	switch moved := old.named(now.Name); {
	case moved != nil && moved.Number != n:
		// By position, a field gets another number when one before it comes or
		// goes; values must not end up in a neighbour of the same type.
		c.refuse(fmt.Sprintf("stored rows have it under %d; give it that number in its tag, `committable:\"%d\"`", moved.Number, moved.Number),
			"field %s had number %d and has %d now", name, moved.Number, n)
	case before == nil && slices.Contains(old.Reserved, n):
		c.refuse("a field had it once; give this one a number that is new",
			"field %s has number %d, which is reserved", name, n)
	case before == nil:
		c.allow("field %d %s %s is new", n, name, now.Type)
	case before.Name != now.Name && new.named(before.Name) != nil:
		c.refuse("stored rows have the values of that one under it; give this one a number that is new",
			"field %s has number %d, which was that of %s%s", name, n, path, before.Name)
	default:
		if before.Name != now.Name {
			c.allow("field %d %s%s is called %s now", n, path, before.Name, name)
		}
		c.types(fmt.Sprintf("field %d %s", n, name), name, before.Type, now.Type)
	}
}

// numbers returns the numbers of two structs, those of fields and those that
// are reserved, ascending.
func numbers(structs ...*Struct) (list []int) {
	for _, s := range structs {
		for _, f := range s.Fields {
			list = append(list, f.Number)
		}
		list = append(list, s.Reserved...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// in says which message a path is about.
func in(path string) string {
	if path == "" {
		return ""
	}
	return " in " + strings.TrimSuffix(path, ".")
}

// keys compares the components, whose types are compared already.
func (c *comparison) keys(old, new []*Field) {
	if slices.EqualFunc(old, new, func(a, b *Field) bool { return a.Number == b.Number }) {
		return
	}
	c.refuse("rows are stored and deleted by their key; put the key back, or write the rows into a new store",
		"the key was %s and is %s now", fieldNames(old), fieldNames(new))
}

// indexes compares what is nowhere stored, so that every change is allowed.
func (c *comparison) indexes(old, new []Index) {
	for i := range old {
		if now := findIndex(new, old[i].Name); now == nil {
			c.allow("%s is gone", &old[i])
		} else if !sameIndex(&old[i], now) {
			c.allow("%s was %s", now, &old[i])
		}
	}
	for i := range new {
		if findIndex(old, new[i].Name) == nil {
			c.allow("%s is new", &new[i])
		}
	}
}

func findIndex(list []Index, name string) *Index {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// sameIndex does not care for names of fields.
func sameIndex(a, b *Index) bool {
	return a.Unique == b.Unique && slices.EqualFunc(a.Components, b.Components, func(x, y Component) bool {
		return x.Field.Number == y.Field.Number && x.Descending == y.Descending
	})
}
