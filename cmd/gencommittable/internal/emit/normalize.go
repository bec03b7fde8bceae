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
	case model.String, model.Bytes, model.List, model.Time, model.Float, model.Map, model.Binary, model.Text:
		return true
	case model.Array, model.Pointer:
		return normal(t.Elem)
	case model.Message:
		return structNormal(t.Struct)
	default:
		return false
	}
}

// normalElement is normal for an element, which must be there.
func normalElement(t *model.Type) bool { return t.Kind == model.Pointer || normal(t) }

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
		says := function + " brings v to canonical form. It returns an error if v cannot be stored."
		params := []jen.Code{jen.Id("v").Op("*").Add(typ(s.Named))}
		if s == w.store.Row {
			says += " like is in canonical form: strings that v shares with it are not checked again."
			params = []jen.Code{jen.List(jen.Id("v"), jen.Id("like")).Op("*").Add(typ(s.Named))}
		}
		w.comment(says)
		fn := w.f.Func().Id(function).Params(params...).Error()
		fn.BlockFunc(func(g *jen.Group) {
			if s.Omitted {
				w.dropOmitted(g, s)
			}
			for _, f := range s.Fields {
				said := f.Name
				if s != w.store.Row {
					said = s.Name() + "." + f.Name
				}
				v := member(f)
				if f.Max > 0 {
					check(g, gencode("CheckLength").Call(jen.Lit(said), jen.Len(v.value), jen.Lit(f.Max)))
				}
				if s == w.store.Row && f.Type.Kind == model.String {
					check(g, gencode("CheckStringLike").Call(jen.Lit(said), v.value, jen.Id("like").Dot(f.Name)))
					continue
				}
				w.normalize(g, f.Type, said, v, 0)
			}
			g.Return(jen.Nil())
		})
	}
}

// dropOmitted sets the fields that are not stored to zero, whatever their
// types.
func (w *writer) dropOmitted(g *jen.Group, s *model.Struct) {
	g.Op("*").Id("v").Op("=").Add(typ(s.Named)).ValuesFunc(func(g *jen.Group) {
		for _, f := range s.Fields {
			g.Id(f.Name).Op(":").Id("v").Dot(f.Name)
		}
	})
}

func (w *writer) normalize(g *jen.Group, t *model.Type, said string, v operand, depth int) {
	assign := func(function string) { g.Add(v.value).Op("=").Add(codec(function)).Call(v.value) }
	switch t.Kind {
	case model.String:
		check(g, codec("CheckString").Call(jen.Lit(said), v.value))
	case model.Time:
		check(g, codec("CheckTime").Call(jen.Lit(said), v.value))
		assign("NormalizeTime")
	case model.Float:
		check(g, codec("CheckFloat").Call(jen.Lit(said), v.value))
		assign("NormalizeFloat")
	case model.Binary, model.Text:
		check(g, gencode("NormalizeMarshaled").Call(jen.Lit(said), form(t), v.pointer))
	case model.Message:
		if structNormal(t.Struct) {
			check(g, jen.Id(w.structFunction("normalize", t.Struct)).Call(v.pointer))
		}
	case model.Pointer:
		if normal(t.Elem) {
			g.If(v.value.Clone().Op("!=").Nil()).BlockFunc(func(g *jen.Group) { w.normalize(g, t.Elem, said, target(v.value), depth) })
		}
		return
	case model.Bytes, model.List, model.Map:
		g.If(jen.Len(v.value).Op("==").Lit(0)).Block(v.value.Clone().Op("=").Nil())
	}
	switch {
	case t.Kind == model.Map:
		w.normalizeMap(g, t, said, v, depth)
	case t.Elem != nil && normalElement(t.Elem):
		each(g, v, depth, func(g *jen.Group, elem operand) { w.normalizeElement(g, t.Elem, said, elem, depth+1) })
	}
}

func (w *writer) normalizeElement(g *jen.Group, t *model.Type, said string, v operand, depth int) {
	if t.Kind != model.Pointer {
		w.normalize(g, t, said, v, depth)
		return
	}
	check(g, gencode("CheckElement").Call(jen.Lit(said), v.value))
	w.normalize(g, t.Elem, said, target(v.value), depth)
}

func (w *writer) normalizeMap(g *jen.Group, t *model.Type, said string, v operand, depth int) {
	if t.Key.Kind == model.Time {
		check(g, gencode("NormalizeTimeKeys").Call(jen.Lit(said), v.pointer))
	}
	l := loop{key: t.Key.Kind == model.String, elem: normalElement(t.Elem)}
	l.back = l.elem && t.Elem.Kind != model.Pointer && t.Elem.Kind != model.String
	if !l.key && !l.elem {
		return
	}
	l.over(g, v, depth, func(g *jen.Group, key, elem operand) {
		if l.key {
			check(g, codec("CheckString").Call(jen.Lit(said), key.value))
		}
		if l.elem {
			w.normalizeElement(g, t.Elem, said, elem, depth+1)
		}
	})
}

// check returns the error of a call, if there is one.
func check(g *jen.Group, call *jen.Statement) {
	g.If(jen.Err().Op(":=").Add(call), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err()))
}
