// Package directive reads the comments that describe a store,
//
//	//committable:store key=A,B [name=accounts] [type=AccountStore]
//	//committable:index name=N on=Field,-Field [unique]
//	//committable:reserved 4,7
//
// and the tags of fields, `committable:"3,max=64"`. Everything has its
// position. What looks like a directive and is none is an error, because a
// store that is silently not generated is worse.
package directive

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/diag"
)

// Tool is what the directives begin with, and the key of field tags.
const Tool = "committable"

// Annotation is what the directives above one type say.
type Annotation struct {
	Spec     *ast.TypeSpec
	Doc      *ast.CommentGroup
	Store    *Store // nil: the type is not a row
	Indexes  []*Index
	Reserved []Number
}

// Store is a //committable:store directive.
type Store struct {
	Pos  token.Pos
	Key  []Word
	Name Word // empty text: not given
	Type Word // empty text: not given
}

// Index is a //committable:index directive.
type Index struct {
	Pos    token.Pos
	Name   Word
	On     []Word
	Unique bool
}

// Word is a piece of an argument.
type Word struct {
	Pos        token.Pos
	Text       string
	Descending bool // a minus stood before it
}

// String returns the word as it stands in the source.
func (w Word) String() string {
	if w.Descending {
		return "-" + w.Text
	}
	return w.Text
}

// Number is a field number.
type Number struct {
	Pos   token.Pos
	Value int
}

var verbs = []string{"store", "index", "reserved"}

// almost matches comments that were probably meant to be directives. Without a
// colon before the verb it takes an argument to tell one from a sentence.
var almost = regexp.MustCompile(
	`(?i)^/[/*][ \t+*]*com+it+[ai]ble(?::(store|index|reserved)\b|[: \t]+(store|index)\b.*\b(?:key|on)=)`)

// mention matches where a directive, or almost one, may begin.
var mention = regexp.MustCompile(`(?i)/[/*][ \t+*]*com+it+[ai]ble[: \t]`)

// Mentioned reports whether a source may have directives in it, without parsing
// it.
func Mentioned(src []byte) bool { return mention.Match(src) }

// Find returns the annotations of a file in the order of the source.
func Find(file *ast.File, errs *diag.List) []*Annotation {
	owners := make(map[*ast.CommentGroup]*ast.TypeSpec)
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, s := range gen.Specs {
			spec := s.(*ast.TypeSpec)
			switch {
			case spec.Doc != nil:
				owners[spec.Doc] = spec
			case gen.Doc != nil && !gen.Lparen.IsValid():
				owners[gen.Doc] = spec
			}
		}
	}
	var found []*Annotation
	for _, group := range file.Comments {
		var a *Annotation
		for _, comment := range group.List {
			d, ok := ast.ParseDirective(comment.Slash, comment.Text)
			if !ok || d.Tool != Tool {
				if m := almost.FindStringSubmatch(comment.Text); m != nil {
					errs.Add(comment.Slash, "malformed directive: write it as //%s:%s, in lower case and without a space",
						Tool, strings.ToLower(m[1]+m[2]))
				}
				continue
			}
			spec := owners[group]
			if spec == nil {
				errs.Add(comment.Slash, "this directive has no type: put it directly above a type declaration, without a blank line between")
				continue
			}
			if a == nil {
				a = &Annotation{Spec: spec, Doc: group}
				found = append(found, a)
			}
			a.add(d, errs)
		}
		if a != nil && a.Store == nil && len(a.Reserved) > 0 {
			if _, ok := ast.Unparen(a.Spec.Type).(*ast.StructType); !ok {
				errs.Add(a.Reserved[0].Pos, "only structs have reserved numbers, and %s is not a struct", a.Spec.Name.Name)
			}
		}
		if a != nil && a.Store == nil && len(a.Indexes) > 0 {
			errs.Add(a.Indexes[0].Pos, "type %s has an index and no store: add //committable:store key=...", a.Spec.Name.Name)
		}
	}
	return found
}

func (a *Annotation) add(d ast.Directive, errs *diag.List) {
	switch d.Name {
	case "store":
		s := parseStore(d, errs)
		if a.Store != nil {
			errs.Add(d.Slash, "type %s has a //committable:store already", a.Spec.Name.Name)
			return
		}
		a.Store = s
	case "index":
		if i := parseIndex(d, errs); i != nil {
			a.Indexes = append(a.Indexes, i)
		}
	case "reserved":
		a.Reserved = append(a.Reserved, parseReserved(d, errs)...)
	default:
		errs.Add(d.Slash+token.Pos(len("//"+Tool+":")), "unknown directive %s%s", d.Name, diag.Suggest(d.Name, verbs))
	}
}
