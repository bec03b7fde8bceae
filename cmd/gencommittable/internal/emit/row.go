package emit

import (
	"fmt"
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// basicName is the name of a type that is a basic one, else empty.
func basicName(t types.Type) string {
	if b, ok := types.Unalias(t).(*types.Basic); ok {
		return types.Typ[b.Kind()].Name()
	}
	return ""
}

// element is a type inside a list or an array that needs functions of its own:
// the bytes of a [N]byte, or a message around a list or an array, which cannot
// be an element by itself.
type element struct {
	typ  *model.Type
	path string // what its functions are called after the row, if that is free
}

// collect finds the structs and elements of the row, outer ones first.
func (w *writer) collect() {
	seen := make(map[*model.Struct]bool)
	var visit func(s *model.Struct)
	var inside func(t *model.Type, path string)
	inside = func(t *model.Type, path string) {
		switch {
		case t.Kind == model.Message:
			visit(t.Struct)
		case t.Elem != nil:
			if path += "Element"; own(t.Elem) {
				w.elements = append(w.elements, &element{t.Elem, path})
			}
			inside(t.Elem, path)
		}
	}
	visit = func(s *model.Struct) {
		if seen[s] {
			return
		}
		seen[s] = true
		w.structs = append(w.structs, s)
		for _, f := range s.Fields {
			prefix := ""
			if s != w.store.Row {
				prefix = model.Upper(s.Name())
			}
			inside(f.Type, prefix+model.Upper(f.Name))
		}
	}
	visit(w.store.Row)
}

// own reports whether an element needs functions of its own.
func own(elem *model.Type) bool {
	return elem.Kind == model.Fixed || elem.Kind == model.List || elem.Kind == model.Array
}

// elementFunction returns the name of a function for an element that needs its
// own, or of its struct.
func (w *writer) elementFunction(verb string, t *model.Type) *jen.Statement {
	if t.Kind == model.Message {
		return jen.Id(w.structFunction(verb, t.Struct))
	}
	for _, e := range w.elements {
		if e.typ == t {
			return jen.Id(w.elementName(verb, e))
		}
	}
	return jen.Null()
}

// elementName is the name of a function of an element. Fields of different
// structs can have the same path.
func (w *writer) elementName(verb string, e *element) string {
	row := w.store.Row.Name()
	purpose := fmt.Sprintf("%s %s element %d", row, verb, slices.Index(w.elements, e))
	return w.names.of(purpose, verb+model.Upper(row)+e.path)
}

// operand is a value of the row that functions are written for: as it is, its
// address, and as a slice if it is an array.
type operand struct {
	value, pointer, slice *jen.Statement
}

func member(f *model.Field) operand {
	v := jen.Id("v").Dot(f.Name)
	return operand{v, jen.Op("&").Add(v.Clone()), v.Clone().Index(jen.Op(":"))}
}

// whole is what v points to.
func whole() operand {
	return operand{jen.Op("*").Id("v"), jen.Id("v"), jen.Id("v").Index(jen.Op(":"))}
}

// rowCodec writes the functions that encode and decode the row and its structs.
func (w *writer) rowCodec() {
	for _, s := range w.structs {
		w.appendFunction(w.structFunction("append", s), name(s.Named.Obj()), s.Fields, member)
		w.decodeFunction(w.structFunction("decode", s), name(s.Named.Obj()), s.Fields, member)
	}
}

// elementCodec writes those of elements.
func (w *writer) elementCodec() {
	for _, e := range w.elements {
		t, bytes := typ(e.typ.Go), jen.Id("v").Index(jen.Op(":"))
		appendTo, decode := w.elementName("append", e), w.elementName("decode", e)
		if e.typ.Kind != model.Fixed {
			inner := []*model.Field{{Number: 1, Type: e.typ}}
			w.appendFunction(appendTo, t, inner, func(*model.Field) operand { return whole() })
			w.decodeFunction(decode, t, inner, func(*model.Field) operand { return whole() })
			continue
		}
		w.f.Line()
		w.f.Func().Id(appendTo).Params(jen.Id("dst").Index().Byte(), jen.Id("v").Op("*").Add(t)).Index().Byte().Block(
			jen.Return(jen.Append(jen.Id("dst"), bytes.Clone().Op("..."))),
		)
		w.f.Line()
		w.f.Func().Id(decode).Params(jen.Id("b").Index().Byte(), jen.Id("v").Op("*").Add(t.Clone())).Error().Block(
			jen.Return(codec("DecodeFixed").Call(jen.Id("b"), bytes)),
		)
	}
}

func (w *writer) appendFunction(name string, t *jen.Statement, fields []*model.Field, operand func(*model.Field) operand) {
	w.f.Line()
	w.f.Func().Id(name).Params(jen.Id("dst").Index().Byte(), jen.Id("v").Op("*").Add(t)).Index().Byte().BlockFunc(func(g *jen.Group) {
		sorted := byNumber(fields)
		for i, f := range sorted {
			appended := w.appendValue(f, operand(f))
			if i == len(sorted)-1 {
				g.Return(appended)
			} else {
				g.Id("dst").Op("=").Add(appended)
			}
		}
	})
}

func (w *writer) appendValue(f *model.Field, v operand) *jen.Statement {
	call := func(function string, args ...jen.Code) *jen.Statement {
		return codec(function).Call(append([]jen.Code{jen.Id("dst"), jen.Lit(f.Number)}, args...)...)
	}
	switch t := f.Type; t.Kind {
	case model.Fixed:
		return call("AppendFixed", v.slice)
	case model.Message:
		return call("AppendMessage", v.pointer, w.elementFunction("append", t))
	case model.List, model.Array:
		function, arg := repeated(t), v.value
		if t.Kind == model.Array {
			arg = v.slice
		}
		if t.Elem.Kind == model.Message || own(t.Elem) {
			return call("Append"+function, arg, w.elementFunction("append", t.Elem))
		}
		return call("Append"+function, arg)
	default:
		return call("Append"+plainName(t), v.value)
	}
}

func (w *writer) decodeFunction(name string, t *jen.Statement, fields []*model.Field, operand func(*model.Field) operand) {
	w.f.Line()
	d := func() *jen.Statement { return jen.Id("d") }
	w.f.Func().Id(name).Params(jen.Id("b").Index().Byte(), jen.Id("v").Op("*").Add(t.Clone())).Error().Block(
		d().Op(":=").Add(codec("NewDecoder")).Call(jen.Id("b")),
		jen.For(d().Dot("Next").Call()).Block(jen.Switch(d().Dot("Field").Call()).BlockFunc(func(g *jen.Group) {
			for _, f := range byNumber(fields) {
				g.Case(jen.Lit(f.Number)).Block(w.decodeValue(f, operand(f)))
			}
			g.Default().Block(d().Dot("Unknown").Call())
		})),
		jen.Return(d().Dot("Err").Call()),
	)
}

func (w *writer) decodeValue(f *model.Field, v operand) *jen.Statement {
	call := func(function string, args ...jen.Code) *jen.Statement {
		return codec(function).Call(append([]jen.Code{jen.Op("&").Id("d")}, args...)...)
	}
	switch t := f.Type; t.Kind {
	case model.Fixed:
		return jen.Id("d").Dot("Fixed").Call(v.slice)
	case model.Message:
		return call("DecodeMessage", v.pointer, w.elementFunction("decode", t))
	case model.List, model.Array:
		function, arg := repeated(t), v.pointer
		if t.Kind == model.Array {
			arg = v.slice
		}
		if t.Elem.Kind == model.Message || own(t.Elem) {
			return call("Decode"+function, arg, w.elementFunction("decode", t.Elem))
		}
		return call("Decode"+function, arg)
	default:
		method, plain := scalar(t)
		read := jen.Id("d").Dot(method).Call()
		if !plain {
			read = typ(t.Go).Call(read)
		}
		return v.value.Clone().Op("=").Add(read)
	}
}

// plainName is what the codec calls a kind, whatever its width.
func plainName(t *model.Type) string {
	switch t.Kind {
	case model.Bool:
		return "Bool"
	case model.Int:
		return "Int"
	case model.Uint:
		return "Uint"
	case model.String:
		return "String"
	case model.Bytes:
		return "Bytes"
	default:
		return "Time"
	}
}

// repeated is what the codec calls a list or an array.
func repeated(t *model.Type) string {
	one, many := plainName(t.Elem), plainName(t.Elem)+"s"
	switch t.Elem.Kind {
	case model.Bytes:
		one, many = "ByteSlice", "ByteSlices"
	case model.Fixed:
		one, many = "Fixed", "Messages"
	case model.Message, model.List, model.Array:
		one, many = "Message", "Messages"
	}
	if t.Kind == model.Array {
		return one + "Array"
	}
	return many
}
