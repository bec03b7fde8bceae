package model

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/directive"
)

// place is what to blame for a type, and what surrounds it.
type place struct {
	pos   token.Pos
	field string
	tag   *directive.Tag // of the field; nil if its options do not reach here
	used  *options       // which of them did anything
	in    container
}

// options are the options of a tag that change how types are stored.
type options struct{ float, text bool }

// container is what a type is an element of.
type container int

const (
	inField container = iota
	inPointer
	inList
	inArray
	inMap
	inKey // of a map
)

func (at place) inside(c container) place {
	at.in = c
	if c == inKey {
		at.tag = nil // options are about values
	}
	return at
}

// typeOf says how a type is stored. It returns an Invalid one after it has
// added an error.
func (b *builder) typeOf(t types.Type, at place) *Type {
	out := &Type{Go: t}
	if !b.reachable(t, at) {
		return out
	}
	named, _ := types.Unalias(t).(*types.Named)
	if isTime(named) {
		out.Kind = Time
		return out
	}
	if kind := b.encodesItself(named, at); kind != Invalid {
		if at.in == inArray {
			return b.refuse(at, "arrays of types that encode themselves are not stored: use a slice")
		}
		out.Kind, out.Appends = kind, appends(named, kind)
		return out
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return b.basic(out, u, at)
	case *types.Slice:
		if isByte(u.Elem()) {
			out.Kind = Bytes
			return out
		}
		out.Elem = b.typeOf(u.Elem(), at.inside(inList))
		out.Kind = unless(out.Elem, List)
	case *types.Array:
		out.Length = int(u.Len())
		if out.Length == 0 {
			return b.refuse(at, "an array of length 0 holds nothing")
		}
		if isByte(u.Elem()) {
			out.Kind = Fixed
			return out
		}
		out.Elem = b.typeOf(u.Elem(), at.inside(inArray))
		out.Kind = unless(out.Elem, Array)
	case *types.Struct:
		return b.message(out, named, at)
	case *types.Pointer:
		return b.pointer(out, u, at)
	case *types.Map:
		return b.mapOf(out, u, at)
	case *types.Interface:
		return b.refuse(at, "interfaces are not stored: use a type that says what is in it")
	case *types.Signature:
		return b.refuse(at, "functions are not stored")
	case *types.Chan:
		return b.refuse(at, "channels are not stored")
	default:
		return b.refuse(at, "%s is not stored", t)
	}
	return out
}

// unless returns a kind, or Invalid if the element is.
func unless(elem *Type, k Kind) Kind {
	if elem.Kind == Invalid {
		return Invalid
	}
	return k
}

// pointer is a field that can be missing, or an element that may not.
func (b *builder) pointer(out *Type, u *types.Pointer, at place) *Type {
	if _, named := types.Unalias(out.Go).(*types.Named); named {
		return b.refuse(at, "pointer types with a name are not stored: write the pointer out")
	}
	switch at.in {
	case inPointer:
		return b.refuse(at, "pointers to pointers are not stored: one is enough for a value that can be missing")
	case inArray:
		return b.refuse(at, "arrays of pointers are not stored: use a slice, or the values themselves")
	}
	out.Elem = b.typeOf(u.Elem(), at.inside(inPointer))
	out.Kind = unless(out.Elem, Pointer)
	if at.in == inField || out.Kind == Invalid {
		return out
	}
	switch out.Elem.Kind {
	case Message, Binary, Text:
		return out
	default:
		return b.refuse(at, "in slices and maps, pointers are stored to structs and to types that encode themselves: use the values themselves")
	}
}

func (b *builder) mapOf(out *Type, u *types.Map, at place) *Type {
	const keys = "keys of maps are bools, integers, strings, [N]byte, time.Time, and types made of these"
	if basic, ok := u.Key().Underlying().(*types.Basic); ok && basic.Info()&types.IsFloat != 0 {
		return b.refuse(at, keys)
	}
	out.Key = b.typeOf(u.Key(), at.inside(inKey))
	if out.Key.Kind != Invalid && !out.Key.Ordered() {
		return b.refuse(at, keys)
	}
	out.Elem = b.typeOf(u.Elem(), at.inside(inMap))
	out.Kind = unless(out.Key, unless(out.Elem, Map))
	return out
}

func (b *builder) basic(out *Type, u *types.Basic, at place) *Type {
	switch u.Kind() {
	case types.Invalid:
		return out // reported when its name was resolved
	case types.Bool:
		out.Kind = Bool
	case types.Int, types.Int8, types.Int16, types.Int32, types.Int64:
		out.Kind, out.Bits = Int, bits(u)
	case types.Uint, types.Uint8, types.Uint16, types.Uint32, types.Uint64:
		out.Kind, out.Bits = Uint, bits(u)
	case types.String:
		out.Kind = String
	case types.Float32, types.Float64:
		if at.tag == nil || !at.tag.Float.Given {
			return b.refuse(at, "floats can differ between machines: use an integer of a smaller unit, such as cents; "+
				"if yours do not, say so with `committable:\",float\"`")
		}
		at.used.float = true
		out.Kind, out.Bits = Float, bits(u)
	case types.Complex64, types.Complex128:
		return b.refuse(at, "complex numbers are not stored: use two integers")
	case types.Uintptr:
		return b.refuse(at, "uintptr means nothing after a restart: use uint64")
	default:
		return b.refuse(at, "%s is not stored", u)
	}
	return out
}

func bits(u *types.Basic) int {
	switch u.Kind() {
	case types.Int8, types.Uint8:
		return 8
	case types.Int16, types.Uint16:
		return 16
	case types.Int32, types.Uint32, types.Float32:
		return 32
	case types.Int64, types.Uint64, types.Float64:
		return 64
	default:
		return 0
	}
}

// maxDepth is how deep structs may be in each other: instances of a generic type
// can hold others of it without end.
const maxDepth = 100

func (b *builder) message(out *Type, named *types.Named, at place) *Type {
	switch {
	case named == nil && at.in == inMap:
		return b.refuse(at, "a struct without a name is not stored: declare a type for it; a set can be a map to bool")
	case named == nil:
		return b.refuse(at, "a struct without a name is not stored: declare a type for it")
	case slices.ContainsFunc(b.open, func(open *types.Named) bool { return types.Identical(open, named) }):
		return b.refuse(at, "%s contains itself: keep the inner ones in a store of their own, and their keys here", named.Obj().Name())
	case len(b.open) == maxDepth:
		return b.refuse(at, "%s is inside %d other structs: keep the inner ones in a store of their own, and their keys here",
			named.Obj().Name(), maxDepth)
	case madeOfTime(named):
		return b.refuse(at, "types made of time.Time are not stored: use time.Time itself")
	}
	out.Struct = b.structOf(named, at.pos)
	if out.Struct != nil {
		out.Kind = Message
	}
	return out
}

// refuse adds an error for a field that can't be stored, and returns its type.
func (b *builder) refuse(at place, format string, args ...any) *Type {
	args = append([]any{at.field}, args...)
	b.errs.Add(at.pos, "%s: "+format+"; or leave the field out with `committable:\"-\"`", args...)
	return &Type{}
}

// reachable reports whether generated code can name a type.
func (b *builder) reachable(t types.Type, at place) bool {
	var obj *types.TypeName
	var args *types.TypeList
	switch t := t.(type) {
	case *types.Alias:
		obj, args = t.Obj(), t.TypeArgs()
	case *types.Named:
		obj, args = t.Obj(), t.TypeArgs()
	case *types.Map:
		return b.reachable(t.Key(), at) && b.reachable(t.Elem(), at)
	case interface{ Elem() types.Type }: // pointers, slices, arrays
		return b.reachable(t.Elem(), at)
	}
	for arg := range args.Types() {
		if !b.reachable(arg, at) {
			return false
		}
	}
	if obj == nil || obj.Pkg() == nil {
		return true
	}
	if alias, ok := t.(*types.Alias); ok && !b.reachable(alias.Rhs(), at) {
		return false // what an alias stands for is named in guards and functions
	}
	switch {
	case obj.Pkg() == b.pkg.Types && Local(obj.Name()):
		b.refuse(at, "generated functions have a variable %s: choose another name for the type", obj.Name())
		return false
	case obj.Pkg() == b.pkg.Types:
		return true
	case !obj.Exported():
		b.refuse(at, "type %s.%s is not exported, so that this package cannot name it", obj.Pkg().Name(), obj.Name())
		return false
	case !importable(b.pkg.Path, obj.Pkg().Path()):
		b.refuse(at, "package %s is internal, so that this package cannot import it", obj.Pkg().Path())
		return false
	}
	return true
}

// importable is the rule for internal packages.
func importable(from, path string) bool {
	at := strings.LastIndex("/"+path+"/", "/internal/")
	if at < 0 {
		return true
	}
	parent := strings.TrimSuffix(path[:at], "/")
	return from == parent || strings.HasPrefix(from, parent+"/")
}

func isByte(t types.Type) bool { return types.Identical(t, types.Typ[types.Byte]) }

func isTime(t *types.Named) bool {
	return t != nil && t.Obj().Pkg() != nil && t.Obj().Pkg().Path() == "time" && t.Obj().Name() == "Time"
}

// madeOfTime reports whether a type is declared as type T time.Time.
func madeOfTime(t *types.Named) bool {
	s, _ := t.Underlying().(*types.Struct)
	return s != nil && s.NumFields() > 0 && s.Field(0).Pkg() != nil && s.Field(0).Pkg().Path() == "time" && s.Field(0).Name() == "wall"
}
