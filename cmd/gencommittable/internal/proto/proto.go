// Package proto writes what rows look like as protocol buffers, so that programs
// in any language read them.
//
// There is one file for a package, with a message for each stored struct. What
// the encoding puts around a list, an array or a map that is not a field by
// itself is a message nested in that of its field, as is the entry of a map that
// protobuf has no type for.
package proto

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// Name returns the name of a package's file.
func Name(pkg *model.Package) string { return pkg.Name + "_committable.proto" }

// File returns the file of a package.
func File(pkg *model.Package) []byte {
	w := &writer{pkg: pkg, names: make(map[string]string), taken: make(map[string]bool)}
	for _, s := range pkg.Stores {
		w.collect(s.Row)
	}
	fmt.Fprintf(&w.b, "%s\n\n// Rows of the stores of package %s.\n//\n"+
		"// What makes their encoding canonical stands in docs/reference/encoding.md of\n// github.com/gencommittable/gencommittable.\n\nsyntax = \"proto3\";\n\npackage %s;\n", load.Header, pkg.Path, identifier(pkg.Name, "rows"))
	for _, s := range w.structs {
		w.message(s)
	}
	if w.timeName != "" {
		fmt.Fprintf(&w.b, "\n// %s is an instant, since 1970-01-01T00:00:00Z.\nmessage %[1]s {\n  sint64 seconds = 1;\n  uint32 nanos = 2;\n}\n", w.timeName)
	}
	return []byte(w.b.String())
}

// writer writes the file of one package.
type writer struct {
	b        strings.Builder
	pkg      *model.Package
	structs  []*model.Struct   // in the order of their first use
	names    map[string]string // of messages, by type
	taken    map[string]bool
	timeName string // empty: no row has a time
}

// collect finds the structs of a row and gives them names.
func (w *writer) collect(s *model.Struct) {
	identity := types.TypeString(s.Named, nil)
	if w.names[identity] != "" {
		return
	}
	name := model.Upper(s.Name())
	if owner := s.Named.Obj().Pkg(); owner.Path() != w.pkg.Path {
		name = model.Upper(owner.Name()) + name
	}
	w.names[identity] = w.unused(identifier(name, "Message"))
	w.structs = append(w.structs, s)
	for _, f := range s.Fields {
		w.collectType(f.Type)
	}
}

func (w *writer) collectType(t *model.Type) {
	switch {
	case t.Kind == model.Message:
		w.collect(t.Struct)
	case t.Kind == model.Time && w.timeName == "":
		w.timeName = w.unused("Time")
	}
	for _, inner := range []*model.Type{t.Key, t.Elem} {
		if inner != nil {
			w.collectType(inner)
		}
	}
}

// unused returns a name, with a number if it is taken.
func (w *writer) unused(name string) string {
	free := name
	for i := 2; w.taken[free]; i++ {
		free = fmt.Sprintf("%s%d", name, i)
	}
	w.taken[free] = true
	return free
}

func (w *writer) message(s *model.Struct) {
	m := &message{writer: w, nested: make(map[string]bool)}
	fields := fieldNames(s.Fields)
	for _, f := range slices.SortedFunc(slices.Values(s.Fields), func(a, b *model.Field) int { return a.Number - b.Number }) {
		m.field(fields[f], f.Number, f.Type, identifier(model.Upper(f.Name), "Field"))
	}
	name := w.names[types.TypeString(s.Named, nil)]
	fmt.Fprintf(&w.b, "\n%smessage %s {\n", w.comment(s, name), name)
	if len(s.Reserved) > 0 {
		numbers := strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Reserved), " ", ", "), "[]")
		fmt.Fprintf(&w.b, "  reserved %s;\n", numbers)
	}
	for _, line := range slices.Concat(m.inner, m.lines) {
		fmt.Fprintf(&w.b, "  %s\n", line)
	}
	w.b.WriteString("}\n")
}

// comment says whose rows a message is.
func (w *writer) comment(s *model.Struct, name string) string {
	for _, store := range w.pkg.Stores {
		if store.Row.Named == s.Named {
			var key []string
			for _, f := range store.Key {
				key = append(key, f.Name)
			}
			return fmt.Sprintf("// %s is a row of the store %s, whose key is %s.\n", name, store.Name, strings.Join(key, ", "))
		}
	}
	return ""
}

// message is one that is being written.
type message struct {
	*writer
	nested map[string]bool // names of the messages in it
	inner  []string        // lines of these
	lines  []string        // of its own fields
}

// field adds a field. The path names what is nested for it.
func (m *message) field(name string, number int, t *model.Type, path string) {
	m.lines = append(m.lines, fmt.Sprintf("%s %s = %d;", m.fieldType(t, path), name, number))
}

func (m *message) fieldType(t *model.Type, path string) string {
	switch t.Kind {
	case model.List, model.Array:
		return "repeated " + m.single(t.Elem, path+"Element")
	case model.Map:
		if key, ok := mapKey(t.Key); ok && !wrapped(t.Elem) {
			return fmt.Sprintf("map<%s, %s>", key, m.single(t.Elem, path+"Value"))
		}
		return "repeated " + m.entry(t, path)
	case model.Pointer:
		one := m.single(t.Elem, path+"Value")
		if t.Elem.Kind == model.Message || t.Elem.Kind == model.Time || wrapped(t.Elem) {
			return one // messages tell whether they are there
		}
		return "optional " + one
	default:
		return m.single(t, path)
	}
}

// single returns the type of one value, which may need a message around it.
func (m *message) single(t *model.Type, path string) string {
	switch t.Kind {
	case model.Bool:
		return "bool"
	case model.Int:
		return width("sint32", "sint64", t.Bits)
	case model.Uint:
		return width("uint32", "uint64", t.Bits)
	case model.Float:
		return width("float", "double", t.Bits)
	case model.String, model.Text:
		return "string"
	case model.Time:
		return m.timeName
	case model.Message:
		return m.names[types.TypeString(t.Struct.Named, nil)]
	case model.Pointer: // an element, which is always there
		return m.single(t.Elem, path)
	case model.List, model.Array, model.Map:
		return m.wrapper(t, path)
	default:
		return "bytes"
	}
}

// width is a type of 32 bits or of 64; a size of 0 stands for 64.
func width(narrow, wide string, bits int) string {
	if bits > 0 && bits <= 32 {
		return narrow
	}
	return wide
}

// wrapper nests the message around a list, an array or a map.
func (m *message) wrapper(t *model.Type, path string) string {
	return m.nest(path, func(in *message) { in.field("elements", 1, t, path) })
}

// entry nests the message of a map's entry.
func (m *message) entry(t *model.Type, path string) string {
	return m.nest(path+"Entry", func(in *message) {
		in.field("key", 1, present(t.Key), path+"Key")
		in.field("value", 2, present(t.Elem), path)
	})
}

// nest adds a message inside. Those that it needs itself stand beside it.
func (m *message) nest(name string, fill func(in *message)) string {
	free := name
	for i := 2; m.nested[free] || m.taken[free]; i++ {
		free = fmt.Sprintf("%s%d", name, i)
	}
	m.nested[free] = true
	in := &message{writer: m.writer, nested: m.nested}
	fill(in)
	m.inner = append(m.inner, in.inner...)
	m.inner = append(m.inner, "message "+free+" {")
	for _, line := range in.lines {
		m.inner = append(m.inner, "  "+line)
	}
	m.inner = append(m.inner, "}")
	return free
}

// present is a type whose values are there even if they are zero.
func present(t *model.Type) *model.Type {
	if t.Kind == model.Pointer {
		return t
	}
	return &model.Type{Kind: model.Pointer, Elem: t}
}

// wrapped reports whether a type that is not a field by itself has a message
// around it.
func wrapped(t *model.Type) bool {
	return t.Kind == model.List || t.Kind == model.Array || t.Kind == model.Map
}

// mapKey returns the type of a key that protobuf's maps can have.
func mapKey(t *model.Type) (string, bool) {
	switch t.Kind {
	case model.Bool:
		return "bool", true
	case model.Int:
		return width("sint32", "sint64", t.Bits), true
	case model.Uint:
		return width("uint32", "uint64", t.Bits), true
	case model.String:
		return "string", true
	default:
		return "", false
	}
}

// fieldNames returns the names of fields as protobuf writes them, or as Go does
// where two would be the same.
func fieldNames(fields []*model.Field) map[*model.Field]string {
	count := make(map[string]int)
	for _, f := range fields {
		count[jsonName(model.Snake(f.Name))]++
	}
	names := make(map[*model.Field]string)
	for _, f := range fields {
		name := model.Snake(f.Name)
		if count[jsonName(name)] > 1 {
			name = f.Name
		}
		names[f] = identifier(name, fmt.Sprintf("field_%d", f.Number))
	}
	return names
}

// jsonName is what protobuf compares names by.
func jsonName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// identifier returns a name, or another one if protobuf would refuse it.
func identifier(name, other string) string {
	for i, r := range name {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return other
		}
	}
	return name
}
