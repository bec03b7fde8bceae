package emit

import (
	"cmp"
	"fmt"
	"go/types"
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
	add := func(obj *types.TypeName, made *jen.Statement) {
		id := w.guardName(obj, taken)
		params = append(params, jen.Id(id).Op("*").Add(name(obj)))
		conversions = append(conversions, jen.Id("_").Op("=").Parens(jen.Op("*").Add(made)).Call(jen.Id(id)))
	}
	for _, s := range w.structs {
		add(s.Named.Obj(), w.literal(s))
	}
	for _, n := range w.namedTypes() {
		add(n.Obj(), typ(n.Underlying()))
	}
	for i := range params {
		params[i] = jen.Line().Add(params[i])
	}
	w.comment("Generated for this version of the runtime: after an upgrade that needs it, re-run go generate.")
	w.f.Const().Id("_").Op("=").Add(runtime("GeneratedV1RerunGoGenerate"))
	w.comment("Generated for these types: if one of them changes, this stops compiling; re-run go generate.")
	w.f.Func().Id("_").Params(append(params, jen.Line())...).Block(conversions...)
}

// guardName returns the name of a type's parameter, with a number if types
// before it took the name.
func (w *writer) guardName(obj *types.TypeName, taken map[string]bool) string {
	wish := model.Lower(obj.Name())
	if obj.Pkg().Path() != w.pkg.Path {
		wish = obj.Pkg().Name() + obj.Name()
	}
	name := wish
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s%d", wish, i)
	}
	taken[name] = true
	return name + "ChangedRerunGoGenerate"
}

// namedTypes returns the named types of the row that are not structs and that
// somebody could change, by name.
func (w *writer) namedTypes() []*types.Named {
	var out []*types.Named
	var visit func(t types.Type)
	visit = func(t types.Type) {
		switch t := types.Unalias(t).(type) {
		case *types.Named:
			_, isStruct := t.Underlying().(*types.Struct)
			if isStruct || t.Obj().Pkg() == nil || t.Obj().Pkg().Path() == "time" || slices.Contains(out, t) {
				return
			}
			out = append(out, t)
			visit(t.Underlying())
		case *types.Slice:
			visit(t.Elem())
		case *types.Array:
			visit(t.Elem())
		}
	}
	for _, s := range w.structs {
		for _, f := range s.Fields {
			visit(f.Type.Go)
		}
	}
	slices.SortFunc(out, func(a, b *types.Named) int { return cmp.Compare(a.String(), b.String()) })
	return out
}
