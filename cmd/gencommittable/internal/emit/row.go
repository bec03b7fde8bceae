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

// element is a type that needs functions of its own, because it is not a field
// by itself: the bytes of a [N]byte or of a type that encodes itself, a message
// around a list, an array or a map, or the entry of a map.
type element struct {
	typ   *model.Type
	entry bool   // of the map typ
	path  string // what its functions are called after the row, if that is free
}

// collect finds the structs and elements of the row, outer ones first.
func (w *writer) collect() {
	seen := make(map[*model.Struct]bool)
	var visit func(s *model.Struct)
	var inside func(t *model.Type, path string)
	inside = func(t *model.Type, path string) {
		switch t.Kind {
		case model.Message:
			visit(t.Struct)
		case model.List, model.Array:
			path += "Element"
			w.collectElement(pointed(t.Elem), path)
			inside(pointed(t.Elem), path)
		case model.Pointer:
			if wrapped(t.Elem) {
				w.collectElement(t.Elem, path+"Value")
			}
			inside(t.Elem, path)
		case model.Map:
			w.elements = append(w.elements, &element{typ: t, entry: true, path: path + "Entry"})
			path += "Value"
			if wrapped(t.Elem) {
				w.collectElement(t.Elem, path)
			}
			inside(pointed(t.Elem), path)
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

func (w *writer) collectElement(t *model.Type, path string) {
	switch t.Kind {
	case model.Fixed, model.List, model.Array, model.Map, model.Binary, model.Text:
		w.elements = append(w.elements, &element{typ: t, path: path})
	}
}

// pointed is what an element that is a pointer points to, or the element.
func pointed(t *model.Type) *model.Type {
	if t.Kind == model.Pointer {
		return t.Elem
	}
	return t
}

// wrapped reports whether a type, which is not a field by itself, has a message
// around it.
func wrapped(t *model.Type) bool {
	return t.Kind == model.List || t.Kind == model.Array || t.Kind == model.Map
}

// elementFunction returns the name of a function for an element, or of its
// struct.
func (w *writer) elementFunction(verb string, t *model.Type) *jen.Statement {
	if t.Kind == model.Message {
		return jen.Id(w.structFunction(verb, t.Struct))
	}
	return w.functionOf(verb, t, false)
}

// entryFunction returns the name of a function for the entries of a map.
func (w *writer) entryFunction(verb string, t *model.Type) *jen.Statement {
	return w.functionOf(verb, t, true)
}

func (w *writer) functionOf(verb string, t *model.Type, entry bool) *jen.Statement {
	for _, e := range w.elements {
		if e.typ == t && e.entry == entry {
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

// rowCodec writes the functions that encode and decode the row and its structs.
func (w *writer) rowCodec() {
	for _, s := range w.structs {
		w.appendFunction(w.structFunction("append", s), typ(s.Named), s.Fields, member)
		w.decodeFunction(w.structFunction("decode", s), typ(s.Named), s.Fields, member)
	}
}

func (w *writer) appendFunction(name string, t *jen.Statement, fields []*model.Field, operand func(*model.Field) operand) {
	w.f.Line()
	w.f.Func().Id(name).Params(jen.Id("dst").Index().Byte(), jen.Id("v").Op("*").Add(t)).Index().Byte().BlockFunc(func(g *jen.Group) {
		sorted := byNumber(fields)
		for i, f := range sorted {
			last := i == len(sorted)-1
			switch v := operand(f); {
			case f.Type.Kind == model.Pointer:
				g.If(v.value.Clone().Op("!=").Nil()).Block(
					jen.Id("dst").Op("=").Add(w.appendPresent(f.Type, f.Number, v)),
				)
				if last {
					g.Return(jen.Id("dst"))
				}
			case last:
				g.Return(w.appendValue(f, v))
			default:
				g.Id("dst").Op("=").Add(w.appendValue(f, v))
			}
		}
	})
}

// fieldArgs are the arguments of a function that appends a field.
func fieldArgs(number int, args ...jen.Code) []jen.Code {
	return append([]jen.Code{jen.Id("dst"), jen.Lit(number)}, args...)
}

// appendValue appends a field that is left out if it is zero.
func (w *writer) appendValue(f *model.Field, v operand) *jen.Statement {
	switch t := f.Type; t.Kind {
	case model.Fixed:
		return codec("AppendFixed").Call(fieldArgs(f.Number, v.slice)...)
	case model.Message:
		return codec("AppendMessage").Call(fieldArgs(f.Number, v.pointer, w.elementFunction("append", t))...)
	case model.Binary, model.Text:
		return gencode("AppendMarshaled").Call(fieldArgs(f.Number, form(t), v.pointer)...)
	case model.Map:
		return gencode("AppendMap").Call(fieldArgs(f.Number, v.value, compareKeys(t), w.entryFunction("append", t))...)
	case model.List, model.Array:
		arg := v.value
		if t.Kind == model.Array {
			arg = v.slice
		}
		args := []jen.Code{arg}
		if function := w.elementFunction("append", pointed(t.Elem)); len(*function) > 0 {
			args = append(args, function)
		}
		return gencode("Append" + repeated(t)).Call(fieldArgs(f.Number, args...)...)
	default:
		return codec("Append" + plainName(t)).Call(fieldArgs(f.Number, v.value)...)
	}
}

// appendPresent appends a value that is there even if it is zero: an optional
// one, or the key or the value of a map's entry.
func (w *writer) appendPresent(t *model.Type, number int, v operand) *jen.Statement {
	switch t.Kind {
	case model.Pointer:
		return w.appendPresent(t.Elem, number, target(v.value))
	case model.Fixed:
		return gencode("AppendPresentBytes").Call(fieldArgs(number, v.slice)...)
	case model.Message, model.List, model.Array, model.Map:
		return gencode("AppendPresentMessage").Call(fieldArgs(number, v.pointer, w.elementFunction("append", t))...)
	case model.Binary, model.Text:
		return gencode("AppendPresentMarshaled").Call(fieldArgs(number, form(t), v.pointer)...)
	default:
		return gencode("AppendPresent" + plainName(t)).Call(fieldArgs(number, v.value)...)
	}
}

func (w *writer) decodeFunction(name string, t *jen.Statement, fields []*model.Field, operand func(*model.Field) operand) {
	w.f.Line()
	d := func() *jen.Statement { return jen.Id("d") }
	w.f.Func().Id(name).Params(jen.Id("b").Index().Byte(), jen.Id("v").Op("*").Add(t.Clone())).Error().Block(
		d().Op(":=").Add(codec("NewDecoder")).Call(jen.Id("b")),
		jen.For(d().Dot("Next").Call()).Block(jen.Switch(d().Dot("Field").Call()).BlockFunc(func(g *jen.Group) {
			for _, f := range byNumber(fields) {
				g.Case(jen.Lit(f.Number)).Block(w.decodeValue(f, operand(f))...)
			}
			g.Default().Block(d().Dot("Unknown").Call())
		})),
		jen.Return(d().Dot("Err").Call()),
	)
}

// decodeValue reads a field that is left out if it is zero.
func (w *writer) decodeValue(f *model.Field, v operand) []jen.Code {
	decoder := jen.Op("&").Id("d")
	switch t := f.Type; t.Kind {
	case model.Pointer:
		return w.decodePresent(t, gencode("Present").Call(decoder), v)
	case model.Map:
		return []jen.Code{gencode("DecodeMap").Call(decoder, v.pointer, compareKeys(t), w.entryFunction("decode", t))}
	case model.List, model.Array:
		arg := v.pointer
		if t.Kind == model.Array {
			arg = v.slice
		}
		args := []jen.Code{decoder, arg}
		if function := w.elementFunction("decode", pointed(t.Elem)); len(*function) > 0 {
			args = append(args, function)
		}
		return []jen.Code{gencode("Decode" + repeated(t)).Call(args...)}
	case model.Message:
		return []jen.Code{codec("DecodeMessage").Call(decoder, v.pointer, w.elementFunction("decode", t))}
	case model.Binary, model.Text:
		return []jen.Code{gencode("DecodeMarshaled").Call(decoder, form(t), v.pointer)}
	default:
		return []jen.Code{w.decodePlain(t, jen.Id("d"), v)}
	}
}

// decodePresent reads from a decoder what appendPresent wrote.
func (w *writer) decodePresent(t *model.Type, decoder *jen.Statement, v operand) []jen.Code {
	switch t.Kind {
	case model.Pointer:
		if _, ok := plain(t.Elem); ok {
			return []jen.Code{v.value.Clone().Op("=").New(convert(t.Elem, decoder))}
		}
		made := v.value.Clone().Op("=").New(typ(t.Elem.Go))
		return append([]jen.Code{made}, w.decodePresent(t.Elem, decoder, target(v.value))...)
	case model.Message, model.List, model.Array, model.Map:
		return []jen.Code{codec("DecodeMessage").Call(decoder, v.pointer, w.elementFunction("decode", t))}
	case model.Binary, model.Text:
		return []jen.Code{gencode("DecodeMarshaled").Call(decoder, form(t), v.pointer)}
	default:
		return []jen.Code{w.decodePlain(t, decoder, v)}
	}
}

// decodePlain reads a value that is one method of a decoder.
func (w *writer) decodePlain(t *model.Type, decoder *jen.Statement, v operand) *jen.Statement {
	switch t.Kind {
	case model.Fixed:
		return decoder.Clone().Dot("Fixed").Call(v.slice)
	case model.Bytes: // assigns to every type that is made of it
		return v.value.Clone().Op("=").Add(decoder).Dot("Bytes").Call()
	default:
		return v.value.Clone().Op("=").Add(convert(t, decoder))
	}
}
