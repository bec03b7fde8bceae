// Package drawrows draws random rows for tests of generated stores.
package drawrows

import (
	"math"
	"reflect"
	"time"

	"pgregory.net/rapid"
)

// Special has functions that draw values of types whose fields cannot be drawn
// one by one.
type Special map[reflect.Type]func(t *rapid.T) any

// Row draws the exported fields of the row that row points to. Values are small,
// and often zero or equal. Pointers in slices and maps are not nil.
func (s Special) Row(t *rapid.T, row any) { s.value(t, reflect.ValueOf(row).Elem(), false) }

// Value draws a value, which must be settable.
func (s Special) Value(t *rapid.T, v reflect.Value) { s.value(t, v, false) }

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
		v.SetInt(rapid.Int64().Draw(t, "int")) // cut to the width
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

// entries draws a map. Times in its keys are in UTC, because stores refuse two
// keys that are the same instant.
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

func drawTime(t *rapid.T) time.Time {
	zone := time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "zone"))
	sec := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-1<<40, 1<<40)).Draw(t, "sec")
	return time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")).In(zone)
}
