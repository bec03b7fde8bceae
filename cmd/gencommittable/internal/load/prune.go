package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
)

// declaration is a package-level declaration, or a method under the name of its
// type.
type declaration struct {
	file *ast.File
	name token.Pos
	node ast.Node // *ast.TypeSpec, *ast.ValueSpec, *ast.FuncDecl, or *ast.GenDecl for a group of constants
}

type declarations struct {
	byName map[string][]*declaration
	dots   []string // paths of dot imports
}

// methodsThatMatter are the names of methods that say something about a row.
var methodsThatMatter = []string{
	"Validate",
	"AppendBinary", "MarshalBinary", "UnmarshalBinary",
	"AppendText", "MarshalText", "UnmarshalText",
}

func (pkg *Package) declarations() *declarations {
	if pkg.names != nil {
		return pkg.names
	}
	pkg.names = &declarations{byName: make(map[string][]*declaration)}
	add := func(f *ast.File, id *ast.Ident, n ast.Node) {
		pkg.names.byName[id.Name] = append(pkg.names.byName[id.Name], &declaration{f, id.Pos(), n})
	}
	aliases := make(map[string]*ast.Ident)
	var methods []*declaration
	for _, f := range pkg.syntax {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(f, d.Name, d)
				} else if slices.Contains(methodsThatMatter, d.Name.Name) {
					methods = append(methods, &declaration{f, d.Pos(), d})
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						add(f, s.Name, s)
						if id, ok := s.Type.(*ast.Ident); ok && s.Assign.IsValid() {
							aliases[s.Name.Name] = id
						}
					case *ast.ValueSpec:
						for _, id := range s.Names {
							if d.Tok == token.CONST { // iota and repeated values make a group one thing
								add(f, id, d)
							} else {
								add(f, id, s)
							}
						}
					}
				}
			}
		}
		for _, i := range f.Imports {
			if i.Name != nil && i.Name.Name == "." {
				path, _ := strconv.Unquote(i.Path.Value)
				pkg.names.dots = append(pkg.names.dots, path)
			}
		}
	}
	for _, m := range methods {
		id := receiver(m.node.(*ast.FuncDecl))
		for range aliases { // at most so many stand in a row
			if id != nil && aliases[id.Name] != nil {
				id = aliases[id.Name]
			}
		}
		if id != nil {
			add(m.file, id, m.node)
		}
	}
	return pkg.names
}

func receiver(d *ast.FuncDecl) *ast.Ident {
	if len(d.Recv.List) != 1 {
		return nil
	}
	t := ast.Unparen(d.Recv.List[0].Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(star.X)
	}
	switch instance := t.(type) {
	case *ast.IndexExpr:
		t = instance.X
	case *ast.IndexListExpr:
		t = instance.X
	}
	id, _ := t.(*ast.Ident)
	return id
}

// need marks a name, and all that its declarations refer to, in this package
// and in others.
func (p *Program) need(pkg *Package, name string) error {
	if pkg.needed[name] {
		return nil
	}
	pkg.needed[name] = true
	if _, err := p.parse(pkg); err != nil {
		return err
	}
	found := pkg.declarations().byName[name]
	if len(found) == 0 && types.Universe.Lookup(name) == nil {
		for _, path := range pkg.names.dots {
			if from := pkg.imports[path]; from != nil {
				if err := p.need(from, name); err != nil {
					return err
				}
			}
		}
	}
	for _, d := range found {
		for _, ref := range pkg.references(d) {
			if err := p.need(ref.pkg, ref.name); err != nil {
				return err
			}
		}
	}
	return nil
}

type reference struct {
	pkg  *Package
	name string
}

// references returns the names that a declaration refers to. Names of fields
// and bodies of functions do not count.
func (pkg *Package) references(d *declaration) []reference {
	var refs []reference
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			refs = append(refs, reference{pkg, n.Name})
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok {
				if imported := pkg.importedAs(d.file, id.Name); imported != nil {
					refs = append(refs, reference{imported, n.Sel.Name})
					return false
				}
			}
			ast.Inspect(n.X, visit)
			return false
		case *ast.Field:
			if !directive.Omitted(n) {
				ast.Inspect(n.Type, visit)
			}
			return false
		case *ast.BlockStmt, *ast.Comment, *ast.CommentGroup:
			return false
		}
		return true
	}
	ast.Inspect(d.node, visit)
	return refs
}

// importedAs returns the package that a name stands for in a file, nil if it is
// not the name of an import.
func (pkg *Package) importedAs(f *ast.File, name string) *Package {
	for _, i := range f.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		imported := pkg.imports[path]
		switch {
		case imported == nil:
		case i.Name != nil && i.Name.Name == name, i.Name == nil && imported.Name == name:
			return imported
		}
	}
	return nil
}

// ImportPath returns the path of the package that a name stands for in the file
// of a type's declaration. The package need not exist yet.
func (p *Program) ImportPath(pkg *Package, spec *ast.TypeSpec, name string) (string, bool) {
	for _, d := range pkg.declarations().byName[spec.Name.Name] {
		if imported := pkg.importedAs(d.file, name); imported != nil {
			return imported.Path, true
		}
		for _, i := range d.file.Imports {
			if path, local := pkg.importName(i); local == name {
				return path, true
			}
		}
	}
	return "", false
}

// pruned returns the files of a package with nothing in them but what is
// needed.
func (pkg *Package) pruned() []*ast.File {
	kept := make(map[ast.Node]bool)
	for name := range pkg.needed {
		for _, d := range pkg.declarations().byName[name] {
			kept[d.node] = true
		}
	}
	var files []*ast.File
	for _, f := range pkg.syntax {
		var decls []ast.Decl
		used := make(map[*ast.ImportSpec]bool)
		for _, d := range f.Decls {
			if d := keep(d, kept); d != nil {
				decls = append(decls, d)
				for _, i := range importsIn(f, pkg, d) {
					used[i] = true
				}
			}
		}
		imports := &ast.GenDecl{Tok: token.IMPORT, TokPos: f.Name.End(), Lparen: f.Name.End(), Rparen: f.Name.End()}
		for _, i := range f.Imports {
			if used[i] {
				imports.Specs = append(imports.Specs, i)
			}
		}
		files = append(files, &ast.File{
			Package: f.Package, Name: f.Name, GoVersion: f.GoVersion, FileStart: f.FileStart, FileEnd: f.FileEnd,
			Decls: append([]ast.Decl{imports}, decls...), Imports: f.Imports,
		})
	}
	return files
}

// keep returns a declaration with just the kept parts, without bodies and
// without the types of omitted fields.
func keep(d ast.Decl, kept map[ast.Node]bool) ast.Decl {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if kept[d] {
			return &ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type}
		}
	case *ast.GenDecl:
		if kept[d] {
			return d
		}
		part := &ast.GenDecl{TokPos: d.TokPos, Tok: d.Tok}
		for _, s := range d.Specs {
			if !kept[s] {
				continue
			}
			if t, ok := s.(*ast.TypeSpec); ok {
				s = withoutOmitted(t)
			}
			part.Specs = append(part.Specs, s)
		}
		if len(part.Specs) > 0 {
			part.Lparen, part.Rparen = d.TokPos, d.End()
			return part
		}
	}
	return nil
}

// withoutOmitted gives omitted fields the type struct{}, because their own may
// be unknown, such as a generated store's.
func withoutOmitted(t *ast.TypeSpec) *ast.TypeSpec {
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return t
	}
	fields := &ast.FieldList{Opening: s.Fields.Opening, Closing: s.Fields.Closing}
	for _, f := range s.Fields.List {
		if directive.Omitted(f) {
			f = &ast.Field{Names: Names(f), Tag: f.Tag, Type: &ast.StructType{Struct: f.Type.Pos(), Fields: &ast.FieldList{}}}
		}
		fields.List = append(fields.List, f)
	}
	spec := *t
	spec.Type = &ast.StructType{Struct: s.Struct, Fields: fields}
	return &spec
}

// Names returns the names of a field; an embedded one has that of its type.
func Names(f *ast.Field) []*ast.Ident {
	if len(f.Names) > 0 {
		return f.Names
	}
	t := f.Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.SelectorExpr:
			return []*ast.Ident{x.Sel}
		case *ast.Ident:
			return []*ast.Ident{x}
		default:
			return nil
		}
	}
}

// importsIn returns the imports that a kept declaration uses. Dot imports may
// always be.
func importsIn(f *ast.File, pkg *Package, d ast.Decl) []*ast.ImportSpec {
	names := make(map[string]bool)
	ast.Inspect(d, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
		return true
	})
	var used []*ast.ImportSpec
	for _, i := range f.Imports {
		if _, name := pkg.importName(i); names[name] || name == "." {
			used = append(used, i)
		}
	}
	return used
}

// importName returns the path of an import and its name in the file, which is a
// guess if the package could not be loaded.
func (pkg *Package) importName(i *ast.ImportSpec) (path, name string) {
	path, _ = strconv.Unquote(i.Path.Value)
	switch imported := pkg.imports[path]; {
	case i.Name != nil:
		return path, i.Name.Name
	case imported != nil && imported.Name != "":
		return path, imported.Name
	default:
		return path, guess(path)
	}
}
