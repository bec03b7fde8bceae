package directive

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/diag"
)

// MaxNumber is the largest field number, as in protobuf, which keeps some to
// itself.
const (
	MaxNumber       = 1<<29 - 1
	firstOfProtobuf = 19000
	lastOfProtobuf  = 19999
)

// FreeNumber returns the number after all that are used or, if that is none for
// a field, the smallest that is free.
func FreeNumber(used []int) int {
	n := slices.Max(append(used, 0)) + 1
	if n > MaxNumber {
		for n = 1; slices.Contains(used, n); n++ {
		}
	}
	if n >= firstOfProtobuf && n <= lastOfProtobuf {
		return lastOfProtobuf + 1
	}
	return n
}

func parseStore(d ast.Directive, errs *diag.List) *Store {
	args := parseArgs(d, []string{"key", "name", "type"}, nil, errs)
	s := &Store{Pos: d.Slash, Name: args["name"], Type: args["type"]}
	key, ok := args["key"]
	if !ok {
		errs.Add(d.Slash, "//committable:store needs key= with the fields of the key, as in key=ID")
	}
	s.Key = words(key)
	for _, w := range s.Key {
		if w.Descending {
			errs.Add(w.Pos-1, "keys ascend: leave out the minus, and add an index for another order")
		}
	}
	return s
}

func parseIndex(d ast.Directive, errs *diag.List) *Index {
	args := parseArgs(d, []string{"name", "on"}, []string{"unique"}, errs)
	name, named := args["name"]
	on, placed := args["on"]
	if !named || !placed {
		errs.Add(d.Slash, "//committable:index needs name= and on=, as in name=ByOwner on=Owner,-Opened")
		return nil
	}
	_, unique := args["unique"]
	return &Index{Pos: d.Slash, Name: name, On: words(on), Unique: unique}
}

func parseReserved(d ast.Directive, errs *diag.List) []Number {
	if d.Args == "" {
		errs.Add(d.Slash, "//committable:reserved needs the numbers of deleted fields, as in 4,7")
	}
	var numbers []Number
	for _, w := range words(Word{Pos: d.ArgsPos, Text: d.Args}) {
		if n, ok := parseNumber(w, errs); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func parseNumber(w Word, errs *diag.List) (Number, bool) {
	n, err := strconv.Atoi(w.Text)
	switch {
	case w.Descending || err != nil || w.Text != strconv.Itoa(n) || n < 1 || n > MaxNumber:
		errs.Add(w.Pos, "%q is not a field number from 1 to %d", w.String(), MaxNumber)
	case n >= firstOfProtobuf && n <= lastOfProtobuf:
		errs.Add(w.Pos, "field number %d: protobuf keeps 19000 to 19999 for itself", n)
	default:
		return Number{w.Pos, n}, true
	}
	return Number{}, false
}

// parseArgs returns the values of "key=value" arguments and of bare words, each
// legal and given once. The value of a key is at its own position, after the
// equals sign.
func parseArgs(d ast.Directive, keys, flags []string, errs *diag.List) map[string]Word {
	legal := append(append([]string{}, keys...), flags...)
	found := make(map[string]Word)
	for pos, field := range fields(d) {
		key, value, hasValue := strings.Cut(field, "=")
		_, repeated := found[key]
		switch {
		case !slices.Contains(legal, key):
			errs.Add(pos, "unknown argument %s of //committable:%s%s", key, d.Name, diag.Suggest(key, legal))
			continue
		case repeated:
			errs.Add(pos, "duplicate argument %s", key)
			continue
		case slices.Contains(keys, key) && value == "":
			errs.Add(pos, "%s needs a value, as in %s=...", key, key)
		case slices.Contains(flags, key) && hasValue:
			errs.Add(pos, "%s takes no value", key)
		}
		found[key] = Word{Pos: pos + token.Pos(len(key)+1), Text: value}
	}
	return found
}

// fields yields the words of the arguments with their positions.
func fields(d ast.Directive) func(yield func(token.Pos, string) bool) {
	return func(yield func(token.Pos, string) bool) {
		at := 0
		for f := range strings.FieldsSeq(d.Args) {
			at += strings.Index(d.Args[at:], f)
			if !yield(d.ArgsPos+token.Pos(at), f) {
				return
			}
			at += len(f)
		}
	}
}

// words splits a list at its commas. A missing word is there as an empty one,
// for which no field will be found.
func words(list Word) []Word {
	if list.Text == "" {
		return nil
	}
	var out []Word
	pos := list.Pos
	for text := range strings.SplitSeq(list.Text, ",") {
		trimmed, descending := strings.CutPrefix(text, "-")
		start := pos + token.Pos(len(text)-len(trimmed))
		space := len(trimmed) - len(strings.TrimLeft(trimmed, " \t"))
		out = append(out, Word{Pos: start + token.Pos(space), Text: strings.TrimSpace(trimmed), Descending: descending})
		pos += token.Pos(len(text) + 1)
	}
	return out
}
