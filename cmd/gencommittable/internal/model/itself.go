package model

import (
	"go/types"
	"slices"
)

// encodesItself returns Text for a type that does and whose field has that
// option, Binary for one that does and could not be stored as what it is made of
// at no less: a struct, slice or map.
func (b *builder) encodesItself(named *types.Named, at place) Kind {
	if named == nil || types.IsInterface(named) {
		return Invalid
	}
	if at.tag != nil && at.tag.Text.Given && hasForm(named, "Text") {
		at.used.text = true
		return Text
	}
	switch u := named.Underlying().(type) {
	case *types.Basic:
		return Invalid
	case *types.Array:
		if isByte(u.Elem()) {
			return Invalid
		}
	}
	if hasForm(named, "Binary") {
		return Binary
	}
	return Invalid
}

// hasForm reports whether a type declares the methods of a form.
func hasForm(named *types.Named, form string) bool {
	return hasMethod(named, "Unmarshal"+form, []types.Type{bytesType}, []types.Type{errorType}) &&
		(hasAppend(named, form) || hasMethod(named, "Marshal"+form, nil, []types.Type{bytesType, errorType}))
}

func hasAppend(named *types.Named, form string) bool {
	return hasMethod(named, "Append"+form, []types.Type{bytesType}, []types.Type{bytesType, errorType})
}

// appends reports whether a type that encodes itself has an Append method.
func appends(named *types.Named, kind Kind) bool {
	if kind == Text {
		return hasAppend(named, "Text")
	}
	return hasAppend(named, "Binary")
}

// hasMethod reports whether a type declares a method. One that an embedded field
// brings does not count: it would encode that field alone.
func hasMethod(named *types.Named, name string, params, results []types.Type) bool {
	for m := range named.Methods() {
		if m.Name() == name {
			return is(m.Signature().Params(), params) && is(m.Signature().Results(), results)
		}
	}
	return false
}

var (
	bytesType = types.NewSlice(types.Typ[types.Byte])
	errorType = types.Universe.Lookup("error").Type()
)

// is reports whether parameters or results have these types.
func is(tuple *types.Tuple, want []types.Type) bool {
	return slices.EqualFunc(slices.Collect(tuple.Variables()), want, func(v *types.Var, t types.Type) bool {
		return types.Identical(v.Type(), t)
	})
}
