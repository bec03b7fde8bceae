package committable

import (
	"strings"

	"github.com/gencommittable/gencommittable/committable/schema"
)

// judge tells why rows of a given schema cannot be taken over or, if they can,
// how they are converted; nil says that they stay as they are. Schemas that
// package schema can read are compared by what they mean; others, which
// hand-written definitions may have, must be equal.
func judge(given, own string) (conversion *schema.Conversion, refused []string) {
	if given == own {
		return nil, nil
	}
	before, err := schema.Parse([]byte(given))
	if err != nil {
		return nil, lineChanges(given, own)
	}
	now, err := schema.Parse([]byte(own))
	if err != nil {
		return nil, lineChanges(given, own)
	}
	for _, change := range schema.Refused(schema.Compare(before, now)) {
		refused = append(refused, change.String())
	}
	if len(refused) > 0 {
		return nil, refused
	}
	return schema.NewConversion(before, now), nil
}

// decodeRow decodes a row that is converted first, if need be.
func (t *Table[K, V]) decodeRow(c *schema.Conversion, encoded []byte, v *V) error {
	if c != nil {
		converted, err := c.AppendRow(nil, encoded)
		if err != nil {
			return err
		}
		encoded = converted
	}
	return t.def.DecodeRow(encoded, v)
}

// lineChanges lists the lines that only one of two different schemas has, those
// of the given one first.
func lineChanges(given, own string) []string {
	givenLines, ownLines := strings.Split(given, "\n"), strings.Split(own, "\n")
	changes := append(linesOnlyIn("- ", givenLines, ownLines), linesOnlyIn("+ ", ownLines, givenLines)...)
	if len(changes) == 0 {
		return []string{"the same lines in another order"}
	}
	return changes
}

func linesOnlyIn(mark string, lines, others []string) (only []string) {
	left := make(map[string]int, len(others))
	for _, line := range others {
		left[line]++
	}
	for _, line := range lines {
		if left[line]--; left[line] < 0 {
			only = append(only, mark+line)
		}
	}
	return only
}

// clash returns a *UniqueError if a row has the components of the entry before
// it in a unique index.
func (i *Index[V]) clash(before string, v *V) error {
	components := string(i.Append(nil, v))
	if !strings.HasPrefix(before, components) {
		return nil
	}
	return &UniqueError{Index: i.Name, Key: []byte(before[len(components):])}
}

// checkForeign holds a state that came from rows of another schema to the unique
// indexes: those rows, and the journals after them, may never have had to.
func (v *View[K, V]) checkForeign() error {
	if !v.past.state.foreign {
		return nil
	}
	def := &v.table.def
	for i := range def.Indexes {
		if !def.Indexes[i].Unique {
			continue
		}
		var err error
		var before entry[K]
		v.orders[1+i].Ascend(before, func(e entry[K]) bool {
			if before.enc != "" {
				v.look(e.key, func(at *V) { err = def.Indexes[i].clash(before.enc, at) })
			}
			before = e
			return err == nil
		})
		if err != nil {
			return v.table.notUniqueAnyMore("Snapshot", err)
		}
	}
	return nil
}

// notUniqueAnyMore is the error for rows of another schema, which are as they
// may be there.
func (t *Table[K, V]) notUniqueAnyMore(op string, err error) error {
	return t.failBecause(op, ErrSchema, err,
		"rows that were written under another schema do not hold to a unique index of this one; change them with the old program first")
}
