package schema

import (
	"fmt"
	"slices"
)

// Change is one difference between two schemas.
type Change struct {
	What string // the difference, with the name of the field or index
	Why  string // why the change is refused, and what to do; empty if it is allowed
	// Path is the path from the row to the message that is different, as numbers
	// of fields. It is empty for the row.
	Path   []int
	Field  int  // number of the field in the new schema; 0 for the message itself or a deleted field
	Number bool // the number of the field is refused
	Key    bool // the key has other fields
}

// Refused reports whether the change keeps the new schema from reading rows of the
// old one.
func (c Change) Refused() bool { return c.Why != "" }

// String returns the difference, and why it is refused.
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

// Compare lists the differences of two schemas: fields in the order of their
// numbers, then the key, then the indexes. If no change is refused, rows (after a
// [Conversion]) and keys of the old schema decode under the new one to the same
// values, with zeros for new fields, and encode to the same bytes. Compare does not
// know whether rows violate a new unique index.
//
// These changes are allowed: a deleted field whose number is reserved, a new field
// with a new number, a new name, more bits for an integer outside the key, changes
// of indexes, and more reserved numbers.
func Compare(old, new *Schema) []Change {
	c := &comparison{key: make(map[*Type]bool)}
	for _, f := range old.Key {
		c.key[f.Type] = true
	}
	c.structs(path{}, old.Row, new.Row)
	c.keys(old.Key, new.Key)
	c.indexes(old.Indexes, new.Indexes)
	return c.changes
}

// comparison collects changes.
type comparison struct {
	key     map[*Type]bool // types of the old key's components
	changes []Change
}

// path is the path from the row to a message.
type path struct {
	name    string // with dots; empty for the row
	numbers []int
}

// to returns the name of a field in the message.
func (p path) to(field string) string {
	if p.name == "" {
		return field
	}
	return p.name + "." + field
}

// into returns the path of the messages in a field of the message.
func (p path) into(f *Field) path {
	return path{p.to(f.Name), append(slices.Clip(p.numbers), f.Number)}
}

// in returns the message of a path for an error, or nothing for the row.
func (p path) in() string {
	if p.name == "" {
		return ""
	}
	return " in " + p.name
}

func (c *comparison) allow(at path, field int, format string, args ...any) {
	c.changes = append(c.changes, Change{What: fmt.Sprintf(format, args...), Path: at.numbers, Field: field})
}

func (c *comparison) refuse(at path, field int, why, format string, args ...any) {
	c.changes = append(c.changes, Change{What: fmt.Sprintf(format, args...), Why: why, Path: at.numbers, Field: field})
}

// refuseNumber refuses the number of a field.
func (c *comparison) refuseNumber(at path, field int, why, format string, args ...any) {
	c.refuse(at, field, why, format, args...)
	c.changes[len(c.changes)-1].Number = true
}

// structs compares rows, or the messages at a path.
func (c *comparison) structs(at path, old, new *Struct) {
	all := numbers(old, new)
	free := after(all)
	for _, n := range all {
		before, now := old.Field(n), new.Field(n)
		reserved := slices.Contains(new.Reserved, n)
		gone := before != nil && new.named(before.Name) == nil
		switch {
		case now != nil && before != nil && old.named(now.Name) == nil && gone:
			c.allow(at, n, "field %d %s is now called %s", n, at.to(before.Name), at.to(now.Name))
			c.types(at, before, now)
			continue
		case now != nil:
			if c.field(at, now, old, new, free) {
				free++
			}
		case before != nil && reserved:
			c.allow(at, 0, "field %d %s %s was deleted; rows lose its values", n, at.to(before.Name), before.Type)
			continue
		case before != nil: // handled below if it was deleted, or else at its new number
		case reserved && !slices.Contains(old.Reserved, n):
			c.allow(at, 0, "number %d is now reserved%s", n, at.in())
		case !reserved:
			c.refuse(at, 0, fmt.Sprintf("a deleted field had it, and its number must not be used again; add //committable:reserved %d", n),
				"number %d is no longer reserved%s", n, at.in())
		}
		if gone {
			c.refuse(at, 0, fmt.Sprintf("stored rows may have it; tag the field that replaces it `committable:\"%d\"`, put it back, or drop its values with //committable:reserved %d", n, n),
				"field %d %s %s was deleted", n, at.to(before.Name), before.Type)
		}
	}
}

// field compares a field of the new schema that was not only renamed. It reports
// whether its error suggests the free number.
func (c *comparison) field(at path, now *Field, old, new *Struct, free int) (took bool) {
	name, n := at.to(now.Name), now.Number
	before, moved := old.Field(n), old.named(now.Name)
	switch {
	case moved != nil && moved != before && !(before == nil && slices.Contains(new.Reserved, moved.Number)):
		// Numbers without tags are positions, so adding or deleting a field
		// renumbers those after it. Stored values must not become those of a
		// neighbor of the same type.
		c.refuseNumber(at, n, fmt.Sprintf("stored rows have it as number %d; give it that number in its tag, `committable:\"%d\"`", moved.Number, moved.Number),
			"field %s had number %d and now has %d", name, moved.Number, n)
		c.types(at, moved, now)
	case before == nil && slices.Contains(old.Reserved, n):
		c.refuseNumber(at, n, fmt.Sprintf("a deleted field had it; give this one a new number, `committable:\"%d\"`", free),
			"field %s has number %d, which is reserved", name, n)
		return true
	case before == nil:
		c.allow(at, n, "field %d %s %s is new", n, name, now.Type)
	case moved != before:
		c.refuseNumber(at, n, fmt.Sprintf("stored rows have that field as this number; give this one a new number, `committable:\"%d\"`", free),
			"field %s has number %d, which %s had", name, n, at.to(before.Name))
		return true
	default:
		c.types(at, before, now)
	}
	return false
}

// after returns a number for a new field: above the given ones, which ascend, and
// none of those that protobuf reserves.
func after(numbers []int) int {
	const first, last = 19000, 19999
	n := numbers[len(numbers)-1] + 1
	if n >= first && n <= last {
		return last + 1
	}
	return n
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

// keys compares the fields of the keys. Their types are compared with the rows.
func (c *comparison) keys(old, new []*Field) {
	if slices.EqualFunc(old, new, func(a, b *Field) bool { return a.Number == b.Number }) {
		return
	}
	c.refuse(path{}, 0, "rows are stored and deleted by their key; put the key back, or write the rows into a new store",
		"the key was %s and is now %s", fieldNames(old), fieldNames(new))
	c.changes[len(c.changes)-1].Key = true
}

// indexes compares the indexes. They are not stored, so every change is allowed.
func (c *comparison) indexes(old, new []Index) {
	for i := range old {
		if now := findIndex(new, old[i].Name); now == nil {
			c.allow(path{}, 0, "%s was deleted", &old[i])
		} else if !sameIndex(&old[i], now) {
			c.allow(path{}, 0, "%s was %s", now, &old[i])
		}
	}
	for i := range new {
		if findIndex(old, new[i].Name) == nil {
			c.allow(path{}, 0, "%s is new", &new[i])
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

// sameIndex compares two indexes, but not the names of their fields.
func sameIndex(a, b *Index) bool {
	return a.Unique == b.Unique && slices.EqualFunc(a.Components, b.Components, func(x, y Component) bool {
		return x.Field.Number == y.Field.Number && x.Descending == y.Descending
	})
}
