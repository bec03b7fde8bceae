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
				result.Add(w.equal(f.Type, variable(jen.Id("a").Dot(f.Name)), variable(jen.Id("b").Dot(f.Name))))
			}
		}
		w.f.Line()
		w.f.Func().Id(w.structFunction("equal", s)).Params(jen.List(jen.Id("a"), jen.Id("b")).Op("*").Add(typ(s.Named))).Bool().
			Block(jen.Return(result))
	}
}

// equal is the comparison of two values.
func (w *writer) equal(t *model.Type, a, b operand) *jen.Statement {
	switch {
	case t.Comparable():
		return a.value.Clone().Op("==").Add(b.value)
	case t.Kind == model.Message:
		return jen.Id(w.structFunction("equal", t.Struct)).Call(a.pointer, b.pointer)
	case t.Kind == model.Bytes:
		return jen.Qual("bytes", "Equal").Call(a.value, b.value)
	case t.Kind == model.Binary, t.Kind == model.Text:
		return gencode("EqualMarshaled").Call(form(t), a.pointer, b.pointer)
	case t.Kind == model.Pointer && t.Elem.Comparable():
		return gencode("EqualPointers").Call(a.value, b.value)
	case t.Kind == model.Pointer:
		return gencode("EqualPointersFunc").Call(a.value, b.value, w.equalTargets(t.Elem))
	}
	pkg, x, y := "slices", a.value, b.value
	switch t.Kind {
	case model.Array:
		x, y = a.slice, b.slice
	case model.Map:
		pkg = "maps"
	}
	if t.Elem.Comparable() {
		return jen.Qual(pkg, "Equal").Call(x, y)
	}
	return jen.Qual(pkg, "EqualFunc").Call(x, y, w.equalElements(t.Elem))
}

// equalTargets is a function that compares what two pointers point to.
func (w *writer) equalTargets(t *model.Type) *jen.Statement {
	if t.Kind == model.Message {
		return jen.Id(w.structFunction("equal", t.Struct))
	}
	return jen.Func().Params(jen.List(jen.Id("a"), jen.Id("b")).Op("*").Add(typ(t.Go))).Bool().Block(
		jen.Return(w.equal(t, target(jen.Id("a")), target(jen.Id("b")))),
	)
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
	case t.Kind == model.Pointer && t.Elem.Comparable():
		return gencode("EqualPointers").Types(typ(t.Elem.Go))
	case t.Kind == model.Pointer && t.Elem.Kind == model.Message:
		return w.equalTargets(t.Elem)
	default:
		return jen.Func().Params(jen.List(jen.Id("a"), jen.Id("b")).Add(typ(t.Go))).Bool().Block(
			jen.Return(w.equal(t, variable(jen.Id("a")), variable(jen.Id("b")))),
		)
	}
}
