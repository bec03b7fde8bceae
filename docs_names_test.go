package gencommittable_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A document names only identifiers that exist: committer.WithHistory, and
// WithHistory without its package.
func TestNamesInDocsExist(t *testing.T) {
	packages := exportedNames(t)
	examples, err := filepath.Glob("examples/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(documents(t), examples...) {
		text := read(t, page)
		if page == "CHANGELOG.md" {
			text = oldNames.ReplaceAllString(text, "|")
		}
		for _, name := range qualifiedName.FindAllStringSubmatch(text, -1) {
			if names, ok := packages[name[1]]; ok {
				found++
				if !names[name[2]] {
					t.Errorf("%s: package %s has no %s", page, name[1], name[2])
				}
			}
		}
		if page == "docs/reference/directives.md" {
			continue // it has the names of generated code
		}
		for _, name := range bareName.FindAllStringSubmatch(text, -1) {
			found++
			if !packages["any"][name[1]] {
				t.Errorf("%s: no package has %s", page, name[1])
			}
		}
	}
	if found < 100 {
		t.Errorf("found only %d names: the patterns do not fit the documents", found)
	}
}

// A document names only files that exist, by their base names or as patterns.
func TestFilesInDocsExist(t *testing.T) {
	var files []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		files = append(files, filepath.Base(path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range documents(t) {
		for _, name := range fileName.FindAllStringSubmatch(read(t, page), -1) {
			matches := func(file string) bool {
				ok, err := filepath.Match(name[1], file)
				return ok && err == nil
			}
			if !slices.ContainsFunc(files, matches) {
				t.Errorf("%s: there is no file %s", page, name[1])
			}
		}
	}
}

// fileName is the base name of a Go file, or a pattern for such names.
var fileName = regexp.MustCompile("`(?:[\\w./-]*/)?([a-z*][\\w*]*\\.go)`")

var (
	// qualifiedName is a name with its package, such as committer.ErrFenced.
	qualifiedName = regexp.MustCompile("`\\*?([a-z]+)\\.([A-Z]\\w*)")
	// bareName is a name, perhaps with arguments, such as `Do` or `WithSyncEvery(16)`.
	bareName = regexp.MustCompile("`\\*?([A-Z][a-z]\\w*)(?:`|\\()")
	// oldNames is the first cell of a row in the change log.
	oldNames = regexp.MustCompile(`(?m)^\|[^|]*\|`)
)

// exportedNames returns the exported names of each library package, with those
// of its methods and fields, and under "any" those of all packages.
func exportedNames(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{"any": {}}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "internal" || strings.HasPrefix(entry.Name(), ".") && path != "."):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name := file.Name.Name
		if name == "main" && !strings.HasPrefix(filepath.ToSlash(path), "docs/") && !strings.HasPrefix(filepath.ToSlash(path), "examples/") {
			return nil
		}
		if all[name] == nil {
			all[name] = make(map[string]bool)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var idents []*ast.Ident
			switch n := n.(type) {
			case *ast.FuncDecl:
				idents = []*ast.Ident{n.Name}
			case *ast.TypeSpec:
				idents = []*ast.Ident{n.Name}
			case *ast.ValueSpec:
				idents = n.Names
			case *ast.Field: // of a struct or an interface
				idents = n.Names
			}
			for _, ident := range idents {
				if ident.IsExported() {
					all[name][ident.Name], all["any"][ident.Name] = true, true
				}
			}
			_, body := n.(*ast.BlockStmt)
			return !body
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
