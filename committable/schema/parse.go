package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The fixed parts of the text.
const (
	header    = "committable schema 1"
	step      = "  " // of indentation
	separator = ", "
)

// maxNumber is the largest field number.
const maxNumber = 1<<29 - 1

// maxDepth is how deep types may be nested. The limit keeps a hostile text from
// exhausting the stack.
const maxDepth = 256

// ParseError reports why a text is not a schema.
type ParseError struct {
	Line   int // from 1
	Reason string
}

// Error returns the line and the reason.
func (e *ParseError) Error() string {
	return fmt.Sprintf("schema: line %d: %s", e.Line, e.Reason)
}

// Parse parses the text of a schema. The String method of the result returns the
// same text. The error is a *ParseError.
func Parse(text []byte) (*Schema, error) {
	p := &parser{lines: strings.Split(string(text), "\n")}
	s := p.schema()
	if p.err != nil {
		return nil, p.err
	}
	return s, nil
}

// parser reads lines. It keeps the first fault.
type parser struct {
	lines []string // the last one is the text after the last newline
	at    int      // index of the current line
	err   *ParseError
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &ParseError{Line: p.at + 1, Reason: fmt.Sprintf(format, args...)}
	}
}

// line returns the current line without a prefix, if it has that prefix. The text
// after the last newline is not a line.
func (p *parser) line(prefix string) (rest string, ok bool) {
	if p.err != nil || p.at >= len(p.lines)-1 {
		return "", false
	}
	return strings.CutPrefix(p.lines[p.at], prefix)
}

func (p *parser) schema() *Schema {
	if rest, ok := p.line(header); !ok || rest != "" {
		p.fail("a schema must begin with the line %q", header)
		return nil
	}
	p.at++
	s := &Schema{Row: p.fields("", 0)}
	s.Key = p.key(s.Row)
	s.Indexes = p.indexes(s.Row)
	p.reserved(s.Row, "")
	if p.err == nil && (p.at != len(p.lines)-1 || p.lines[p.at] != "") {
		p.fail("unexpected line %q; the order is fields, key, indexes and reserved numbers, and each line ends with a newline", p.lines[p.at])
	}
	return s
}

// fields reads the fields of a row or a message.
func (p *parser) fields(indent string, depth int) *Struct {
	s := &Struct{}
	names := make(map[string]bool)
	for {
		rest, ok := p.line(indent)
		if !ok || rest == "" || rest[0] < '0' || rest[0] > '9' {
			break
		}
		f := p.field(rest, depth)
		switch {
		case f == nil:
			return s
		case len(s.Fields) > 0 && s.Fields[len(s.Fields)-1].Number >= f.Number:
			p.fail("field %d must come before field %d, without duplicates", f.Number, s.Fields[len(s.Fields)-1].Number)
		case names[f.Name]:
			p.fail("duplicate field %s", f.Name)
		}
		names[f.Name] = true
		s.Fields = append(s.Fields, f)
		p.at++
		if inner := f.Type.innermost(); inner.Kind == Message {
			inner.Struct = p.fields(indent+step, depth+1)
			p.reserved(inner.Struct, indent+step)
		}
	}
	if len(s.Fields) == 0 {
		p.fail("missing field; expected %snumber, name and type", indent)
	}
	return s
}

// field reads "number name type".
func (p *parser) field(line string, depth int) *Field {
	digits, rest, _ := strings.Cut(line, " ")
	name, typ, _ := strings.Cut(rest, " ")
	number, ok := parseNumber(digits, 1, maxNumber)
	switch {
	case !ok:
		p.fail("%q is not a field number from 1 to %d", digits, maxNumber)
		return nil
	case !isName(name):
		p.fail("%q is not the name of a field", name)
		return nil
	}
	t, err := parseFieldType(typ, depth)
	if err != nil {
		p.fail("field %s: %s", name, err)
		return nil
	}
	return &Field{Number: number, Name: name, Type: t}
}

// key reads the line of the key.
func (p *parser) key(row *Struct) (key []*Field) {
	rest, ok := p.line("key ")
	if !ok {
		p.fail("missing line of the key")
		return nil
	}
	length := 0
	for _, name := range strings.Split(rest, separator) {
		f := p.ordered(row, name, "key")
		if p.err != nil {
			return nil
		}
		if length += f.Type.Length; length > maxLength {
			p.fail("the key has more than %d bytes", maxLength)
		}
		if slices.Contains(key, f) {
			p.fail("duplicate field %s in the key", name)
		}
		key = append(key, f)
	}
	p.at++
	return key
}

// indexes reads the lines of the indexes.
func (p *parser) indexes(row *Struct) (list []Index) {
	for {
		rest, ok := p.line("index ")
		if !ok {
			return list
		}
		name, on, ok := strings.Cut(rest, " on ")
		if !ok || !isName(name) {
			p.fail("%q is not an index; expected a name, on, and fields", rest)
			return list
		}
		if len(list) > 0 && list[len(list)-1].Name >= name {
			p.fail("index %s must come before %s, without duplicates", name, list[len(list)-1].Name)
		}
		index := Index{Name: name}
		// A field named unique has a comma before it.
		if fields, cut := strings.CutSuffix(on, " unique"); cut && !strings.HasSuffix(fields, ",") {
			on, index.Unique = fields, true
		}
		for _, component := range strings.Split(on, separator) {
			name, descending := strings.CutPrefix(component, "-")
			f := p.ordered(row, name, "index")
			if slices.ContainsFunc(index.Components, func(c Component) bool { return c.Field == f }) {
				p.fail("duplicate field %s in the index", name)
			}
			index.Components = append(index.Components, Component{f, descending})
		}
		list = append(list, index)
		p.at++
	}
}

// ordered returns a field of the row that a key or an index names.
func (p *parser) ordered(row *Struct, name, where string) *Field {
	f := row.named(name)
	switch {
	case f == nil:
		p.fail("the %s has %q, which is not a field of the row", where, name)
	case !f.Type.Ordered():
		p.fail("the %s has %s, but a %s has no order", where, name, f.Type)
	}
	return f
}

// reserved reads the line of reserved numbers, if there is one.
func (p *parser) reserved(s *Struct, indent string) {
	rest, ok := p.line(indent + "reserved ")
	if !ok {
		return
	}
	for _, digits := range strings.Split(rest, separator) {
		n, ok := parseNumber(digits, 1, maxNumber)
		switch {
		case !ok:
			p.fail("%q is not a field number from 1 to %d", digits, maxNumber)
		case len(s.Reserved) > 0 && s.Reserved[len(s.Reserved)-1] >= n:
			p.fail("reserved numbers must ascend, but %d does not", n)
		case s.Field(n) != nil:
			p.fail("number %d is reserved, but %s has it", n, s.Field(n).Name)
		}
		s.Reserved = append(s.Reserved, n)
	}
	p.at++
}

// parseNumber parses a decimal number without leading zeros or a plus.
func parseNumber(s string, least, most int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && strconv.Itoa(n) == s && n >= least && n <= most
}

// isName reports whether s is a Go identifier.
func isName(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}
