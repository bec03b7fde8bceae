// Package drawrows draws random rows for property tests of stores. It fills any
// row type by reflection, with package rapid as the source of randomness.
package drawrows

import (
	"math"
	"reflect"
	"time"

	"pgregory.net/rapid"
)

// Special maps a type to the function that draws its values. A test needs it
// for types with unexported fields, and for types that accept only some values.
// The nil map works.
type Special map[reflect.Type]func(t *rapid.T) any

// Row fills the exported fields of the struct that row points to, except those
// tagged `committable:"-"`. Strings, slices and maps are short, so that zero and
// equal values are frequent. Pointers that are elements of slices, arrays and
// maps are never nil.
func (s Special) Row(t *rapid.T, row any) { s.value(t, reflect.ValueOf(row).Elem(), false) }

// Value fills v as Row fills a field. v must be settable.
func (s Special) Value(t *rapid.T, v reflect.Value) { s.value(t, v, false) }

// value fills v. element reports whether v is an element of a slice, an array or
// a map.
func (s Special) value(t *rapid.T, v reflect.Value, element bool) {
	if special, ok := s[v.Type()]; ok {
		v.Set(reflect.ValueOf(special(t)))
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		if at := drawTime(t); rapid.Bool().Draw(t, "set") {
			v.Set(reflect.ValueOf(at))
		}
		return
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rapid.OneOf(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1)}), rapid.Float64()).Draw(t, "float"))
	case reflect.Pointer:
		if element || rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			s.value(t, v.Elem(), false)
		}
	case reflect.Map:
		s.entries(t, v)
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int")) // SetInt truncates to the field's width
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.String:
		v.SetString(rapid.StringN(0, 2, -1).Draw(t, "string"))
	case reflect.Slice:
		n := rapid.IntRange(-1, 2).Draw(t, "len")
		if n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			s.value(t, v.Index(i), true)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("committable") != "-" {
				s.value(t, v.Field(i), false)
			}
		}
	}
}

// entries fills the map v. Keys of type time.Time are in UTC, because stores
// reject a map in which two keys are the same instant.
func (s Special) entries(t *rapid.T, v reflect.Value) {
	for range rapid.IntRange(-1, 2).Draw(t, "entries") {
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		s.value(t, key, false)
		if at, ok := key.Interface().(time.Time); ok {
			key.Set(reflect.ValueOf(at.UTC()))
		}
		s.value(t, elem, true)
		v.SetMapIndex(key, elem)
	}
}

// drawTime draws a time near 1970 or far from it, in any zone.
func drawTime(t *rapid.T) time.Time {
	zone := time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "zone"))
	sec := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-1<<40, 1<<40)).Draw(t, "sec")
	return time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")).In(zone)
}
