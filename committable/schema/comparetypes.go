package schema

// types compares the types of a field, or of the elements at some depth of it.
// What names it in messages.
func (c *comparison) types(what string, at path, old, new *Type) {
	const newNumber = "; leave the field as it was, and add one with a new number"
	switch {
	case old.Kind != new.Kind || old.Kind == Fixed && old.Length != new.Length || old.Kind == Float && old.Bits != new.Bits:
		c.refuse(at, "stored rows have the old type"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Kind == Message:
		c.structs(at, old.Struct, new.Struct)
	case old.Kind == Array && old.Length != new.Length:
		c.refuse(at, "a stored array has all its elements"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Kind == Map && *old.Key != *new.Key:
		c.refuse(at, "stored entries have the old key"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Elem != nil:
		c.types("an element of "+what, at, old.Elem, new.Elem)
	case old.Bits > new.Bits:
		c.refuse(at, "stored values may not fit"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Bits < new.Bits && c.key[old]:
		// In rows all widths are the same varint. In keys they are not: a
		// recorded delete has a key of the old width, and the order of a
		// journal is that of the hashed keys.
		c.refuse(at, "keys would have another width"+newNumber, "%s of the key was %s and is %s now", what, old, new)
	case old.Bits < new.Bits:
		c.allow(at, "%s was %s and is %s now", what, old, new)
	}
}
