package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

func committable(name string) *jen.Statement { return jen.Qual(runtimePath, name) }

// storeType writes the type of the store, its constructor and the struct of a
// composite key.
func (w *writer) storeType() {
	s := w.store
	about := fmt.Sprintf("%s holds %s by %s.", s.Type, w.noun.many, list(s.Key))
	if s.Doc != "" {
		about += " " + s.Doc
	}
	invalid := ""
	switch {
	case s.Validate:
		invalid = " For a row that cannot be stored, or that Validate refuses, they return committable.ErrInvalid."
	case structNormal(s.Row):
		invalid = " For a row that cannot be stored, they return committable.ErrInvalid."
	}
	w.comment(about + `

The reading methods return the rows of the session in progress, or the committed rows if there is no session. The
writing methods return committable.ErrNotInSession if there is no session.` + invalid + ` The store copies the rows that
it takes and returns. A loop shows the rows as they were when the loop started, even if its body writes.

Only the goroutine of the session may call these methods. Other goroutines call View.`)
	w.f.Type().Id(s.Type).Struct(
		jen.Add(committable("Store")).Comment("Begin, Commit, Cancel and the rest of the session protocol"),
		jen.Line().Id("table").Op("*").Add(committable("Table")).Types(w.key(), w.row()),
	)
	w.comment(fmt.Sprintf("%s returns an empty store. Its name is %s, unless committable.WithName sets another one.",
		s.Constructor(), s.Name))
	w.f.Func().Id(s.Constructor()).Params(jen.Id("opts").Op("...").Add(committable("Option"))).Op("*").Id(s.Type).Block(
		jen.Id("table").Op(":=").Add(committable("NewTable")).Call(jen.Id(w.function("define", "")).Call(), jen.Id("opts").Op("...")),
		jen.Return(jen.Op("&").Id(s.Type).Values(jen.Dict{jen.Id("Store"): jen.Id("table"), jen.Id("table"): jen.Id("table")})),
	)
	if len(s.Key) > 1 {
		w.comment(fmt.Sprintf("%s is the key of %s. Keys sort by %s.", s.KeyType(), w.noun.a, thenList(s.Key)))
		w.f.Type().Id(s.KeyType()).StructFunc(func(g *jen.Group) {
			for _, f := range s.Key {
				g.Id(f.Name).Add(typ(f.Type.Go))
			}
		})
	}
}

func thenList(fields []*model.Field) string {
	var text strings.Builder
	text.WriteString(fields[0].Name)
	for _, f := range fields[1:] {
		text.WriteString(", then " + f.Name)
	}
	return text.String()
}

// receiver is the store or its view, which have the same reading methods.
type receiver struct {
	id, typ, table string
}

func (w *writer) ofStore() receiver { return receiver{"s", w.store.Type, "table"} }
func (w *writer) ofView() receiver  { return receiver{"v", w.store.ViewType(), "view"} }

// method is a method that returns what a method of the table does.
type method struct {
	doc, name       string
	params, results []jen.Code
	before          []jen.Code // statements
	call            string     // the method of the table
	args            []jen.Code
}

func (w *writer) method(r receiver, m method) {
	w.comment(m.doc)
	fn := w.f.Func().Params(jen.Id(r.id).Op("*").Id(r.typ)).Id(m.name).Params(m.params...)
	if len(m.results) == 1 {
		fn.Add(m.results[0])
	} else {
		fn.Params(m.results...)
	}
	called := jen.Id(r.id).Dot(r.table).Dot(m.call)
	if call := called.Clone().Call(m.args...); len(call.GoString()) <= lineWidth {
		called = call
	} else {
		called.CallFunc(func(g *jen.Group) {
			for _, arg := range m.args {
				g.Line().Add(arg)
			}
			g.Line()
		})
	}
	fn.Block(append(m.before, jen.Return(called))...)
}

// writers writes the methods that change the store, and the one that looks at
// changes.
func (w *writer) writers() {
	n, key := w.noun, w.keyName()
	add := func(name, doc string, params, results []jen.Code, args ...jen.Code) {
		w.method(w.ofStore(), method{name: name, doc: name + " " + doc, params: params, results: results, call: name, args: args})
	}
	unique := ""
	for _, i := range w.store.Indexes {
		if i.Unique {
			unique = " It returns a *committable.UniqueError if another row has the same fields of a unique index."
		}
	}
	failed := []jen.Code{jen.Error()}
	rowParam, row := []jen.Code{jen.Id("row").Add(w.row())}, jen.Id("row")
	add("Insert", fmt.Sprintf("adds %s. It returns committable.ErrExists if there is one with the same %s.%s", n.a, key, unique),
		rowParam, failed, row)
	add("Put", fmt.Sprintf("adds %s, or replaces the one with the same %s.%s", n.a, key, unique),
		rowParam, failed, row)
	add("Update", fmt.Sprintf("calls fn to change the %s with this %s. It returns committable.ErrNotFound if there is none, "+
		"committable.ErrKeyChanged if fn changed the %s, or the error of fn. After an error, nothing is changed.%s", n.one, key, key, unique),
		[]jen.Code{w.keyParam(), jen.Id("fn").Func().Params(jen.Op("*").Add(w.row())).Error()}, failed, w.keyArg(), jen.Id("fn"))
	add("Delete", fmt.Sprintf("removes the %s with this %s and reports whether there was one.", n.one, key),
		[]jen.Code{w.keyParam()}, []jen.Code{jen.Bool(), jen.Error()}, w.keyArg())
	change := jen.Add(committable("Change")).Types(w.key(), w.row())
	add("Changes", fmt.Sprintf("returns the changes of the session so far, in order of %s. Each has the old and the new %s.", key, n.one),
		nil, []jen.Code{jen.Qual("iter", "Seq").Types(change)})
}

// view writes the type of the view and its methods.
func (w *writer) view() {
	s, view := w.store, w.store.ViewType()
	w.comment(fmt.Sprintf("View returns a snapshot of the committed %s. It takes constant time, and any goroutine may call it.", w.noun.many))
	w.f.Func().Params(jen.Id("s").Op("*").Id(s.Type)).Id("View").Params().Op("*").Id(view).Block(
		jen.Return(jen.Op("&").Id(view).Values(jen.Dict{jen.Id("view"): jen.Id("s").Dot("table").Dot("View").Call()})),
	)
	w.comment(fmt.Sprintf("%s is a snapshot of the %s after a commit. Any goroutine may use it, also during sessions. It needs no Close.",
		view, w.noun.many))
	w.f.Type().Id(view).Struct(jen.Id("view").Op("*").Add(committable("View")).Types(w.key(), w.row()))
	w.method(w.ofView(), method{
		doc:  "Seq returns the sequence number of the last session that the view includes. ok is false before the first session.",
		name: "Seq", results: []jen.Code{jen.Id("seq").Uint64(), jen.Id("ok").Bool()}, call: "Seq",
	})
	w.reading(w.ofView())
}

// readers writes the reading methods of the store.
func (w *writer) readers() { w.reading(w.ofStore()) }
