// Package load finds the annotated types of packages and the types of their
// fields, from source alone.
//
// It works while the package does not compile, because its generated files are
// missing, stale, in conflict or not even Go. That is why it never asks the go
// command for types, which would compile: one query gives the files of all
// packages (load.go); those with directives are parsed without our own output
// (parse.go); and of each package just the declarations that annotated structs
// need are type-checked (prune.go, check.go). What is broken elsewhere goes
// unnoticed.
package load

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/diag"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
)

// Program is the packages that the patterns matched, and what they import.
type Program struct {
	Fset     *token.FileSet
	Errs     *diag.List
	Packages []*Package // those the patterns matched, by path

	all map[string]*Package // by path
}

// Package is one package.
type Package struct {
	Path, Name, Dir string
	Standard        bool
	Annotations     []*directive.Annotation // of a package that the patterns matched
	Types           *types.Package          // what annotated structs need of it; nil if that is nothing
	// Complete says that all directives are in Annotations. They are not if
	// some stand in files that a build constraint leaves out.
	Complete bool

	files     []string
	annotated bool                // Annotations are there
	imports   map[string]*Package // by the path in import declarations
	broken    []packages.Error

	syntax []*ast.File
	names  *declarations // nil until needed
	needed map[string]bool
}

// Load asks for the packages that match the patterns in dir, and finds the
// annotated types in them. Call Resolve next.
func Load(ctx context.Context, dir string, patterns []string) (*Program, error) {
	for _, p := range patterns {
		if strings.HasSuffix(p, ".go") {
			return nil, fmt.Errorf("gencommittable: give packages, such as ./..., and not the file %s", p)
		}
	}
	p := &Program{Fset: token.NewFileSet(), all: make(map[string]*Package)}
	p.Errs = diag.New(p.Fset)
	listed, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     dir,
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
	}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("gencommittable: %w", err)
	}
	for _, l := range listed {
		p.Packages = append(p.Packages, p.add(l))
		if len(l.GoFiles) == 0 && len(l.IgnoredFiles) == 0 && len(l.Errors) > 0 {
			return nil, fmt.Errorf("gencommittable: %s", l.Errors[0].Msg)
		}
	}
	for i, pkg := range p.Packages {
		if err := p.annotate(pkg, listed[i].IgnoredFiles); err != nil {
			return nil, fmt.Errorf("gencommittable: %w", err)
		}
	}
	return p, nil
}

func (p *Program) add(l *packages.Package) *Package {
	if pkg, ok := p.all[l.PkgPath]; ok {
		return pkg
	}
	pkg := &Package{
		Path: l.PkgPath, Name: l.Name, Dir: l.Dir, Standard: l.Module == nil && !strings.Contains(firstElement(l.PkgPath), "."),
		files: l.GoFiles, broken: l.Errors,
		imports: make(map[string]*Package), needed: make(map[string]bool),
	}
	p.all[l.PkgPath] = pkg
	for path, imported := range l.Imports {
		pkg.imports[path] = p.add(imported)
	}
	return pkg
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// Standard reports whether a package is of the standard library.
func (p *Program) Standard(path string) bool {
	pkg, ok := p.all[path]
	return ok && pkg.Standard || !ok && !strings.Contains(firstElement(path), ".")
}

// Lookup returns the declaration of a type and the package it is in.
func (p *Program) Lookup(obj types.Object) (*ast.TypeSpec, *Package) {
	pkg := p.all[obj.Pkg().Path()]
	for _, d := range pkg.declarations().byName[obj.Name()] {
		if spec, ok := d.node.(*ast.TypeSpec); ok {
			return spec, pkg
		}
	}
	return nil, pkg
}

// Home returns the path of the package that declares a name which is used in
// pkg without a qualifier: pkg, or one that it imports with a dot.
func (p *Program) Home(pkg *Package, name string) string {
	if _, ok := pkg.Declared(name); ok {
		return pkg.Path
	}
	for _, path := range pkg.declarations().dots {
		from := pkg.imports[path]
		if from == nil {
			continue
		}
		if _, err := p.parse(from); err != nil {
			continue // the compiler says it better
		}
		if _, ok := from.Declared(name); ok {
			return from.Path
		}
	}
	return pkg.Path
}

// Names returns the names of all packages, by path.
func (p *Program) Names() map[string]string {
	names := make(map[string]string)
	for path, pkg := range p.all {
		if pkg.Name != "" {
			names[path] = pkg.Name
		}
	}
	return names
}

// Annotation returns the directives above a type of any package, nil if there
// are none. Errors in those of packages that the patterns did not match are
// left to a run on these.
func (p *Program) Annotation(pkg *Package, name string) *directive.Annotation {
	if !pkg.annotated {
		pkg.annotated = true
		for _, f := range pkg.syntax {
			pkg.Annotations = append(pkg.Annotations, directive.Find(f, diag.New(p.Fset))...)
		}
	}
	for _, a := range pkg.Annotations {
		if a.Spec.Name.Name == name {
			return a
		}
	}
	return nil
}

// Declared returns the position of a package-level name in the user's own
// files.
func (pkg *Package) Declared(name string) (token.Pos, bool) {
	ds := pkg.declarations().byName[name]
	if len(ds) == 0 {
		return token.NoPos, false
	}
	return ds[0].name, true
}
