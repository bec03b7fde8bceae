package directive

import (
	"go/ast"
	"go/token"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/diag"
)

// Tag is what the tag of a field says: `committable:"-"`, `committable:"3"`,
// `committable:"3,max=64"`, `committable:",float"`, `committable:",text"`.
type Tag struct {
	Pos    token.Pos // of the value, between the quotes
	Omit   bool
	Number Number // value 0: not given
	Max    Number // value 0: not given
	Float  Option // floats may be stored
	Text   Option // types are stored by their MarshalText encoding
}

// Option is an option of a tag that is there or not.
type Option struct {
	Pos   token.Pos
	Given bool
}

// options are all that can follow the number in a tag.
var options = []string{"max=N", "float", "text"}

var (
	// tagValues matches the values in a tag, and what is left are its keys.
	tagValues = regexp.MustCompile(`:"(?:[^"\\]|\\.)*"`)
	// almostKey matches keys that were probably meant for us.
	almostKey = regexp.MustCompile(`(?i)\bcom+it+[ai]ble\b`)
)

// Omitted reports whether a tag leaves its field out, without looking for
// errors.
func Omitted(field *ast.Field) bool {
	value, _, ok := tagValue(field.Tag)
	return ok && value == "-"
}

// ParseTag reads the tag of a field. A field without one has a zero Tag.
func ParseTag(field *ast.Field, errs *diag.List) Tag {
	if field.Tag == nil {
		return Tag{}
	}
	value, pos, ok := tagValue(field.Tag)
	if !ok {
		if almostKey.MatchString(tagValues.ReplaceAllString(field.Tag.Value, "")) {
			errs.Add(field.Tag.Pos(), "the tag is not well formed: write `%s:\"3\"`, in lower case and without spaces", Tool)
		}
		return Tag{}
	}
	tag := Tag{Pos: pos, Omit: value == "-"}
	if tag.Omit {
		return tag
	}
	for i, w := range words(Word{Pos: pos, Text: value}) {
		limit, bounded := strings.CutPrefix(w.Text, "max=")
		switch {
		case i == 0 && w.Descending && w.Text == "":
			errs.Add(w.Pos-1, "a field is left out with `%s:\"-\"`, and nothing else in the tag", Tool)
			return tag
		case i == 0 && w.Text == "" && len(value) > 1: // ",max=64"
		case bounded && tag.Max.Value != 0:
			errs.Add(w.Pos, "duplicate option max")
		case bounded:
			n, err := strconv.Atoi(limit)
			if err != nil || n < 1 {
				errs.Add(w.Pos, "max= needs a length of at least 1, as in max=64")
				continue
			}
			tag.Max = Number{w.Pos, n}
		case w.Text == "float":
			tag.Float = w.option("float", tag.Float, errs)
		case w.Text == "text":
			tag.Text = w.option("text", tag.Text, errs)
		case i == 0:
			tag.Number, _ = parseNumber(w, errs)
		default:
			errs.Add(w.Pos, "unknown option %q%s", w.Text, diag.Suggest(w.Text, options))
		}
	}
	return tag
}

// option returns an option that must not be there yet.
func (w Word) option(name string, before Option, errs *diag.List) Option {
	if before.Given {
		errs.Add(w.Pos, "duplicate option %s", name)
	}
	return Option{w.Pos, true}
}

// tagValue returns the value under our key and its position. In a tag that is
// not a raw string, escapes can put the position off by a few columns.
func tagValue(lit *ast.BasicLit) (value string, pos token.Pos, ok bool) {
	if lit == nil {
		return "", token.NoPos, false
	}
	tag, err := strconv.Unquote(lit.Value)
	if err != nil {
		return "", token.NoPos, false
	}
	value, ok = reflect.StructTag(tag).Lookup(Tool)
	at := strings.Index(lit.Value, Tool+":")
	return value, lit.Pos() + token.Pos(at+len(Tool+`:"`)), ok
}
