// Package diag collects what is wrong with the user's source, so that all of it
// can be reported at once, in the order of the source, each error as
// "file:line:col: message".
package diag

import (
	"cmp"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// List is the errors of one run.
type List struct {
	fset *token.FileSet
	errs []entry
}

type entry struct {
	pos     token.Position
	message string
}

// New returns an empty list; fset knows the positions.
func New(fset *token.FileSet) *List { return &List{fset: fset} }

// Add adds an error at a position in the source.
func (l *List) Add(pos token.Pos, format string, args ...any) {
	l.AddAt(l.fset.Position(pos), format, args...)
}

// AddAt adds an error in a file that is not in the file set.
func (l *List) AddAt(pos token.Position, format string, args ...any) {
	l.errs = append(l.errs, entry{pos, fmt.Sprintf(format, args...)})
}

// Empty reports whether nothing is wrong.
func (l *List) Empty() bool { return len(l.errs) == 0 }

// Text returns the errors in the order of the source, each once and on a line,
// with file names relative to dir where they are below it.
func (l *List) Text(dir string) string {
	slices.SortStableFunc(l.errs, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(a.pos.Filename, b.pos.Filename),
			cmp.Compare(a.pos.Line, b.pos.Line),
			cmp.Compare(a.pos.Column, b.pos.Column),
			cmp.Compare(a.message, b.message),
		)
	})
	lines := make([]string, 0, len(l.errs))
	for _, e := range l.errs {
		e.pos.Filename = relative(dir, e.pos.Filename)
		lines = append(lines, e.pos.String()+": "+e.message)
	}
	return strings.Join(slices.Compact(lines), "\n")
}

func relative(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	if err != nil || strings.HasPrefix(rel, "..") {
		return file
	}
	return rel
}
