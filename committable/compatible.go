package committable

import (
	"strings"

	"github.com/gencommittable/gencommittable/committable/schema"
)

// checkCompatible compares the schema of given rows with the table's own. If the
// table can restore the rows, it returns how to convert them; a nil conversion
// leaves them unchanged. Otherwise it returns the incompatible changes.
//
// Schemas that package schema can parse are compared by meaning. Other schemas,
// which hand-written definitions may have, must be equal.
func checkCompatible(given, own string) (conversion *schema.Conversion, incompatible []string) {
	if given == own {
		return nil, nil
	}
	from, err := schema.Parse([]byte(given))
	if err != nil {
		return nil, lineChanges(given, own)
	}
	to, err := schema.Parse([]byte(own))
	if err != nil {
		return nil, lineChanges(given, own)
	}
	for _, change := range schema.Refused(schema.Compare(from, to)) {
		incompatible = append(incompatible, change.String())
	}
	if len(incompatible) > 0 {
		return nil, incompatible
	}
	return schema.NewConversion(from, to), nil
}

// decodeRow decodes a row. It converts the row first unless c is nil.
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

// lineChanges returns the lines that only one of two different schemas has: first
// those of the given schema.
func lineChanges(given, own string) []string {
	givenLines, ownLines := strings.Split(given, "\n"), strings.Split(own, "\n")
	changes := append(linesOnlyIn("- ", givenLines, ownLines), linesOnlyIn("+ ", ownLines, givenLines)...)
	if len(changes) == 0 {
		return []string{"the same lines in another order"}
	}
	return changes
}

func linesOnlyIn(mark string, lines, others []string) (only []string) {
	unmatched := make(map[string]int, len(others))
	for _, line := range others {
		unmatched[line]++
	}
	for _, line := range lines {
		if unmatched[line]--; unmatched[line] < 0 {
			only = append(only, mark+line)
		}
	}
	return only
}

// checkUniqueIndexes returns an error if rows that were restored from another
// schema violate a unique index. Neither that schema nor the journals after it
// needed to satisfy the index.
func (v *View[K, V]) checkUniqueIndexes() error {
	if !v.snapshot.state.uniqueUnchecked {
		return nil
	}
	def := &v.table.def
	for i := range def.Indexes {
		if !def.Indexes[i].Unique {
			continue
		}
		var err error
		var preceding entry[K]
		v.orders[1+i].Ascend(preceding, func(e entry[K]) bool {
			if preceding.enc != "" {
				v.look(e.key, func(at *V) { err = def.Indexes[i].checkNeighbours(preceding.enc, at) })
			}
			preceding = e
			return err == nil
		})
		if err != nil {
			return v.table.failForeignRows("Snapshot", err)
		}
	}
	return nil
}

// failForeignRows returns the error for rows of another schema that violate a
// unique index.
func (t *Table[K, V]) failForeignRows(op string, err error) error {
	return t.failBecause(op, ErrSchema, err,
		"rows of another schema violate a unique index of this one; change them with the previous program first")
}
