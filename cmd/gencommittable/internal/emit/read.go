package emit

import (
	"cmp"
	"fmt"
	"go/types"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// keyName is what comments call the key.
func (w *writer) keyName() string {
	if len(w.store.Key) > 1 {
		return "key"
	}
	return w.store.Key[0].Name
}

// keyArg is the parameter that takes a key, as an argument.
func (w *writer) keyArg() *jen.Statement {
	if len(w.store.Key) > 1 {
		return jen.Id("key")
	}
	return jen.Id(w.params[w.store.Key[0]])
}

func (w *writer) keyParam() *jen.Statement { return w.keyArg().Add(w.key()) }

// rows is the type of a loop over rows.
func (w *writer) rows() []jen.Code {
	return []jen.Code{jen.Qual("iter", "Seq2").Types(w.key(), w.row())}
}

// found is the type of a row that may be missing.
func (w *writer) found() []jen.Code { return []jen.Code{w.row(), jen.Bool()} }

// reading writes the reading methods of the store or the view.
func (w *writer) reading(r receiver) {
	n, key := w.noun, w.keyName()
	one := []jen.Code{w.keyParam()}
	bounds := []jen.Code{jen.List(jen.Id("from"), jen.Id("to")).Add(w.key())}
	from, to := jen.Id("from"), jen.Id("to")

	add := func(name, doc string, params, results []jen.Code, args ...jen.Code) {
		w.method(r, method{name: name, doc: name + " " + doc, params: params, results: results, call: name, args: args})
	}
	add("Get", fmt.Sprintf("returns the %s with this %s. The bool reports whether there is one.", n.one, key), one, w.found(), w.keyArg())
	add("Has", fmt.Sprintf("reports whether there is %s with this %s.", n.a, key), one, []jen.Code{jen.Bool()}, w.keyArg())
	add("Len", fmt.Sprintf("returns the number of %s.", n.many), nil, []jen.Code{jen.Int()})
	add("All", fmt.Sprintf("returns all %s in order of %s.", n.many, key), nil, w.rows())
	add("Backward", fmt.Sprintf("returns all %s in descending order of %s.", n.many, key), nil, w.rows())
	add("Range", fmt.Sprintf("returns the %s with from <= %s < to, in order of %s.", n.many, key, key), bounds, w.rows(), from, to)
	add("From", fmt.Sprintf("returns the %s with from <= %s, in order of %s.", n.many, key, key),
		[]jen.Code{jen.Id("from").Add(w.key())}, w.rows(), from)
	for _, l := range model.Prefixes(w.store.Key) {
		leading := components(w.store.Key[:l.Count])
		before, prefix := w.encode(leading, "prefix")
		w.method(r, method{
			doc: fmt.Sprintf("Prefix%s returns the %s with this %s, in order of %s.",
				l.Suffix, n.many, list(w.store.Key[:l.Count]), thenList(w.store.Key[l.Count:])),
			name: "Prefix" + l.Suffix, params: w.parameters(leading), results: w.rows(),
			before: before, call: "Prefix", args: []jen.Code{prefix},
		})
	}
	for i, index := range w.store.Indexes {
		w.index(r, i, index)
	}
}

// components are the fields of a key, which all ascend.
func components(fields []*model.Field) []model.Component {
	var out []model.Component
	for _, f := range fields {
		out = append(out, model.Component{Field: f})
	}
	return out
}

// parameters take values of components. Neighbours of one type share it.
func (w *writer) parameters(components []model.Component) []jen.Code {
	var out, ids []jen.Code
	for i, c := range components {
		ids = append(ids, jen.Id(w.params[c.Field]))
		if t := c.Field.Type.Go; i+1 == len(components) || !types.Identical(t, components[i+1].Field.Type.Go) {
			out, ids = append(out, jen.List(ids...).Add(typ(t))), nil
		}
	}
	return out
}

// encode returns the encoding of the parameters of components: an expression,
// and the statements to put before it. An expression that is one component
// needs none.
func (w *writer) encode(components []model.Component, variable string) (before []jen.Code, encoded *jen.Statement) {
	if len(components) == 0 {
		return nil, jen.Nil()
	}
	first := appendComponent("", components[0], jen.Id(w.params[components[0].Field]))
	if len(components) == 1 {
		return nil, first
	}
	before = []jen.Code{jen.Id(variable).Op(":=").Add(first)}
	for _, c := range components[1:] {
		before = append(before, jen.Id(variable).Op("=").Add(appendComponent(variable, c, jen.Id(w.params[c.Field]))))
	}
	return before, jen.Id(variable)
}

// appendComponent appends a component of a key or an index to a variable, or to
// nil if that is empty.
func appendComponent(variable string, c model.Component, value *jen.Statement) *jen.Statement {
	function := ""
	switch t := c.Field.Type; t.Kind {
	case model.Bool:
		function = "AppendKeyBool"
	case model.Int:
		function = fmt.Sprintf("AppendKeyInt%d", cmp.Or(t.Bits, 64))
	case model.Uint:
		function = fmt.Sprintf("AppendKeyUint%d", cmp.Or(t.Bits, 64))
	case model.String:
		function = "AppendKeyString"
	case model.Fixed:
		function, value = "AppendKeyFixed", value.Clone().Index(jen.Op(":"))
	case model.Time:
		function = "AppendKeyTime"
	}
	dst, length := jen.Id(variable), jen.Len(jen.Id(variable))
	if variable == "" {
		dst, length = jen.Nil(), jen.Lit(0)
	}
	appended := codec(function).Call(dst, value)
	if !c.Descending {
		return appended
	}
	return codec("Descend").Call(appended, length)
}

// codec and gencode refer to a function, a type or a constant of these packages.
func codec(name string) *jen.Statement { return jen.Qual(codecPath, name) }

func gencode(name string) *jen.Statement { return jen.Qual(gencodePath, name) }
