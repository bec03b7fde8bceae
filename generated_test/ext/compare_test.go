package ext

import (
	"bytes"
	"encoding"
	"reflect"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"
)

// compareMessage holds a message against the struct that it was made of.
func compareMessage(t *rapid.T, path string, v reflect.Value, m protoreflect.Message) {
	number := protoreflect.FieldNumber(0)
	fields := m.Descriptor().Fields()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := strings.Split(f.Tag.Get("committable"), ",")
		if tag[0] == "-" || f.Name == "_" {
			continue
		}
		number++ // by position; the fixtures have tags on all fields, or on none
		at := number
		if tag[0] != "" {
			at = 0
			for _, digit := range tag[0] {
				at = at*10 + protoreflect.FieldNumber(digit-'0')
			}
		}
		d := fields.ByNumber(at)
		if d == nil {
			t.Fatalf("%s.%s: there is no field %d", path, f.Name, at)
		}
		if f.IsExported() {
			compareField(t, path+"."+f.Name, v.Field(i), m, d, slices.Contains(tag, "text"))
		}
	}
}

func compareField(t *rapid.T, path string, v reflect.Value, m protoreflect.Message, d protoreflect.FieldDescriptor, text bool) {
	if v.Kind() == reflect.Pointer && d.HasPresence() {
		if v.IsNil() != !m.Has(d) {
			t.Fatalf("%s is %v, and present: %v", path, v, m.Has(d))
		}
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	compareValue(t, path, v, m.Get(d), d, text)
}

// compareValue compares a field, a list, or what is in a wrapper.
func compareValue(t *rapid.T, path string, v reflect.Value, p protoreflect.Value, d protoreflect.FieldDescriptor, text bool) {
	switch {
	case d.IsMap():
		if v.Len() != p.Map().Len() {
			t.Fatalf("%s has %d entries, want %d", path, p.Map().Len(), v.Len())
		}
		for _, key := range v.MapKeys() {
			k := mapKey(key)
			if !p.Map().Has(k) {
				t.Fatalf("%s has no %v", path, key)
			}
			compareSingle(t, path, v.MapIndex(key), p.Map().Get(k), d.MapValue(), text)
		}
	case d.IsList() && v.Kind() == reflect.Map:
		compareEntries(t, path, v, p.List(), d, text)
	case d.IsList():
		if p.List().Len() != v.Len() && !(v.Kind() == reflect.Array && p.List().Len() == 0) { // a zero array is left out
			t.Fatalf("%s has %d elements, want %d", path, p.List().Len(), v.Len())
		}
		for i := range p.List().Len() {
			compareSingle(t, path, v.Index(i), p.List().Get(i), d, text)
		}
	default:
		compareSingle(t, path, v, p, d, text)
	}
}

// compareEntries is about maps that are lists of messages.
func compareEntries(t *rapid.T, path string, v reflect.Value, list protoreflect.List, d protoreflect.FieldDescriptor, text bool) {
	if v.Len() != list.Len() {
		t.Fatalf("%s has %d entries, want %d", path, list.Len(), v.Len())
	}
	fields := d.Message().Fields()
	for i := range list.Len() {
		entry := list.Get(i).Message()
		key := reflect.New(v.Type().Key()).Elem()
		setKey(key, entry.Get(fields.ByNumber(1)))
		elem := v.MapIndex(key)
		if !elem.IsValid() {
			t.Fatalf("%s has a key %v that the row has not", path, key)
		}
		compareSingle(t, path, elem, entry.Get(fields.ByNumber(2)), fields.ByNumber(2), text)
	}
}

// compareSingle compares one value.
func compareSingle(t *rapid.T, path string, v reflect.Value, p protoreflect.Value, d protoreflect.FieldDescriptor, text bool) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	var got, want any = p.Interface(), nil
	switch {
	case d.Kind() == protoreflect.MessageKind && v.Type() == reflect.TypeFor[time.Time]():
		got, want = timeOf(p.Message()), v.Interface().(time.Time).UTC()
		if !p.Message().IsValid() {
			got = time.Time{} // left out
		}
	case d.Kind() == protoreflect.MessageKind && v.Kind() == reflect.Struct:
		compareMessage(t, path, v, p.Message())
		return
	case d.Kind() == protoreflect.MessageKind: // a wrapper
		in := d.Message().Fields().ByNumber(1)
		compareValue(t, path, v, p.Message().Get(in), in, text)
		return
	case d.Kind() == protoreflect.StringKind && text:
		b, err := addressable(v).(encoding.TextMarshaler).MarshalText()
		if got, want = p.String(), string(b); err != nil {
			t.Fatal(path, err)
		}
		if want == "0" { // the zero of a big.Int is left out
			want = got
		}
	case d.Kind() == protoreflect.StringKind:
		got, want = p.String(), v.String()
	case d.Kind() == protoreflect.BytesKind:
		compareBytes(t, path, v, p.Bytes())
		return
	case v.CanInt():
		got, want = p.Int(), v.Int()
	case v.CanUint():
		got, want = p.Uint(), v.Uint()
	case v.CanFloat():
		got, want = p.Float(), v.Float()+0
	case v.Kind() == reflect.Bool:
		got, want = p.Bool(), v.Bool()
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s is %v, want %v", path, got, want)
	}
}

func compareBytes(t *rapid.T, path string, v reflect.Value, got []byte) {
	var want []byte
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		want = v.Bytes()
	case v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8:
		want = bytes.Clone(reflect.ValueOf(addressable(v)).Elem().Bytes())
		if len(got) == 0 { // left out
			got = make([]byte, len(want))
		}
	default: // a type that encodes itself
		return
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s is %x, want %x", path, got, want)
	}
}

func addressable(v reflect.Value) any {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface()
}

func timeOf(m protoreflect.Message) time.Time {
	fields := m.Descriptor().Fields()
	return time.Unix(m.Get(fields.ByNumber(1)).Int(), int64(m.Get(fields.ByNumber(2)).Uint())).UTC()
}

// mapKey returns the key of a map as protobuf has it.
func mapKey(v reflect.Value) protoreflect.MapKey {
	switch v.Kind() {
	case reflect.Bool:
		return protoreflect.ValueOfBool(v.Bool()).MapKey()
	case reflect.String:
		return protoreflect.ValueOfString(v.String()).MapKey()
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return protoreflect.ValueOfInt32(int32(v.Int())).MapKey()
	case reflect.Int, reflect.Int64:
		return protoreflect.ValueOfInt64(v.Int()).MapKey()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return protoreflect.ValueOfUint32(uint32(v.Uint())).MapKey()
	default:
		return protoreflect.ValueOfUint64(v.Uint()).MapKey()
	}
}

// setKey is the other way round, for the keys of entries.
func setKey(v reflect.Value, p protoreflect.Value) {
	switch key := p.Interface().(type) {
	case []byte:
		reflect.Copy(v, reflect.ValueOf(key))
	case protoreflect.Message:
		v.Set(reflect.ValueOf(timeOf(key)))
	case string:
		v.SetString(key)
	case bool:
		v.SetBool(key)
	default:
		if v.CanInt() {
			v.SetInt(p.Int())
		} else {
			v.SetUint(p.Uint())
		}
	}
}
