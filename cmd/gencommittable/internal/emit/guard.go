package emit

import (
	"fmt"
	"go/types"
	"maps"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// guard writes what stops compiling when this file no longer fits the runtime,
// or a type that it was generated for. Pointers convert only between types that
// are made of the same, and an error of the compiler shows the name of what it
// cannot convert.
func (w *writer) guard() {
	var params, conversions []jen.Code
	taken := make(map[string]bool)
	add := func(t types.Type, made *jen.Statement) {
		id := w.guardName(t, taken)
		params = append(params, jen.Id(id).Op("*").Add(typ(t)))
		conversions = append(conversions, jen.Id("_").Op("=").Add(made).Call(jen.Id(id)))
	}
	for _, s := range w.structs {
		add(s.Named, jen.Parens(jen.Op("*").Add(w.literal(s))))
	}
	for _, t := range w.namedTypes() {
		if t.Kind == model.Binary || t.Kind == model.Text {
			add(t.Go, jen.Interface(methods(t)...))
		} else {
			add(t.Go, jen.Parens(jen.Op("*").Add(typ(t.Go.Underlying()))))
		}
	}
	for i := range params {
		params[i] = jen.Line().Add(params[i])
	}
	w.comment("If this does not compile, the version of the runtime has changed: re-run go generate.")
	w.f.Const().Id("_").Op("=").Add(gencode("V3RerunGoGenerate"))
	w.comment("If this does not compile, one of these types has changed: re-run go generate.")
	w.f.Func().Id("_").Params(append(params, jen.Line())...).Block(conversions...)
}

// methods are those that a type encodes itself with.
func methods(t *model.Type) []jen.Code {
	form, marshaler := "Binary", "Marshaler"
	if t.Kind == model.Text {
		form = "Text"
	}
	if t.Appends {
		marshaler = "Appender"
	}
	return []jen.Code{jen.Qual("encoding", form+marshaler), jen.Qual("encoding", form+"Unmarshaler")}
}

// guardName returns the name of a type's parameter, with a number if types
// before it took the name.
func (w *writer) guardName(t types.Type, taken map[string]bool) string {
	named := types.Unalias(t).(*types.Named)
	wish := model.Lower(model.InstanceName(named))
	if pkg := named.Obj().Pkg(); pkg.Path() != w.pkg.Path {
		wish = pkg.Name() + model.InstanceName(named)
	}
	name := wish
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s%d", wish, i)
	}
	taken[name] = true
	return name + "ChangedRerunGoGenerate"
}

// namedTypes returns the types of the row with a name that are not stored
// structs and that somebody could change, by name.
func (w *writer) namedTypes() []*model.Type {
	found := make(map[string]*model.Type)
	var visit func(t *model.Type)
	visit = func(t *model.Type) {
		named, ok := types.Unalias(t.Go).(*types.Named)
		if ok && t.Kind != model.Message && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() != "time" {
			found[types.TypeString(named, nil)] = t
		}
		for _, inner := range []*model.Type{t.Key, t.Elem} {
			if inner != nil {
				visit(inner)
			}
		}
	}
	for _, s := range w.structs {
		for _, f := range s.Fields {
			visit(f.Type)
		}
	}
	var out []*model.Type
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[name])
	}
	return out
}
