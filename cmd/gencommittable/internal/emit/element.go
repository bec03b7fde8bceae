package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// elementCodec writes the functions that encode and decode elements.
func (w *writer) elementCodec() {
	for _, e := range w.elements {
		encode, decode := w.elementName("append", e), w.elementName("decode", e)
		switch {
		case e.entry:
			w.entryCodec(encode, decode, e.typ)
		case e.typ.Kind == model.Fixed:
			bytes := jen.Id("v").Index(jen.Op(":"))
			w.contentCodec(encode, decode, e.typ,
				jen.Append(jen.Id("dst"), bytes.Clone().Op("...")),
				gencode("DecodeFixed").Call(jen.Id("b"), bytes))
		case e.typ.Kind == model.Binary, e.typ.Kind == model.Text:
			w.contentCodec(encode, decode, e.typ,
				gencode("AppendMarshaledContent").Call(jen.Id("dst"), form(e.typ), jen.Id("v")),
				gencode("DecodeMarshaledContent").Call(jen.Id("b"), form(e.typ), jen.Id("v")))
		default:
			t, inner := typ(e.typ.Go), []*model.Field{{Number: 1, Type: e.typ}}
			whole := func(*model.Field) operand { return target(jen.Id("v")) }
			w.appendFunction(encode, t, inner, whole)
			w.decodeFunction(decode, t, inner, whole)
		}
	}
}

// contentCodec writes the functions for the bytes of an element.
func (w *writer) contentCodec(encode, decode string, t *model.Type, appended, decoded *jen.Statement) {
	w.f.Line()
	w.f.Func().Id(encode).Params(jen.Id("dst").Index().Byte(), jen.Id("v").Op("*").Add(typ(t.Go))).Index().Byte().Block(jen.Return(appended))
	w.f.Line()
	w.f.Func().Id(decode).Params(jen.Id("b").Index().Byte(), jen.Id("v").Op("*").Add(typ(t.Go))).Error().Block(jen.Return(decoded))
}

// entryCodec writes the functions for an entry of a map.
func (w *writer) entryCodec(encode, decode string, t *model.Type) {
	key, value := target(jen.Id("k")), target(jen.Id("v"))
	pair := []jen.Code{jen.Id("k").Op("*").Add(typ(t.Key.Go)), jen.Id("v").Op("*").Add(typ(t.Elem.Go))}
	w.f.Line()
	w.f.Func().Id(encode).Params(append([]jen.Code{jen.Id("dst").Index().Byte()}, pair...)...).Index().Byte().Block(
		jen.Id("dst").Op("=").Add(w.appendPresent(t.Key, 1, key)),
		jen.Return(w.appendPresent(t.Elem, 2, value)),
	)
	required := func(field int) *jen.Statement { return gencode("Required").Call(jen.Id("d"), jen.Lit(field)) }
	w.f.Line()
	w.f.Func().Id(decode).Params(append([]jen.Code{jen.Id("d").Op("*").Add(codec("Decoder"))}, pair...)...).Block(
		append(w.decodePresent(t.Key, required(1), key), w.decodePresent(t.Elem, required(2), value)...)...,
	)
}

// compareKeys is the order of a map's keys.
func compareKeys(t *model.Type) *jen.Statement {
	switch t.Key.Kind {
	case model.Bool:
		return gencode("CompareBools")
	case model.Fixed:
		slice := func(name string) *jen.Statement { return jen.Id(name).Index(jen.Op(":")) }
		return jen.Func().Params(jen.List(jen.Id("a"), jen.Id("b")).Add(typ(t.Key.Go))).Int().Block(
			jen.Return(gencode("CompareFixed").Call(slice("a"), slice("b"))),
		)
	case model.Time:
		return jen.Qual("time", "Time").Dot("Compare")
	default:
		return jen.Qual("cmp", "Compare")
	}
}

// form is how a type encodes itself.
func form(t *model.Type) *jen.Statement {
	if t.Kind == model.Text {
		return gencode("Text")
	}
	return gencode("Binary")
}

// plain returns the method of a decoder that reads a type, if there is one that
// returns it.
func plain(t *model.Type) (method string, ok bool) {
	switch t.Kind {
	case model.Bool, model.Int, model.Uint, model.String, model.Float, model.Bytes, model.Time:
		method, _ = scalar(t)
		return method, true
	default:
		return "", false
	}
}

// convert reads a plain value and gives it its own type.
func convert(t *model.Type, decoder *jen.Statement) *jen.Statement {
	method, _ := plain(t)
	read := decoder.Clone().Dot(method).Call()
	switch {
	case t.Kind == model.Time, t.Kind == model.Bytes && !isNamed(t.Go), basicName(t.Go) == strings.ToLower(method):
		return read
	default:
		return typ(t.Go).Call(read)
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
	case model.Float:
		return "Float"
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
	case model.Message, model.List, model.Array, model.Map, model.Binary, model.Text:
		one, many = "Message", "Messages"
	case model.Pointer:
		many = "Pointers"
	}
	if t.Kind == model.Array {
		return one + "Array"
	}
	return many
}
