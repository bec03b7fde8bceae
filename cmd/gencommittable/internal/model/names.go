package model

import (
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
)

// MaxName is the length of the longest name of a store: see merkle.CheckName.
const MaxName = 43

// The names of the generated types, constructor and file of a store.

// ViewType is the name of the view's type.
func (s *Store) ViewType() string { return s.Row.Name() + "View" }

// KeyType is the name of the struct of a composite key.
func (s *Store) KeyType() string { return s.Row.Name() + "Key" }

// Constructor is the name of the function that makes a store.
func (s *Store) Constructor() string {
	if token.IsExported(s.Type) {
		return "New" + s.Type
	}
	return "new" + Upper(s.Type)
}

// File is the name of the generated file.
func (s *Store) File() string { return Snake(s.Row.Name()) + "_committable.go" }

// Upper returns a name with its first letter in upper case.
func Upper(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

// Lower returns a name as an unexported one: id for ID, ownerID for OwnerID,
// urlPath for URLPath.
func Lower(name string) string {
	runes := []rune(name)
	for i := range runes {
		if i > 0 && (!unicode.IsUpper(runes[i]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}

// Words returns the words of a name in lower case: account entry for
// AccountEntry, ip block for IPBlock.
func Words(name string) string { return strings.ReplaceAll(Snake(name), "_", " ") }

// Snake returns the words of a name in lower case, with _ between them.
func Snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// fixedMethods are what every store or view has, and the fields of their types.
var fixedMethods = []string{
	"Store", "Get", "Has", "Len", "All", "Backward", "Range", "From", "Prefix", "Insert", "Put", "Update", "Delete", "Changes", "View", "Seq",
	"Name", "Begin", "BeginRecovery", "Commit", "Cancel", "Stage", "Redo", "Replay", "Snapshot", "Restore", "Schema", "Savepoint",
	"JournalRoot", "CommittedLen",
}

// names has the names that the stores of a package use.
type names struct {
	idents map[string]string // identifier or file → row
	stores map[string]string // name of a store → row
}

// claim checks that the generated names of a store are free, and takes them.
func (b *builder) claim(taken *names, s *Store, a *directive.Annotation) {
	if taken.idents == nil {
		taken.idents, taken.stores = make(map[string]string), make(map[string]string)
	}
	row := s.Row.Name()
	idents := []string{s.Type, s.Constructor(), s.ViewType()}
	if len(s.Key) > 1 {
		idents = append(idents, s.KeyType())
	}
	for _, ident := range idents {
		if _, declared := b.pkg.Declared(ident); declared {
			b.errs.Add(a.Store.Pos, "%s would be generated for %s, and this package declares it already: %s", ident, row, s.wayOut(ident))
		}
	}
	for _, ident := range append(idents, s.File(), strings.ToLower(row)) {
		if other, ok := taken.idents[ident]; ok {
			b.errs.Add(a.Store.Pos, "the stores of %s and %s would both need the name %s: %s", other, row, ident, s.wayOut(ident))
			break
		}
		taken.idents[ident] = row
	}
	if other, ok := taken.stores[s.Name]; ok {
		b.errs.Add(a.Store.Pos, "the stores of %s and %s would both register by the name %s: choose another with name=", other, row, s.Name)
	}
	taken.stores[s.Name] = row
	b.claimMethods(s, a)
}

// wayOut returns advice for a name that is taken.
func (s *Store) wayOut(ident string) string {
	if ident == s.Type || ident == s.Constructor() {
		return "choose another with type="
	}
	return "rename one of them"
}

func (b *builder) claimMethods(s *Store, a *directive.Annotation) {
	owner := make(map[string]string)
	for _, m := range fixedMethods {
		owner[m] = "every store"
	}
	for _, l := range Prefixes(s.Key) {
		owner["Prefix"+l.Suffix] = "the key"
	}
	for i, index := range s.Indexes {
		for _, m := range index.Methods() {
			if other, ok := owner[m]; ok {
				b.errs.Add(a.Indexes[i].Name.Pos, "index %s needs a method %s, which %s has; choose another name", index.Name, m, other)
				break
			}
			owner[m] = "index " + index.Name
		}
	}
}

// checkNames checks the names that a directive gives, and the type's where it
// is the name of the store, too.
func (b *builder) checkNames(d *directive.Store, row string) {
	if t := d.Type.Text; t != "" && (!token.IsIdentifier(t) || slices.Contains([]string{"_", "init", "main"}, t) || unusable(t)) {
		b.errs.Add(d.Type.Pos, "%q is not a name for a type", t)
	}
	name, at, wayOut := d.Name.Text, d.Name.Pos, ""
	if name == "" {
		name, at, wayOut = row, d.Pos, "; the type's does not do: add name="
	}
	bad := strings.IndexFunc(name, func(r rune) bool {
		return !strings.ContainsRune("-./_", r) && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})
	switch {
	case bad >= 0:
		if d.Name.Text != "" {
			at += token.Pos(bad)
		}
		b.errs.Add(at, "names of stores are made of ASCII letters, digits and -./_%s", wayOut)
	case len(name) > MaxName:
		b.errs.Add(at, "names of stores have at most %d bytes, and this one has %d%s", MaxName, len(name), wayOut)
	}
}

// locals are the variables of generated functions, whose bodies must be able to
// say the names of types and packages.
var locals = []string{
	"a", "b", "c", "d", "dst", "err", "i", "j", "k", "l", "m", "n", "o", "p", "prefix", "r", "s", "v",
}

// predeclared are the names of the language that generated code uses.
var predeclared = []string{
	"append", "bool", "byte", "error", "int", "int16", "int32", "int64", "int8", "len", "nil", "rune", "string", "true",
	"uint", "uint16", "uint32", "uint64", "uint8",
}

// Local reports whether generated functions have a variable of this name.
func Local(name string) bool { return slices.Contains(locals, name) }

// unusable reports whether generated code means something else by a name.
func unusable(name string) bool { return Local(name) || slices.Contains(predeclared, name) }

// checkPredeclared checks that the package does not redeclare predeclared names
// that generated code uses.
func (b *builder) checkPredeclared() {
	for _, name := range predeclared {
		if pos, ok := b.pkg.Declared(name); ok {
			b.errs.Add(pos, "generated code needs %s as Go declares it: choose another name here", name)
		}
	}
}

// Leading is a number of leading components of a key or an index, and what
// methods that take them add to their names.
type Leading struct {
	Count  int
	Suffix string
}

// Prefixes returns the proper prefixes of a key.
func Prefixes(key []*Field) []Leading {
	var out []Leading
	for n := 1; n < len(key); n++ {
		out = append(out, Leading{n, suffix(key[:n])})
	}
	return out
}

// suffix is empty for one field, and With and the names of the others for more.
func suffix(fields []*Field) string {
	if len(fields) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("With")
	for _, f := range fields[1:] {
		b.WriteString(Upper(f.Name))
	}
	return b.String()
}

func (i *Index) fields() []*Field {
	var out []*Field
	for _, c := range i.Components {
		out = append(out, c.Field)
	}
	return out
}

// Lookups returns the prefixes that methods of an index take, with the names of the
// methods. The method that takes all components of a unique index is not included.
func (i *Index) Lookups() []Leading {
	fields := i.fields()
	var out []Leading
	for n := 1; n <= len(fields); n++ {
		switch {
		case !i.Unique:
			out = append(out, Leading{n, suffix(fields[:n])})
		case n < len(fields):
			out = append(out, Leading{n, "Prefix" + suffix(fields[:n])})
		}
	}
	return out
}

// Ranges returns the prefixes after which a method bounds the next component.
func (i *Index) Ranges() []Leading {
	fields := i.fields()
	if len(fields) == 1 {
		return []Leading{{0, "Range"}}
	}
	var out []Leading
	for n := 1; n < len(fields); n++ {
		out = append(out, Leading{n, suffix(fields[:n]) + "Range"})
	}
	return out
}

// Methods returns the names of all methods of an index.
func (i *Index) Methods() []string {
	out := []string{i.Name, "All" + i.Name}
	for _, l := range slices.Concat(i.Lookups(), i.Ranges()) {
		if name := i.Name + l.Suffix; name != i.Name {
			out = append(out, name)
		}
	}
	return out
}
