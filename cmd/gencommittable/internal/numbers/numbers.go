// Package numbers gives every stored field a number of its own, for the tags in
// the source: the one that it had, or one that no field ever had.
//
// numbers.go chooses the numbers, edit.go writes them into the text of a file.
package numbers

import (
	"go/types"
	"slices"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/evolve"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/output"
	text "github.com/gencommittable/gencommittable/cmd/gencommittable/internal/schema"
	"github.com/gencommittable/gencommittable/committable/schema"
)

// Fields numbers the fields of rows, and of structs of the same package in them,
// that have no number in their tag: in the model, and in the files that it
// returns, to be written. What it finds wrong is in the program's errors.
func Fields(program *load.Program, pkgs []*model.Package, previous evolve.Previous) ([]output.Change, error) {
	var list []*numbered
	byName := make(map[types.Object]*numbered)
	for _, pkg := range pkgs {
		for _, s := range pkg.Stores {
			var row *schema.Struct
			if old := previous[s]; old != nil {
				row = old.Row
			}
			walk(s.Row, row, func(now *model.Struct, old *schema.Struct) {
				obj := now.Named.Obj()
				n := byName[obj]
				if n == nil {
					n = &numbered{obj: obj, had: make(map[string]int)}
					byName[obj], list = n, append(list, n)
				}
				n.add(now, old)
				n.local = n.local || obj.Pkg().Path() == pkg.Path
			})
		}
	}
	list = slices.DeleteFunc(list, func(n *numbered) bool { return !n.local || !n.choose() })
	return edit(program, list)
}

// walk visits a struct and all structs in it, each with what the generated file
// has in its place, if it has.
func walk(now *model.Struct, old *schema.Struct, visit func(*model.Struct, *schema.Struct)) {
	visit(now, old)
	for _, f := range now.Fields {
		inner := text.Message(f.Type)
		if inner == nil {
			continue
		}
		walk(inner, messageOf(old, f), visit)
	}
}

// messageOf returns the message of a field in the generated file: of the one
// that has its name or, as that may have changed, its number in a tag.
func messageOf(s *schema.Struct, f *model.Field) *schema.Struct {
	if s == nil {
		return nil
	}
	i := slices.IndexFunc(s.Fields, func(old *schema.Field) bool { return old.Name == f.Name })
	if old := s.Field(f.Number); i < 0 && old != nil && !f.Counted {
		return message(old.Type)
	}
	if i < 0 {
		return nil
	}
	return message(s.Fields[i].Type)
}

// message returns the struct at the end of everything that has elements.
func message(t *schema.Type) *schema.Struct {
	for t.Elem != nil {
		t = t.Elem
	}
	return t.Struct
}

// numbered is a struct whose fields get numbers, in all the places where it is.
type numbered struct {
	obj   types.Object
	local bool            // a row of its package has it
	uses  []*model.Struct // the same struct, for each store
	had   map[string]int  // numbers by the names of fields
	used  []int           // numbers that are taken, or were

	fields map[string]int // the numbers to write, by the names of fields
}

// add takes note of one place.
func (n *numbered) add(now *model.Struct, old *schema.Struct) {
	n.uses = append(n.uses, now)
	n.used = append(n.used, now.Reserved...)
	for _, f := range now.Fields {
		if !f.Counted {
			n.used = append(n.used, f.Number)
		}
	}
	if old == nil {
		return
	}
	n.used = append(n.used, old.Reserved...)
	for _, f := range old.Fields {
		n.had[f.Name] = f.Number
		n.used = append(n.used, f.Number)
	}
}

// choose chooses the numbers of fields without one, and reports whether there
// are any. A field keeps the number that it had under its name, or gets that of
// its position, if it was never used, or else one after all.
func (n *numbered) choose() bool {
	n.fields = make(map[string]int)
	s := n.uses[0]
	var taken []int
	for _, f := range s.Fields {
		if !f.Counted {
			taken = append(taken, f.Number)
		}
	}
	var others []*model.Field
	for _, f := range s.Fields {
		switch number, had := n.had[f.Name]; {
		case !f.Counted:
		case had && !slices.Contains(taken, number) && !slices.Contains(s.Reserved, number):
			n.fields[f.Name] = number
		default:
			others = append(others, f)
		}
	}
	for _, f := range others {
		number := f.Number
		if slices.Contains(n.used, number) {
			number = directive.FreeNumber(slices.Clone(n.used))
		}
		n.fields[f.Name] = number
		n.used = append(n.used, number)
	}
	for _, use := range n.uses {
		for _, f := range use.Fields {
			if f.Counted {
				f.Number, f.Counted = n.fields[f.Name], false
			}
		}
	}
	return len(n.fields) > 0
}
