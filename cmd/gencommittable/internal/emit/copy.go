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
		w.comment(function + " replaces the memory that v shares with other values by copies.")
		w.f.Func().Id(function).Params(jen.Id("v").Op("*").Add(typ(s.Named))).BlockFunc(func(g *jen.Group) {
			w.unshareFields(g, s, "v")
		})
	}
}

func (w *writer) unshareFields(g *jen.Group, s *model.Struct, of string) {
	for _, f := range s.Fields {
		w.unshare(g, f.Type, variable(jen.Id(of).Dot(f.Name)), 0)
	}
}

// unshare replaces what a value shares with others by copies.
func (w *writer) unshare(g *jen.Group, t *model.Type, v operand, depth int) {
	if !t.Shared() {
		return
	}
	copied := func(by *jen.Statement) { g.Add(v.value).Op("=").Add(by) }
	switch t.Kind {
	case model.Message:
		g.Id(w.structFunction("unshare", t.Struct)).Call(v.pointer)
	case model.Binary, model.Text:
		copied(cloneMarshaled(t, v.pointer))
	case model.Pointer:
		g.If(v.value.Clone().Op("!=").Nil()).BlockFunc(func(g *jen.Group) { w.unshareTarget(g, t.Elem, v, depth) })
	case model.Map:
		copied(jen.Qual("maps", "Clone").Call(v.value))
		if t.Elem.Shared() {
			loop{elem: true, back: true}.over(g, v, depth, func(g *jen.Group, _, elem operand) { w.unshare(g, t.Elem, elem, depth+1) })
		}
	case model.Bytes, model.List:
		copied(jen.Qual("slices", "Clone").Call(v.value))
		fallthrough
	default:
		if t.Elem != nil && t.Elem.Shared() {
			each(g, v, depth, func(g *jen.Group, elem operand) { w.unshare(g, t.Elem, elem, depth+1) })
		}
	}
}

// unshareTarget gives a pointer that is not nil a copy to point to.
func (w *writer) unshareTarget(g *jen.Group, t *model.Type, p operand, depth int) {
	if t.Shared() && (t.Kind == model.Binary || t.Kind == model.Text) {
		g.Add(p.value).Op("=").New(cloneMarshaled(t, p.value))
		return
	}
	at := target(p.value)
	g.Add(p.value).Op("=").New(at.value)
	w.unshare(g, t, at, depth)
}

func cloneMarshaled(t *model.Type, pointer *jen.Statement) *jen.Statement {
	return gencode("CloneMarshaled").Call(form(t), pointer)
}

// each writes a loop over the elements of a list or an array.
func each(g *jen.Group, v operand, depth int, body func(g *jen.Group, elem operand)) {
	i := "ijklmnop"[min(depth, 7):][:1]
	if depth > 7 {
		i = fmt.Sprintf("i%d", depth)
	}
	g.For(jen.Id(i).Op(":=").Range().Add(v.value)).BlockFunc(func(g *jen.Group) { body(g, v.index(jen.Id(i))) })
}

// loop is a loop over the entries of a map: which of key and element its body
// looks at, and whether an element, which is a copy, is written back.
type loop struct{ key, elem, back bool }

func (l loop) over(g *jen.Group, v operand, depth int, body func(g *jen.Group, key, elem operand)) {
	k, e := jen.Id("k"), jen.Id("e")
	if depth > 0 {
		k, e = jen.Id(fmt.Sprintf("k%d", depth)), jen.Id(fmt.Sprintf("e%d", depth))
	}
	variables := jen.List(k, e)
	switch {
	case !l.elem:
		variables = k.Clone()
	case !l.key && !l.back:
		variables = jen.List(jen.Id("_"), e)
	}
	g.For(variables.Op(":=").Range().Add(v.value)).BlockFunc(func(g *jen.Group) {
		body(g, variable(k), variable(e))
		if l.back {
			g.Add(v.index(k).value).Op("=").Add(e)
		}
	})
}
