package load

import (
	"errors"
	"fmt"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Resolve type-checks the declarations that the annotated structs need, and adds an
// error for each name that cannot be resolved.
func (p *Program) Resolve() error {
	for _, pkg := range p.Packages {
		for _, a := range pkg.Annotations {
			if err := p.need(pkg, a.Spec.Name.Name); err != nil {
				return fmt.Errorf("gencommittable: %w", err)
			}
		}
	}
	for _, pkg := range p.Packages {
		if len(pkg.Annotations) > 0 {
			p.check(pkg)
		}
	}
	return nil
}

func (p *Program) check(pkg *Package) *types.Package {
	if pkg.Types != nil {
		return pkg.Types
	}
	config := types.Config{
		IgnoreFuncBodies: true,
		Importer:         importer{p, pkg},
		Error: func(err error) {
			if e := (types.Error{}); errors.As(err, &e) && !e.Soft {
				p.Errs.Add(e.Pos, "%s", p.explain(pkg, strings.TrimSpace(e.Msg)))
			}
		},
	}
	pkg.Types, _ = config.Check(pkg.Path, p.Fset, pkg.pruned(), nil) // errors went to config.Error
	return pkg.Types
}

var undefined = regexp.MustCompile(`^undefined: (\w+)$`)

// explain extends a message about the name of a generated type: generated types are
// not available while the generator runs.
func (p *Program) explain(pkg *Package, message string) string {
	if m := undefined.FindStringSubmatch(message); m != nil {
		for _, a := range pkg.Annotations {
			row := a.Spec.Name.Name
			if slices.Contains([]string{row + "Store", row + "View", row + "Key"}, m[1]) || a.Store != nil && a.Store.Type.Text == m[1] {
				return fmt.Sprintf("%s: it is generated from %s, so it cannot be part of a row; "+
					"leave the field out with `committable:\"-\"`", message, row)
			}
		}
	}
	return message
}

// importer type-checks imported packages from source, only as far as annotated
// structs need them.
type importer struct {
	program *Program
	from    *Package
}

// Import implements types.Importer.
func (i importer) Import(path string) (*types.Package, error) {
	switch path {
	case "unsafe":
		return types.Unsafe, nil
	case "C":
		return nil, errors.New("rows are made of Go types only")
	}
	pkg := i.from.imports[path]
	if pkg == nil || len(pkg.files) == 0 {
		reason := "no such package"
		if pkg != nil && len(pkg.broken) > 0 {
			reason = strings.TrimSpace(pkg.broken[0].Msg)
		}
		return nil, errors.New(reason)
	}
	return i.program.check(pkg), nil
}

// guess returns the name of a package that could not be loaded, by convention
// the last element of its path.
func guess(importPath string) string {
	base := path.Base(importPath)
	if version.MatchString(base) && path.Dir(importPath) != "." {
		base = path.Base(path.Dir(importPath))
	}
	return strings.TrimPrefix(base, "go-")
}

var version = regexp.MustCompile(`^v[0-9]+$`)
