package schema

// types compares the types of a field, or of the elements at some depth of it.
// What names it in messages, and path is the dotted name for what is inside.
func (c *comparison) types(what, path string, old, new *Type) {
	const newNumber = "; leave the field as it was, and add one with a new number"
	switch {
	case old.Kind != new.Kind || old.Kind == Fixed && old.Length != new.Length:
		c.refuse("stored rows have the old type"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Kind == Message:
		c.structs(path+".", old.Struct, new.Struct)
	case old.Kind == Array && old.Length != new.Length:
		c.refuse("a stored array has all its elements"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Kind == Map && *old.Key != *new.Key:
		c.refuse("stored entries have the old key"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Elem != nil:
		c.types("an element of "+what, path, old.Elem, new.Elem)
	case old.Bits > new.Bits:
		c.refuse("stored values may not fit"+newNumber, "%s was %s and is %s now", what, old, new)
	case old.Bits < new.Bits && c.key[old]:
		// In rows all widths are the same varint. In keys they are not: a
		// recorded delete has a key of the old width, and the order of a
		// journal is that of the hashed keys.
		c.refuse("keys would have another width"+newNumber, "%s of the key was %s and is %s now", what, old, new)
	case old.Bits < new.Bits:
		c.allow("%s was %s and is %s now", what, old, new)
	}
}
