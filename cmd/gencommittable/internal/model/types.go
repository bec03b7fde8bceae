package model

import (
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// place is what to blame for a type.
type place struct {
	pos   token.Pos
	field string
}

// typeOf says how a type is stored. It returns an Invalid one after it has
// added an error.
func (b *builder) typeOf(t types.Type, at place) *Type {
	out := &Type{Go: t}
	if !b.reachable(t, at) {
		return out
	}
	named, _ := types.Unalias(t).(*types.Named)
	if named != nil && named.TypeArgs().Len() > 0 {
		return b.refuse(at, "generic types are not stored: declare a struct of your own with the same fields")
	}
	if isTime(named) {
		out.Kind = Time
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
		out.Elem = b.typeOf(u.Elem(), at)
		out.Kind = kindOfList(List, out.Elem)
	case *types.Array:
		out.Length = int(u.Len())
		if out.Length == 0 {
			return b.refuse(at, "an array of length 0 holds nothing")
		}
		if isByte(u.Elem()) {
			out.Kind = Fixed
			return out
		}
		out.Elem = b.typeOf(u.Elem(), at)
		out.Kind = kindOfList(Array, out.Elem)
	case *types.Struct:
		return b.message(out, named, at)
	case *types.Pointer:
		return b.refuse(at, "pointers are not stored: use the struct itself, and a bool beside it if it can be missing")
	case *types.Map:
		return b.refuse(at, "maps are not stored: use a slice of structs, or a store of its own for the entries")
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

func kindOfList(k Kind, elem *Type) Kind {
	if elem.Kind == Invalid {
		return Invalid
	}
	return k
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
		return b.refuse(at, "floats are not stored: use an integer of a smaller unit, such as cents")
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
	case types.Int32, types.Uint32:
		return 32
	case types.Int64, types.Uint64:
		return 64
	default:
		return 0
	}
}

func (b *builder) message(out *Type, named *types.Named, at place) *Type {
	switch {
	case named == nil:
		return b.refuse(at, "a struct without a name is not stored: declare a type for it")
	case slices.Contains(b.open, named):
		return b.refuse(at, "%s contains itself: keep the inner ones in a store of their own, and their keys here", named.Obj().Name())
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
	switch t := t.(type) {
	case *types.Alias:
		obj = t.Obj()
	case *types.Named:
		obj = t.Obj()
	}
	if obj == nil || obj.Pkg() == nil {
		return true
	}
	if alias, ok := t.(*types.Alias); ok && alias.TypeArgs().Len() > 0 {
		b.refuse(at, "generic types are not stored: write out what %s stands for", obj.Name())
		return false
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
