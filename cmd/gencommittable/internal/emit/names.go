package emit

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// names gives every generated function of a package a name that nothing else
// has.
type names struct {
	pkg   *model.Package
	taken map[string]bool
	given map[string]string // what it is for → name
}

func newNames(pkg *model.Package) *names {
	n := &names{pkg: pkg, taken: make(map[string]bool), given: make(map[string]string)}
	for _, s := range pkg.Stores {
		for _, name := range []string{s.Type, s.Constructor(), s.ViewType(), s.KeyType()} {
			n.taken[name] = true
		}
	}
	return n
}

// of returns the name for a purpose, always the same one: the wish, or the wish
// with a number.
func (n *names) of(purpose, wish string) string {
	if name, ok := n.given[purpose]; ok {
		return name
	}
	name := wish
	for i := 2; n.taken[name] || n.pkg.Declared(name); i++ {
		name = fmt.Sprintf("%s%d", wish, i)
	}
	n.taken[name], n.given[purpose] = true, name
	return name
}

// function returns the name of a function of the store, such as
// appendAccountKey for ("append", "Key").
func (w *writer) function(verb, what string) string {
	row := w.store.Row.Name()
	return w.names.of(strings.Join([]string{row, verb, what}, " "), verb+model.Upper(row)+what)
}

// structFunction returns the name of a function for the row or a struct in it,
// such as appendAccountAddress.
func (w *writer) structFunction(verb string, s *model.Struct) string {
	if s == w.store.Row {
		return w.function(verb, "")
	}
	row := w.store.Row.Name()
	purpose := strings.Join([]string{row, verb, s.Named.String()}, " ")
	return w.names.of(purpose, verb+model.Upper(row)+model.Upper(s.Name()))
}

// reservedParams are names that a parameter must not hide or repeat.
var reservedParams = []string{
	"s", "v", "from", "to", "key", "row", "fn", "prefix", "components",
	"time", "iter", "slices", "maps", "cmp", "bytes", "encoding", "codec", "gencode", "committable",
}

// newParams names the parameters that take the values of fields.
func newParams(fields []*model.Field) map[*model.Field]string {
	params, taken := make(map[*model.Field]string), make(map[string]bool)
	for _, f := range fields {
		wish := model.Lower(f.Name)
		if token.IsKeyword(wish) || slices.Contains(reservedParams, wish) || types.Universe.Lookup(wish) != nil {
			wish += "Value"
		}
		name := wish
		for i := 2; taken[name]; i++ {
			name = fmt.Sprintf("%s%d", wish, i)
		}
		params[f], taken[name] = name, true
	}
	return params
}

// noun is a row's name in comments.
type noun struct {
	one, a, many string
}

func newNoun(row string) noun {
	one := model.Words(row)
	n := noun{one: one, a: "a " + one, many: one + "s"}
	if strings.ContainsRune("aeio", rune(one[0])) || strings.HasPrefix(one, "up") ||
		strings.HasPrefix(one, "un") && !strings.HasPrefix(one, "uni") {
		n.a = "an " + one
	}
	switch last := one[len(one)-1]; {
	case last == 'y' && len(one) > 1 && !strings.ContainsRune("aeiou", rune(one[len(one)-2])):
		n.many = one[:len(one)-1] + "ies"
	case last == 's', last == 'x', last == 'z', strings.HasSuffix(one, "ch"), strings.HasSuffix(one, "sh"):
		n.many = one + "es"
	}
	return n
}

// list joins the names of fields as in English.
func list(fields []*model.Field) string {
	var parts []string
	for _, f := range fields {
		parts = append(parts, f.Name)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
