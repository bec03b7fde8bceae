// Package model describes stores: row, fields with numbers and kinds, key and
// indexes, all checked. Schemas and code are generated from the model alone.
package model

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// Package is a package with stores.
type Package struct {
	Path, Name, Dir string
	Stores          []*Store // by the name of the row
	// Declared says whether the user's files declare a package-level name.
	Declared func(name string) bool
	Imported map[string]string // names of packages that rows can be made of, by path
}

// Store is one store.
type Store struct {
	Row      *Struct
	Name     string // that it registers by
	Doc      string // of the row, its first sentence
	Type     string // name of the store's type
	Key      []*Field
	KeyPos   token.Pos // of the key's fields in the directive
	Indexes  []*Index  // in the order of the source
	Validate bool      // the row has a Validate() error
}

// Struct is a struct that is stored: the row, or one nested in it.
type Struct struct {
	Named    *types.Named
	Fields   []*Field // all that are stored, in the order of the source
	Omitted  bool     // there are fields that are not stored
	Literal  []*Member
	Reserved []int // ascending
}

// Name is the name of the type, without its package. For an instance of a generic
// type the names of its arguments follow: PairStringInt.
func (s *Struct) Name() string { return InstanceName(s.Named) }

// InstanceName is the name of a type with those of its arguments.
func InstanceName(named *types.Named) string {
	var b strings.Builder
	b.WriteString(named.Obj().Name())
	for arg := range named.TypeArgs().Types() {
		writeArgument(&b, arg)
	}
	return b.String()
}

// writeArgument writes a type argument as a part of a name.
func writeArgument(b *strings.Builder, t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		b.WriteString(Upper(t.Obj().Name()))
	case *types.Named:
		b.WriteString(Upper(InstanceName(t)))
	case *types.Basic:
		b.WriteString(Upper(t.Name()))
	case *types.Pointer:
		b.WriteString("Pointer")
		writeArgument(b, t.Elem())
	case *types.Slice:
		b.WriteString("Slice")
		writeArgument(b, t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "Array%d", t.Len())
		writeArgument(b, t.Elem())
	case *types.Map:
		b.WriteString("Map")
		writeArgument(b, t.Key())
		writeArgument(b, t.Elem())
	}
}

// Member is a field as the type declares it, stored or not.
type Member struct {
	Name     string
	Embedded bool
	Field    *Field   // nil: not stored
	Expr     ast.Expr // type of a field that is not stored
	// Import returns the path of the package that a name in Expr stands for, and
	// Home that of the package which declares another name.
	Import func(name string) (path string, ok bool)
	Home   func(name string) (path string)
	// Argument returns what a type parameter in Expr stands for, nil for other
	// names.
	Argument func(name string) types.Type
}

// Field is a stored field.
type Field struct {
	Name   string
	Number int
	Type   *Type
	Max    int // longest string, slice or map; 0: not bounded

	Pos     token.Pos // of its name
	Counted bool      // no tag gives the number: it is the field's position
}

// Kind is how a type is stored.
type Kind int

// The kinds. Named types have the kind of what they are made of.
const (
	Invalid Kind = iota
	Bool
	Int    // Bits says which; a Duration is an Int of 64
	Uint   // Bits says which
	String // valid UTF-8
	Bytes  // []byte
	Fixed  // [Length]byte
	Time
	Message // Struct
	List    // a slice of Elem
	Array   // [Length]Elem
	Float   // Bits says which
	Pointer // to Elem: a field can be nil, in a List or a Map it is not
	Map     // from Key to Elem
	Binary  // encodes itself by AppendBinary or MarshalBinary
	Text    // encodes itself by AppendText or MarshalText
)

// Type is the type of a field or of an element.
type Type struct {
	Kind   Kind
	Go     types.Type
	Bits   int   // of Int, Uint and Float: 8 to 64; 0 is int and uint, which have 64 in encodings
	Length int   // of Fixed and Array
	Key    *Type // of Map
	Elem   *Type // of List, Array, Pointer and Map
	Struct *Struct
	// Appends says that a Binary or a Text has an Append method.
	Appends bool
}

// Index is one index.
type Index struct {
	Name       string
	Unique     bool
	Components []Component
}

// Component is a field in an index.
type Component struct {
	Field      *Field
	Descending bool
}

// Ordered reports whether values of the type can be part of a key.
func (t *Type) Ordered() bool {
	switch t.Kind {
	case Bool, Int, Uint, String, Fixed, Time:
		return true
	default:
		return false
	}
}

// Shared reports whether assignments of the type share memory, so that copies
// need more.
func (t *Type) Shared() bool {
	switch t.Kind {
	case Bytes, List, Pointer, Map:
		return true
	case Binary, Text:
		return !flat(t.Go)
	case Array:
		return t.Elem.Shared()
	case Message:
		for _, f := range t.Struct.Fields {
			if f.Type.Shared() {
				return true
			}
		}
	}
	return false
}

// flat reports whether a type shares no memory, whatever it is made of.
func flat(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.UnsafePointer
	case *types.Array:
		return flat(u.Elem())
	case *types.Struct:
		for v := range u.Fields() {
			if !flat(v.Type()) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Comparable reports whether == is true exactly for values with equal encodings. It
// is false for types that encode themselves.
func (t *Type) Comparable() bool {
	switch t.Kind {
	case Message:
		return t.Struct.Comparable()
	case Binary, Text:
		return false
	}
	return !t.Shared() && (t.Elem == nil || t.Elem.Comparable())
}

// Comparable reports whether == is true exactly for structs with equal encodings.
func (s *Struct) Comparable() bool {
	for _, f := range s.Fields {
		if !f.Type.Comparable() {
			return false
		}
	}
	return !s.Omitted
}
