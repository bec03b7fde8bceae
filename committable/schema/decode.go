package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/gencode"
)

// DecodeRow decodes a row. Like generated code, it accepts only the canonical
// encoding. The error is a *codec.RowError.
func (s *Schema) DecodeRow(row []byte) (Values, error) {
	var v Values
	if err := s.Row.decode(row, &v); err != nil {
		return nil, err
	}
	return v, nil
}

// decode reads the fields of a row or a message.
func (s *Struct) decode(b []byte, v *Values) error {
	d := codec.NewDecoder(b)
	for d.Next() {
		if f := s.Field(d.Field()); f != nil {
			*v = append(*v, FieldValue{f, f.Type.decode(&d, len(b))})
		} else {
			d.Unknown()
		}
	}
	return d.Err()
}

// decode reads the value of the decoder's current field in a message of so many
// bytes. After a fault, which the decoder keeps, the value has no meaning.
func (t *Type) decode(d *codec.Decoder, size int) Value {
	switch t.Kind {
	case Bool:
		return d.Bool()
	case Int:
		return t.decodeInt(d)
	case Uint:
		return t.decodeUint(d)
	case String:
		return d.String()
	case Bytes:
		return d.Bytes()
	case Fixed:
		v := make([]byte, room(t.Length, size))
		d.Fixed(v)
		return v
	case Time:
		return d.Time()
	case Message:
		var v Values
		codec.DecodeMessage(d, &v, t.Struct.decode)
		return v
	case List:
		return t.Elem.decodeList(d)
	case Float:
		return t.decodeFloat(d)
	case Optional:
		return t.Elem.decodePresent(gencode.Present(d), size)
	case Map:
		return t.decodeMap(d, size)
	case Binary:
		return gencode.Present(d).Bytes() // the zero value need not be empty
	case Text:
		return gencode.Present(d).String()
	default:
		return t.Elem.decodeArray(d, room(t.Length, size), size)
	}
}

// decodePresent reads an optional value or a value of a map, which may be zero.
// Lists, arrays and maps are in a wrapper message there.
func (t *Type) decodePresent(d *codec.Decoder, size int) Value {
	switch t.Kind {
	case List, Array, Map:
		var v Value
		codec.DecodeMessage(d, &v, t.decodeElement())
		return v
	default:
		return t.decode(d, size)
	}
}

// decodeMap reads a map in a message of so many bytes. The encoded keys ascend.
func (t *Type) decodeMap(d *codec.Decoder, size int) Value {
	var m map[string]Entry
	gencode.DecodeMap(d, &m, strings.Compare, func(d *codec.Decoder, key *string, e *Entry) {
		e.Key = t.Key.decode(gencode.Required(d, 1), size)
		e.Value = t.Elem.decodePresent(gencode.Required(d, 2), size)
		if d.Err() == nil {
			*key = string(t.Key.appendKey(nil, e.Key))
		}
	})
	var v Entries
	for _, key := range slices.Sorted(maps.Keys(m)) {
		v = append(v, m[key])
	}
	return v
}

// room limits the memory for a length that only the schema claims: no message has
// more elements than bytes. It allows one more, so that the decoder still finds a
// wrong length.
func room(length, size int) int { return min(length, size+1) }

func (t *Type) decodeFloat(d *codec.Decoder) Value {
	if t.Bits == 32 {
		return float64(d.Float32())
	}
	return d.Float64()
}

func (t *Type) decodeInt(d *codec.Decoder) Value {
	switch t.Bits {
	case 8:
		return int64(d.Int8())
	case 16:
		return int64(d.Int16())
	case 32:
		return int64(d.Int32())
	default:
		return d.Int64()
	}
}

func (t *Type) decodeUint(d *codec.Decoder) Value {
	switch t.Bits {
	case 8:
		return uint64(d.Uint8())
	case 16:
		return uint64(d.Uint16())
	case 32:
		return uint64(d.Uint32())
	default:
		return d.Uint64()
	}
}
