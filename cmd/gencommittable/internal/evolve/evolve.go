// Package evolve holds stores against the generated files that are there. Rows
// may have been written with these; what they mean must not change by accident.
//
// The schema of what is there is read out of the source as text, so that a file
// which is stale or does not compile says it, too. One that is damaged, by a
// merge conflict for one, says nothing, and is written anew without a check:
// then the runtime, which has the schema of the rows, is the one to refuse them.
package evolve

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/diag"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
	text "github.com/gencommittable/gencommittable/cmd/gencommittable/internal/schema"
	"github.com/gencommittable/gencommittable/committable/schema"
)

// Past has the schemas of generated files. It lacks stores that have none which
// can be read.
type Past map[*model.Store]*schema.Schema

// Read reads the generated files of packages.
func Read(pkgs []*model.Package) (Past, error) {
	past := make(Past)
	for _, pkg := range pkgs {
		for _, s := range pkg.Stores {
			source, err := os.ReadFile(filepath.Join(pkg.Dir, s.File()))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				continue
			case err != nil:
				return nil, fmt.Errorf("gencommittable: %w", err)
			case !load.Generated(source):
				continue
			}
			if old, err := schema.Parse(find(source)); err == nil {
				past[s] = old
			}
		}
	}
	return past, nil
}

// find returns the one raw string in a source that is a schema, nil if there is
// none or more than one.
func find(source []byte) []byte {
	_, rest, _ := bytes.Cut(source, []byte("`committable schema "))
	found, after, closed := bytes.Cut(rest, []byte("`"))
	if !closed || bytes.Contains(after, []byte("`committable schema ")) {
		return nil
	}
	return append([]byte("committable schema "), found...)
}

// Check adds an error for every change that stored rows do not allow, where the
// change is.
func (p Past) Check(errs *diag.List) {
	for s, old := range p {
		check(s, old, errs)
	}
}

func check(s *model.Store, old *schema.Schema, errs *diag.List) {
	now, err := schema.Parse([]byte(text.Text(s)))
	if err != nil {
		return // lengths without measure; the runtime compares such texts by their lines
	}
	refused := schema.Refused(schema.Compare(old, now))
	if len(refused) == 0 {
		return
	}
	counted := false
	for _, change := range refused {
		pos, f := locate(s, change)
		counted = counted || change.Number && f.Counted
		errs.Add(pos, "%s", change)
	}
	number := ""
	if counted {
		number = ", or run gencommittable -number, which gives fields the numbers that they had"
	}
	errs.Add(s.Row.Named.Obj().Pos(), "%s has changed since %s was generated, and stored rows would be read wrongly: "+
		"do what the other errors say%s; if no database has such rows, delete that file and generate again", s.Row.Name(), s.File(), number)
}

// locate returns the position of a change, and the field that it is about. A
// field that is gone is blamed on the struct that had it.
func locate(s *model.Store, c schema.Change) (token.Pos, *model.Field) {
	if c.Key {
		return s.KeyPos, nil
	}
	in := s.Row
	for _, n := range c.Path {
		in = text.Message(field(in, n).Type)
	}
	if f := field(in, c.Field); f != nil {
		return f.Pos, f
	}
	return in.Named.Obj().Pos(), nil
}

func field(s *model.Struct, number int) *model.Field {
	for _, f := range s.Fields {
		if f.Number == number {
			return f
		}
	}
	return nil
}
