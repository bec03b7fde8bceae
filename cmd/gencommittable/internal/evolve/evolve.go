// Package evolve compares stores with their previous generated files. Rows may
// have been written by those, and must keep their meaning.
//
// The previous schema is read from the generated source as text, so the file need
// not be current or compile. A damaged file, for example one with a merge conflict,
// is written again without a check. Then Load, which has the schema of the stored
// rows, refuses an incompatible change.
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

// Previous has the schemas of generated files, by store. Files without a readable
// schema are missing.
type Previous map[*model.Store]*schema.Schema

// Read reads the generated files of packages.
func Read(pkgs []*model.Package) (Previous, error) {
	previous := make(Previous)
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
				previous[s] = old
			}
		}
	}
	return previous, nil
}

// find returns the raw string in a source that is a schema. It returns nil if no
// string is one, or several are.
func find(source []byte) []byte {
	_, rest, _ := bytes.Cut(source, []byte("`committable schema "))
	found, after, closed := bytes.Cut(rest, []byte("`"))
	if !closed || bytes.Contains(after, []byte("`committable schema ")) {
		return nil
	}
	return append([]byte("committable schema "), found...)
}

// Check adds an error, with the position of the change, for every change that
// would misread stored rows.
func (p Previous) Check(errs *diag.List) {
	for s, old := range p {
		check(s, old, errs)
	}
}

func check(s *model.Store, old *schema.Schema, errs *diag.List) {
	now, err := schema.Parse([]byte(text.Text(s)))
	if err != nil {
		return // the runtime compares schemas that it cannot parse line by line
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

// locate returns the position of a change, and its field. The position of a
// removed field is that of its struct.
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
