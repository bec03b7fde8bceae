package schema

import "fmt"

// types compares the old and the new type of a field.
func (c *comparison) types(at path, before, now *Field) {
	t := typeComparison{c, at, now, c.key[before.Type]}
	t.compare(fmt.Sprintf("field %d %s", before.Number, at.to(now.Name)), before.Type, now.Type)
}

// typeComparison compares the types of one field.
type typeComparison struct {
	*comparison
	at    path
	field *Field
	inKey bool
}

// compare compares two types of the field or of its elements, which errors call
// what.
func (c typeComparison) compare(what string, old, new *Type) {
	switch {
	case old.Kind != new.Kind || old.Kind == Fixed && old.Length != new.Length || old.Kind == Float && old.Bits != new.Bits:
		c.refuse("stored rows have the old type", what, old, new)
	case old.Kind == Message:
		c.structs(c.at.into(c.field), old.Struct, new.Struct)
	case old.Kind == Array && old.Length != new.Length:
		c.refuse("stored arrays have the old length", what, old, new)
	case old.Kind == Map && *old.Key != *new.Key:
		c.refuse("stored entries have the old key", what, old, new)
	case old.Elem != nil:
		c.compare("an element of "+what, old.Elem, new.Elem)
	case old.Bits > new.Bits:
		c.refuse("stored values may not fit", what, old, new)
	case old.Bits < new.Bits && c.inKey:
		// Rows encode all widths alike, but keys do not: recorded deletes have
		// keys of the old width, and a journal is in the order of hashed keys.
		c.refuse("keys would have another length", what+" of the key", old, new)
	case old.Bits < new.Bits:
		c.allow(c.at, c.field.Number, "%s was %s and is now %s", what, old, new)
	}
}

func (c typeComparison) refuse(why, what string, old, new *Type) {
	c.comparison.refuse(c.at, c.field.Number, why+"; keep the type, and add a field with a new number",
		"%s was %s and is now %s", what, old, new)
}
