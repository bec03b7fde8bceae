package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// normal reports whether values of a type have another form than the canonical
// one, or can be refused.
func normal(t *model.Type) bool {
	switch t.Kind {
	case model.String, model.Bytes, model.List, model.Time:
		return true
	case model.Array:
		return normal(t.Elem)
	case model.Message:
		return structNormal(t.Struct)
	default:
		return false
	}
}

func structNormal(s *model.Struct) bool {
	return s.Omitted || slices.ContainsFunc(s.Fields, func(f *model.Field) bool { return normal(f.Type) })
}

// normalizers writes the functions that bring a row and its structs to
// canonical form.
func (w *writer) normalizers() {
	for _, s := range w.structs {
		if !structNormal(s) {
			continue
		}
		function := w.structFunction("normalize", s)
		w.comment(function + " brings v to canonical form, or says why it cannot be stored.")
		fn := w.f.Func().Id(function).Params(jen.Id("v").Op("*").Add(name(s.Named.Obj()))).Error()
		fn.BlockFunc(func(g *jen.Group) {
			if s.Omitted {
				w.dropOmitted(g, s)
			}
			for _, f := range s.Fields {
				said := f.Name
				if s != w.store.Row {
					said = s.Name() + "." + f.Name
				}
				value := jen.Id("v").Dot(f.Name)
				if f.Max > 0 {
					check(g, codec("CheckLength").Call(jen.Lit(said), jen.Len(value), jen.Lit(f.Max)))
				}
				w.normalize(g, f.Type, said, value, 0)
			}
			g.Return(jen.Nil())
		})
	}
}

// dropOmitted sets the fields that are not stored to zero, whatever their
// types.
func (w *writer) dropOmitted(g *jen.Group, s *model.Struct) {
	g.Op("*").Id("v").Op("=").Add(name(s.Named.Obj())).ValuesFunc(func(g *jen.Group) {
		for _, f := range s.Fields {
			g.Id(f.Name).Op(":").Id("v").Dot(f.Name)
		}
	})
}

func (w *writer) normalize(g *jen.Group, t *model.Type, said string, value *jen.Statement, depth int) {
	switch t.Kind {
	case model.String:
		check(g, codec("CheckString").Call(jen.Lit(said), value))
	case model.Time:
		check(g, codec("CheckTime").Call(jen.Lit(said), value))
		g.Add(value).Op("=").Add(codec("NormalizeTime")).Call(value)
	case model.Message:
		if structNormal(t.Struct) {
			check(g, jen.Id(w.structFunction("normalize", t.Struct)).Call(jen.Op("&").Add(value)))
		}
	case model.Bytes, model.List:
		g.If(jen.Len(value).Op("==").Lit(0)).Block(value.Clone().Op("=").Nil())
	}
	if t.Elem != nil && normal(t.Elem) {
		each(g, value, depth, func(g *jen.Group, elem *jen.Statement) { w.normalize(g, t.Elem, said, elem, depth+1) })
	}
}

// check returns the error of a call, if there is one.
func check(g *jen.Group, call *jen.Statement) {
	g.If(jen.Err().Op(":=").Add(call), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err()))
}
