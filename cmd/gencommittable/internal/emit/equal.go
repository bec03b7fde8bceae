package emit

import (
	"go/types"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// equals writes the functions that compare rows in canonical form. There, ==
// compares times.
func (w *writer) equals() {
	for _, s := range w.structs {
		if s != w.store.Row && s.Comparable() {
			continue
		}
		result := jen.Op("*").Id("a").Op("==").Op("*").Id("b")
		if !s.Comparable() {
			result = jen.Null()
			for i, f := range s.Fields {
				if i > 0 {
					result.Op("&&").Line()
				}
				result.Add(w.equal(f.Type, jen.Id("a").Dot(f.Name), jen.Id("b").Dot(f.Name)))
			}
		}
		w.f.Line()
		w.f.Func().Id(w.structFunction("equal", s)).Params(jen.List(jen.Id("a"), jen.Id("b")).Op("*").Add(name(s.Named.Obj()))).Bool().
			Block(jen.Return(result))
	}
}

// equal is the comparison of two values that are addressable.
func (w *writer) equal(t *model.Type, a, b *jen.Statement) *jen.Statement {
	switch {
	case t.Comparable():
		return a.Clone().Op("==").Add(b)
	case t.Kind == model.Message:
		return jen.Id(w.structFunction("equal", t.Struct)).Call(jen.Op("&").Add(a), jen.Op("&").Add(b))
	case t.Kind == model.Bytes:
		return jen.Qual("bytes", "Equal").Call(a, b)
	}
	if t.Kind == model.Array {
		a, b = a.Clone().Index(jen.Op(":")), b.Clone().Index(jen.Op(":"))
	}
	if t.Elem.Comparable() {
		return jen.Qual("slices", "Equal").Call(a, b)
	}
	return jen.Qual("slices", "EqualFunc").Call(a, b, w.equalElements(t.Elem))
}

func isNamed(t types.Type) bool {
	_, named := types.Unalias(t).(*types.Named)
	return named
}

// equalElements is a function that compares two elements.
func (w *writer) equalElements(t *model.Type) *jen.Statement {
	switch {
	case t.Kind == model.Bytes && !isNamed(t.Go):
		return jen.Qual("bytes", "Equal")
	case t.Kind == model.Bytes, t.Kind == model.List && t.Elem.Comparable():
		return jen.Qual("slices", "Equal").Types(typ(t.Go))
	default:
		return jen.Func().Params(jen.List(jen.Id("a"), jen.Id("b")).Add(typ(t.Go))).Bool().Block(
			jen.Return(w.equal(t, jen.Id("a"), jen.Id("b"))),
		)
	}
}
