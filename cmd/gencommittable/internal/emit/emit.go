// Package emit writes the generated file of a store: thin methods over
// committable.Table, documented in the words of the row, and the functions that
// encode, copy and compare rows, which call committable/codec and
// committable/gencode.
//
//   - emit.go: the file and its imports
//   - names.go: names of functions and parameters; words for comments
//   - types.go: types as the generated file writes them
//   - store.go, read.go, index.go: the store, its view and their methods
//   - definition.go: what the table must know, schema and keys
//   - row.go, element.go: the encoding of rows
//   - operand.go: the values that functions are written for
//   - copy.go, normalize.go, equal.go: copies, canonical form and comparison of rows
//   - guard.go: what stops compiling when the file is stale
package emit

import (
	"bytes"
	"fmt"
	"go/format"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

const (
	commentWidth = 80
	lineWidth    = 120 // of calls; a longer one has a line for each argument

	runtimePath = "github.com/gencommittable/gencommittable/committable"
	codecPath   = runtimePath + "/codec"
	gencodePath = runtimePath + "/gencode"
)

// Files returns the generated files of a package by their names. Names of
// functions are given in the order of the stores; printing, which takes the most
// time, goes on beside that.
func Files(pkg *model.Package, standard func(path string) bool) (map[string][]byte, error) {
	sources, faults := make([][]byte, len(pkg.Stores)), make([]error, len(pkg.Stores))
	names := newNames(pkg)
	var printing sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, s := range pkg.Stores {
		w := &writer{pkg: pkg, store: s, names: names, noun: newNoun(s.Row.Name()), params: newParams(s.Row.Fields)}
		w.write()
		slots <- struct{}{}
		printing.Go(func() {
			sources[i], faults[i] = printed(w.f, standard)
			<-slots
		})
	}
	printing.Wait()
	files := make(map[string][]byte)
	for i, s := range pkg.Stores {
		if faults[i] != nil {
			return nil, fmt.Errorf("gencommittable: %s: %w", s.File(), faults[i])
		}
		files[s.File()] = sources[i]
	}
	return files, nil
}

// printed returns the source of a file.
func printed(f *jen.File, standard func(path string) bool) ([]byte, error) {
	f.NoFormat = true // once is enough
	var src bytes.Buffer
	if err := f.Render(&src); err != nil {
		return nil, err
	}
	return format.Source(groupImports(src.Bytes(), standard))
}

// writer writes the file of one store.
type writer struct {
	pkg    *model.Package
	store  *model.Store
	names  *names
	noun   noun
	params map[*model.Field]string
	f      *jen.File

	// structs and elements have functions of their own, in the order of their
	// first use.
	structs  []*model.Struct
	elements []*element
}

// write fills the file.
func (w *writer) write() {
	w.f = jen.NewFilePathName(w.pkg.Path, w.pkg.Name)
	for path, name := range w.pkg.Imported {
		w.importAs(path, name)
	}
	for path, name := range map[string]string{
		runtimePath: "committable", codecPath: "codec", gencodePath: "gencode", "bytes": "bytes", "cmp": "cmp", "encoding": "encoding", "iter": "iter",
		"maps": "maps", "slices": "slices", "time": "time",
	} {
		w.importAs(path, name)
	}
	w.f.HeaderComment(load.Header)
	w.storeType()
	w.readers()
	w.writers()
	w.view()
	w.definition()
	w.keyCodec()
	w.indexCodec()
	w.collect()
	w.rowCodec()
	w.elementCodec()
	w.copies()
	w.normalizers()
	w.equals()
	w.guard()
}

// importAs says what to call a package: by its name, unless something else in
// this package or in its generated functions has it. A name that the path does
// not end in is written out.
func (w *writer) importAs(importPath, name string) {
	ours := slices.ContainsFunc(w.pkg.Stores, func(s *model.Store) bool { return s.Type == name })
	switch {
	case ours || w.pkg.Declared(name) || model.Local(name):
		w.f.ImportAlias(importPath, name+"pkg")
	case path.Base(importPath) != name:
		w.f.ImportAlias(importPath, name)
	default:
		w.f.ImportName(importPath, name)
	}
}

// groupImports puts the imports of the standard library in front of the others,
// with a line between.
func groupImports(src []byte, standard func(path string) bool) []byte {
	before, rest, _ := strings.Cut(string(src), "import (\n")
	block, after, _ := strings.Cut(rest, ")\n")
	var first, second strings.Builder
	for line := range strings.Lines(block) {
		path := strings.Split(line, `"`)[1]
		if standard(path) {
			first.WriteString(line)
		} else {
			second.WriteString(line)
		}
	}
	return []byte(before + "import (\n" + first.String() + "\n" + second.String() + ")\n" + after)
}

// comment writes a comment, wrapped; paragraphs are separated by an empty line.
func (w *writer) comment(text string) {
	w.f.Line()
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			w.f.Comment("//")
		}
		for _, line := range wrap(paragraph, commentWidth-len("// ")) {
			w.f.Comment("// " + line)
		}
	}
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
