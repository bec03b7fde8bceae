package model

import (
	"cmp"
	"go/doc"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/diag"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
)

// builder turns the annotations of a program into stores.
type builder struct {
	program *load.Program
	errs    *diag.List
	pkg     *load.Package      // that is being built
	structs map[string]*Struct // what is built of this store, by type
	open    []*types.Named     // structs around the one that is being built

	unnumbered bool // fields without a number will get one
}

// Build returns the packages with stores, by path. What it finds wrong is in
// the program's errors; then the packages are of no use.
func Build(program *load.Program) []*Package { return build(program, false) }

// BuildUnnumbered is Build before fields without a number get one: their
// positions may collide with the numbers of others.
func BuildUnnumbered(program *load.Program) []*Package { return build(program, true) }

func build(program *load.Program, unnumbered bool) []*Package {
	var out []*Package
	for _, pkg := range program.Packages {
		b := &builder{program: program, errs: program.Errs, pkg: pkg, unnumbered: unnumbered}
		built := &Package{Path: pkg.Path, Name: pkg.Name, Dir: pkg.Dir, Declared: func(name string) bool {
			_, ok := pkg.Declared(name)
			return ok
		}, Imported: program.Names()}
		var taken names
		for _, a := range pkg.Annotations {
			if a.Store == nil {
				continue
			}
			if s := b.store(a); s != nil {
				built.Stores = append(built.Stores, s)
				b.claim(&taken, s, a)
			}
		}
		slices.SortFunc(built.Stores, func(x, y *Store) int { return cmp.Compare(x.Row.Name(), y.Row.Name()) })
		if len(built.Stores) > 0 {
			b.checkPredeclared()
			out = append(out, built)
		}
	}
	return out
}

func (b *builder) store(a *directive.Annotation) *Store {
	b.structs, b.open = make(map[string]*Struct), nil
	name := a.Spec.Name.Name
	switch {
	case strings.HasPrefix(name, "_"):
		b.errs.Add(a.Spec.Name.Pos(), "the store of %s would be in a file that begins with _, which Go passes over: choose another name", name)
		return nil
	case Local(name):
		b.errs.Add(a.Spec.Name.Pos(), "generated functions have a variable %s: choose another name for the type", name)
		return nil
	}
	if b.pkg.Types == nil {
		return nil
	}
	obj, _ := b.pkg.Types.Scope().Lookup(name).(*types.TypeName)
	if obj == nil {
		return nil
	}
	if a.Spec.TypeParams != nil {
		b.errs.Add(a.Spec.Name.Pos(), "%s has type parameters: declare a struct for each instance that is to be stored", name)
		return nil
	}
	named, ok := obj.Type().(*types.Named)
	if !ok || a.Spec.Assign.IsValid() {
		b.errs.Add(a.Spec.Name.Pos(), "%s is an alias: put the directive above the struct itself", name)
		return nil
	}
	row := b.structOf(named, a.Spec.Name.Pos())
	if row == nil {
		return nil
	}
	s := &Store{
		Row:      row,
		Name:     cmp.Or(a.Store.Name.Text, name),
		Doc:      new(doc.Package).Synopsis(a.Doc.Text()),
		Type:     cmp.Or(a.Store.Type.Text, name+"Store"),
		Validate: validates(named, b.pkg.Types),
	}
	b.checkNames(a.Store, name)
	s.Key = b.key(row, a.Store)
	if len(a.Store.Key) > 0 {
		s.KeyPos = a.Store.Key[0].Pos
	}
	for _, i := range a.Indexes {
		s.Indexes = append(s.Indexes, b.index(row, i))
	}
	return s
}

// validates reports whether *row has a method Validate() error.
func validates(row *types.Named, pkg *types.Package) bool {
	obj, _, _ := types.LookupFieldOrMethod(row, true, pkg, "Validate")
	f, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	sig := f.Signature()
	return sig.Params().Len() == 0 && sig.Results().Len() == 1 &&
		types.Identical(sig.Results().At(0).Type(), types.Universe.Lookup("error").Type())
}

func (b *builder) key(row *Struct, d *directive.Store) []*Field {
	var key []*Field
	for _, w := range d.Key {
		f := b.component(row, w, "key")
		if f != nil && slices.Contains(key, f) {
			b.errs.Add(w.Pos, "duplicate field %s in the key", w.Text)
			continue
		}
		if f != nil {
			key = append(key, f)
		}
	}
	return key
}

func (b *builder) index(row *Struct, d *directive.Index) *Index {
	index := &Index{Name: d.Name.Text, Unique: d.Unique}
	if !token.IsIdentifier(d.Name.Text) || !token.IsExported(d.Name.Text) {
		b.errs.Add(d.Name.Pos, "index %q becomes a method: give it an exported name, such as ByOwner", d.Name.Text)
	}
	for _, w := range d.On {
		f := b.component(row, w, "index")
		if f == nil {
			continue
		}
		if slices.ContainsFunc(index.Components, func(c Component) bool { return c.Field == f }) {
			b.errs.Add(w.Pos, "duplicate field %s in the index", w.Text)
			continue
		}
		index.Components = append(index.Components, Component{f, w.Descending})
	}
	return index
}

// component finds a field that a key or an index names.
func (b *builder) component(row *Struct, w directive.Word, of string) *Field {
	if w.Text == "" {
		b.errs.Add(w.Pos, "missing name of a field")
		return nil
	}
	var legal []string
	for _, f := range row.Fields {
		if f.Name == w.Text && f.Type.Kind == Invalid {
			return nil // reported with the field
		}
		if f.Name == w.Text && f.Type.Ordered() {
			return f
		}
		if f.Name == w.Text {
			b.errs.Add(w.Pos, "%s cannot be in the %s: it takes bools, integers, strings, [N]byte, time.Time, and types made of these",
				w.Text, of)
			return nil
		}
		if f.Type.Ordered() {
			legal = append(legal, f.Name)
		}
	}
	for _, m := range row.Literal {
		if m.Name == w.Text && m.Field == nil {
			b.errs.Add(w.Pos, "%s is left out of what is stored, so it cannot be in the %s", w.Text, of)
			return nil
		}
	}
	b.errs.Add(w.Pos, "%s has no field %q%s", row.Name(), w.Text, diag.Suggest(w.Text, legal))
	return nil
}
