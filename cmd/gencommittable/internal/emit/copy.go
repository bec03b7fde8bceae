package emit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

func byNumber(fields []*model.Field) []*model.Field {
	return slices.SortedFunc(slices.Values(fields), func(a, b *model.Field) int { return cmp.Compare(a.Number, b.Number) })
}

func shared(s *model.Struct) bool {
	return slices.ContainsFunc(s.Fields, func(f *model.Field) bool { return f.Type.Shared() })
}

// copies writes the function that copies a row, and those that give a struct
// slices of its own. A row that shares nothing needs none.
func (w *writer) copies() {
	for _, s := range w.structs {
		if !shared(s) {
			continue
		}
		if s == w.store.Row {
			w.comment(w.function("clone", "") + " returns a deep copy.")
			w.f.Func().Id(w.function("clone", "")).Params(w.rowPointer("v")).Add(w.row()).BlockFunc(func(g *jen.Group) {
				g.Id("c").Op(":=").Op("*").Id("v")
				w.unshareFields(g, s, "c")
				g.Return(jen.Id("c"))
			})
			continue
		}
		function := w.structFunction("unshare", s)
		w.comment(function + " gives v slices of its own.")
		w.f.Func().Id(function).Params(jen.Id("v").Op("*").Add(name(s.Named.Obj()))).BlockFunc(func(g *jen.Group) {
			w.unshareFields(g, s, "v")
		})
	}
}

func (w *writer) unshareFields(g *jen.Group, s *model.Struct, variable string) {
	for _, f := range s.Fields {
		w.unshare(g, f.Type, jen.Id(variable).Dot(f.Name), 0)
	}
}

// unshare replaces the slices in a value by copies.
func (w *writer) unshare(g *jen.Group, t *model.Type, value *jen.Statement, depth int) {
	switch {
	case !t.Shared():
		return
	case t.Kind == model.Message:
		g.Id(w.structFunction("unshare", t.Struct)).Call(jen.Op("&").Add(value))
		return
	case t.Kind == model.Bytes, t.Kind == model.List:
		g.Add(value).Op("=").Qual("slices", "Clone").Call(value)
	}
	if t.Elem != nil && t.Elem.Shared() {
		each(g, value, depth, func(g *jen.Group, elem *jen.Statement) { w.unshare(g, t.Elem, elem, depth+1) })
	}
}

// each writes a loop over the elements of a list or an array.
func each(g *jen.Group, value *jen.Statement, depth int, body func(g *jen.Group, elem *jen.Statement)) {
	i := "ijklmnop"[min(depth, 7):][:1]
	if depth > 7 {
		i = fmt.Sprintf("i%d", depth)
	}
	g.For(jen.Id(i).Op(":=").Range().Add(value)).BlockFunc(func(g *jen.Group) { body(g, value.Clone().Index(jen.Id(i))) })
}
