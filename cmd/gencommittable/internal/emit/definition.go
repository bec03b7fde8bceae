package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/schema"
)

// definition writes the schema and what the table must know.
func (w *writer) definition() {
	s := w.store
	w.comment(fmt.Sprintf("%s describes the encoding of %s.", w.function("schemaOf", ""), w.noun.many))
	w.f.Const().Id(w.function("schemaOf", "")).Op("=").Op("`" + schema.Text(s) + "`")

	key := []jen.Code{jen.Return(jen.Id("v").Dot(s.Key[0].Name))}
	if len(s.Key) > 1 {
		key = []jen.Code{jen.Return(jen.Id(s.KeyType()).ValuesFunc(func(g *jen.Group) {
			for _, f := range s.Key {
				g.Id(f.Name).Op(":").Id("v").Dot(f.Name)
			}
		}))}
	}
	definition := committable("Definition").Types(w.key(), w.row())
	entries := []jen.Code{}
	entry := func(name string, value *jen.Statement) {
		entries = append(entries, jen.Line().Id(name).Op(":").Add(value))
	}
	entry("Name", jen.Lit(s.Name))
	entry("Schema", jen.Id(w.function("schemaOf", "")))
	entry("Key", jen.Func().Params(w.rowPointer("v")).Add(w.key()).Block(key...))
	entry("AppendKey", jen.Id(w.function("append", "Key")))
	entry("DecodeKey", jen.Id(w.function("decode", "Key")))
	entry("AppendRow", jen.Id(w.function("append", "")))
	entry("DecodeRow", jen.Id(w.function("decode", "")))
	if shared(s.Row) {
		entry("Clone", jen.Id(w.function("clone", "")))
	}
	if structNormal(s.Row) {
		entry("Normalize", jen.Id(w.function("normalize", "")))
	}
	if w.timeInKey() {
		entry("NormalizeKey", jen.Id(w.function("normalize", "Key")))
	}
	entry("Equal", jen.Id(w.function("equal", "")))
	if s.Validate {
		entry("Validate", jen.Parens(jen.Op("*").Add(w.row())).Dot("Validate"))
	}
	if len(s.Indexes) > 0 {
		entry("Indexes", jen.Index().Add(committable("Index")).Types(w.row()).ValuesFunc(func(g *jen.Group) {
			for _, i := range s.Indexes {
				values := []jen.Code{jen.Id("Name").Op(":").Lit(i.Name)}
				if i.Unique {
					values = append(values, jen.Id("Unique").Op(":").True())
				}
				values = append(values, jen.Id("Append").Op(":").Id(w.function("append", i.Name)))
				g.Line().Values(values...)
			}
			g.Line()
		}))
	}
	entries = append(entries, jen.Line())
	w.comment(fmt.Sprintf("%s returns the definition of the table of %s.", w.function("define", ""), w.noun.many))
	w.f.Func().Id(w.function("define", "")).Params().Add(definition).Block(jen.Return(definition.Clone().Values(entries...)))
}

func (w *writer) rowPointer(ids ...string) *jen.Statement {
	var list []jen.Code
	for _, id := range ids {
		list = append(list, jen.Id(id))
	}
	return jen.List(list...).Op("*").Add(w.row())
}

func (w *writer) timeInKey() bool {
	for _, f := range w.store.Key {
		if f.Type.Kind == model.Time {
			return true
		}
	}
	return false
}

// keyCodec writes the functions that encode, decode and normalize keys.
func (w *writer) keyCodec() {
	key := w.store.Key
	part := func(f *model.Field) *jen.Statement { // of a key k
		if len(key) > 1 {
			return jen.Id("k").Dot(f.Name)
		}
		return jen.Id("k")
	}
	w.f.Line()
	appendKey := w.f.Func().Id(w.function("append", "Key"))
	appendKey.Params(jen.Id("dst").Index().Byte(), jen.Id("k").Add(w.key())).Index().Byte()
	appendKey.BlockFunc(func(g *jen.Group) { w.appendComponents(g, components(key), part) })
	w.f.Line()
	w.f.Func().Id(w.function("decode", "Key")).Params(jen.Id("b").Index().Byte()).Params(w.key(), jen.Error()).BlockFunc(func(g *jen.Group) {
		g.Id("r").Op(":=").Add(codec("NewKeyReader")).Call(jen.Id("b"))
		if len(key) == 1 && key[0].Type.Kind != model.Fixed {
			g.Id("k").Op(":=").Add(readComponent(key[0]))
		} else {
			g.Var().Id("k").Add(w.key())
			for _, f := range key {
				if f.Type.Kind == model.Fixed {
					g.Id("r").Dot("Fixed").Call(part(f).Index(jen.Op(":")))
				} else {
					g.Add(part(f)).Op("=").Add(readComponent(f))
				}
			}
		}
		g.Return(jen.Id("k"), jen.Id("r").Dot("Close").Call())
	})
	if !w.timeInKey() {
		return
	}
	w.f.Line()
	w.f.Func().Id(w.function("normalize", "Key")).Params(jen.Id("k").Add(w.key())).Add(w.key()).BlockFunc(func(g *jen.Group) {
		for _, f := range key {
			if f.Type.Kind == model.Time {
				g.Add(part(f)).Op("=").Add(codec("NormalizeTime")).Call(part(f))
			}
		}
		g.Return(jen.Id("k"))
	})
}

// readComponent reads a component of a key from r.
func readComponent(f *model.Field) *jen.Statement {
	t := f.Type
	method, plain := scalar(t)
	read := jen.Id("r").Dot(method).Call()
	if plain {
		return read
	}
	return typ(t.Go).Call(read)
}

// appendComponents writes the body of a function that appends components to
// dst.
func (w *writer) appendComponents(g *jen.Group, list []model.Component, value func(*model.Field) *jen.Statement) {
	for i, c := range list {
		appended := appendComponent("dst", c, value(c.Field))
		if i == len(list)-1 {
			g.Return(appended)
		} else {
			g.Id("dst").Op("=").Add(appended)
		}
	}
}

// indexCodec writes the functions that append the components of indexes.
func (w *writer) indexCodec() {
	for _, i := range w.store.Indexes {
		w.f.Line()
		fn := w.f.Func().Id(w.function("append", i.Name))
		fn.Params(jen.Id("dst").Index().Byte(), w.rowPointer("v")).Index().Byte()
		fn.BlockFunc(func(g *jen.Group) {
			w.appendComponents(g, i.Components, func(f *model.Field) *jen.Statement { return jen.Id("v").Dot(f.Name) })
		})
	}
}

// scalar returns the method that reads a scalar, from a row or a key, and
// whether its result has the type already.
func scalar(t *model.Type) (method string, plain bool) {
	switch t.Kind {
	case model.Bool:
		method = "Bool"
	case model.Int:
		method = "Int"
	case model.Uint:
		method = "Uint"
	case model.String:
		method = "String"
	case model.Float:
		method = "Float"
	case model.Bytes:
		return "Bytes", true
	case model.Time:
		return "Time", true
	}
	if t.Bits > 0 {
		method += fmt.Sprint(t.Bits)
	}
	return method, basicName(t.Go) == strings.ToLower(method)
}
