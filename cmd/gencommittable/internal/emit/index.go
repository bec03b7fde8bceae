package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// index writes the methods of an index: the whole of it, look-ups by leading
// components, and ranges of the next one.
func (w *writer) index(r receiver, position int, index *model.Index) {
	n, at := w.noun, jen.Lit(position)
	fields := make([]*model.Field, 0, len(index.Components))
	for _, c := range index.Components {
		fields = append(fields, c.Field)
	}
	if index.Unique {
		before, encoded := w.encode(index.Components, "components")
		w.method(r, method{
			doc:  fmt.Sprintf("%s returns the %s with this %s, which is unique. The bool reports whether there is one.", index.Name, n.one, list(fields)),
			name: index.Name, params: w.parameters(index.Components), results: w.found(), before: before,
			call: "IndexGet", args: []jen.Code{at, encoded},
		})
	}
	for _, l := range index.Lookups() {
		name := index.Name + l.Suffix
		before, prefix := w.encode(index.Components[:l.Count], "prefix")
		w.method(r, method{
			doc:  fmt.Sprintf("%s returns the %s with this %s%s.", name, n.many, list(fields[:l.Count]), w.order(index.Components[l.Count:])),
			name: name, params: w.parameters(index.Components[:l.Count]), results: w.rows(), before: before,
			call: "IndexPrefix", args: []jen.Code{at, prefix},
		})
	}
	for _, l := range index.Ranges() {
		w.indexRange(r, at, index, fields, l)
	}
	w.method(r, method{
		doc:  fmt.Sprintf("All%s returns all %s%s.", index.Name, n.many, w.order(index.Components)),
		name: "All" + index.Name, results: w.rows(), call: "IndexPrefix", args: []jen.Code{at, jen.Nil()},
	})
}

func (w *writer) indexRange(r receiver, at *jen.Statement, index *model.Index, fields []*model.Field, l model.Leading) {
	name, next := index.Name+l.Suffix, index.Components[l.Count]
	with, bounds := "", fmt.Sprintf("from <= %s < to", next.Field.Name)
	if l.Count > 0 {
		with = fmt.Sprintf("this %s and ", list(fields[:l.Count]))
	}
	if next.Descending {
		bounds = fmt.Sprintf("from >= %s > to", next.Field.Name)
	}
	doc := fmt.Sprintf("%s returns the %s with %s%s%s.", name, w.noun.many, with, bounds, w.order(index.Components[l.Count:]))
	if next.Descending {
		doc += fmt.Sprintf(" %s descends, so from is the larger bound.", next.Field.Name)
	}
	before, prefix := w.encode(index.Components[:l.Count], "prefix")
	bound := func(name string) jen.Code { return appendComponent("", next, jen.Id(name)) }
	w.method(r, method{
		doc: doc, name: name, before: before, results: w.rows(), call: "IndexRange",
		params: append(w.parameters(index.Components[:l.Count]), jen.List(jen.Id("from"), jen.Id("to")).Add(typ(next.Field.Type.Go))),
		args:   []jen.Code{at, prefix, bound("from"), bound("to")},
	})
}

// order says in which order rows come.
func (w *writer) order(rest []model.Component) string {
	var text strings.Builder
	text.WriteString(", in order of ")
	for _, c := range rest {
		text.WriteString(c.Field.Name)
		if c.Descending {
			text.WriteString(" descending")
		}
		text.WriteString(", then ")
	}
	return text.String() + w.keyName()
}
