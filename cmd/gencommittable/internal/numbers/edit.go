package numbers

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/output"
)

// change replaces bytes of a file.
type change struct {
	start, end int // offsets
	text       string
}

// editor gathers the changes of files.
type editor struct {
	program *load.Program
	sources map[string][]byte // by path
	changes map[string][]change
}

// edit writes the numbers of structs into the sources. Nothing else in a file
// changes, but for the columns of neighbouring lines where gofmt had aligned
// them.
func edit(program *load.Program, structs []*numbered) ([]output.Change, error) {
	e := &editor{program, make(map[string][]byte), make(map[string][]change)}
	for _, n := range structs {
		spec, _ := program.Lookup(n.obj)
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			if err := e.field(f, n.fields); err != nil {
				return nil, err
			}
		}
	}
	var files []output.Change
	for _, path := range slices.Sorted(maps.Keys(e.changes)) {
		files = append(files, output.Change{Path: path, Old: e.sources[path], Source: apply(e.sources[path], e.changes[path]), Numbered: true})
	}
	return files, nil
}

// field adds tags to a field, or to the fields of one line, which then get lines
// of their own.
func (e *editor) field(f *ast.Field, numbers map[string]int) error {
	if directive.Omitted(f) || !slices.ContainsFunc(load.Names(f), func(id *ast.Ident) bool { return numbers[id.Name] > 0 }) {
		return nil
	}
	file := e.program.Fset.File(f.Pos())
	src, err := e.source(file)
	if err != nil {
		return err
	}
	at := func(pos token.Pos) int { return file.Offset(pos) }
	var tag string
	if f.Tag != nil {
		tag = f.Tag.Value
	}
	if len(f.Names) < 2 {
		numberedTag, ok := withNumber(tag, numbers[load.Names(f)[0].Name])
		if !ok {
			e.refuse(f)
			return nil
		}
		c := change{at(f.Type.End()), at(f.Type.End()), " " + numberedTag}
		if f.Tag != nil {
			c = change{at(f.Tag.Pos()), at(f.Tag.End()), numberedTag}
		}
		e.changes[file.Name()] = append(e.changes[file.Name()], c)
		return nil
	}
	end := f.Type.End()
	if f.Tag != nil {
		end = f.Tag.End()
	}
	var lines []string
	for _, id := range f.Names {
		numberedTag := tag
		if n := numbers[id.Name]; n > 0 {
			var ok bool
			if numberedTag, ok = withNumber(tag, n); !ok {
				e.refuse(f)
				return nil
			}
		}
		lines = append(lines, strings.TrimSpace(id.Name+" "+string(src[at(f.Type.Pos()):at(f.Type.End())])+" "+numberedTag))
	}
	c := change{at(f.Pos()), at(end), strings.Join(lines, lineEnd(src[:at(f.Pos())]))}
	e.changes[file.Name()] = append(e.changes[file.Name()], c)
	return nil
}

func (e *editor) refuse(f *ast.Field) {
	e.program.Errs.Add(f.Tag.Pos(), "no number can be written into this tag: give it the form `key:\"value\"`")
}

// source returns the bytes of a file, as it was parsed.
func (e *editor) source(file *token.File) ([]byte, error) {
	if src, ok := e.sources[file.Name()]; ok {
		return src, nil
	}
	src, err := os.ReadFile(file.Name())
	if err == nil && len(src) != file.Size() {
		err = fmt.Errorf("%s changed while gencommittable read it: run it again", file.Name())
	}
	if err != nil {
		return nil, fmt.Errorf("gencommittable: %w", err)
	}
	e.sources[file.Name()] = src
	return src, nil
}

// lineEnd returns what separates fields after these bytes: a line and its
// indentation, or a semicolon if something else stands before them on the line.
func lineEnd(before []byte) string {
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	if len(bytes.TrimSpace(line)) > 0 {
		return "; "
	}
	return "\n" + string(line)
}

// withNumber returns a tag, quoted as it is, with a number. What else is in it
// stays. It fails for tags without keys and values.
func withNumber(tag string, n int) (numbered string, ok bool) {
	number := strconv.Itoa(n)
	if tag == "" {
		return "`" + directive.Tool + `:"` + number + "\"`", true
	}
	old, err := strconv.Unquote(tag)
	if err != nil {
		return "", false
	}
	quote := `"`
	if tag[0] == '"' {
		quote = `\"`
	}
	key := directive.Tool + ":" + quote
	value, has := reflect.StructTag(old).Lookup(directive.Tool)
	want := number
	if has {
		if value != "" && value[0] != ',' {
			number += ","
		}
		want = number + value
		before, after, _ := strings.Cut(tag, key)
		numbered = before + key + number + after
	} else {
		last := len(tag) - 1
		space := " "
		if strings.TrimSpace(old) == "" {
			space = ""
		}
		numbered = tag[:last] + space + key + number + quote + tag[last:]
	}
	unquoted, err := strconv.Unquote(numbered)
	got, _ := reflect.StructTag(unquoted).Lookup(directive.Tool)
	return numbered, err == nil && got == want
}

// apply makes the changes. A file that was as gofmt has it stays so.
func apply(src []byte, changes []change) []byte {
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.start, b.start) })
	var out []byte
	done := 0
	for _, c := range changes {
		out = append(append(out, src[done:c.start]...), c.text...)
		done = c.end
	}
	out = append(out, src[done:]...)
	if formatted, err := format.Source(src); err != nil || !bytes.Equal(formatted, src) {
		return out
	}
	if formatted, err := format.Source(out); err == nil {
		return formatted
	}
	return out
}
