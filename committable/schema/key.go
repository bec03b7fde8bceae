package schema

import (
	"time"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// DecodeKey decodes the components of a key, zeros too. It accepts only their
// canonical encoding. The error is a *codec.KeyError.
func (s *Schema) DecodeKey(key []byte) (Values, error) {
	r := codec.NewKeyReader(key)
	v := make(Values, len(s.Key))
	for i, f := range s.Key {
		v[i] = FieldValue{f, f.Type.decodeKey(&r, len(key))}
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return v, nil
}

// AppendKey appends the encoded key of a decoded row.
func (s *Schema) AppendKey(dst []byte, row Values) []byte {
	for _, f := range s.Key {
		dst = f.Type.appendKey(dst, row.Get(f))
	}
	return dst
}

// Append appends the encoded components of a decoded row. No two rows may have the
// same ones if the index is unique.
func (i *Index) Append(dst []byte, row Values) []byte {
	for _, c := range i.Components {
		from := len(dst)
		dst = c.Field.Type.appendKey(dst, row.Get(c.Field))
		if c.Descending {
			dst = codec.Descend(dst, from)
		}
	}
	return dst
}

// decodeKey reads a component of a key of so many bytes.
func (t *Type) decodeKey(r *codec.KeyReader, size int) Value {
	switch t.Kind {
	case Bool:
		return r.Bool()
	case String:
		return r.String()
	case Fixed:
		v := make([]byte, room(t.Length, size))
		r.Fixed(v)
		return v
	case Time:
		return r.Time()
	case Int:
		switch t.Bits {
		case 8:
			return int64(r.Int8())
		case 16:
			return int64(r.Int16())
		case 32:
			return int64(r.Int32())
		default:
			return r.Int64()
		}
	default:
		switch t.Bits {
		case 8:
			return uint64(r.Uint8())
		case 16:
			return uint64(r.Uint16())
		case 32:
			return uint64(r.Uint32())
		default:
			return r.Uint64()
		}
	}
}

// appendKey appends a component; nil is the zero value.
func (t *Type) appendKey(dst []byte, v Value) []byte {
	switch t.Kind {
	case Bool:
		b, _ := v.(bool)
		return codec.AppendKeyBool(dst, b)
	case String:
		s, _ := v.(string)
		return codec.AppendKeyString(dst, s)
	case Fixed:
		b, _ := v.([]byte)
		if b == nil {
			b = make([]byte, t.Length)
		}
		return codec.AppendKeyFixed(dst, b)
	case Time:
		at, _ := v.(time.Time)
		return codec.AppendKeyTime(dst, at)
	case Int:
		n, _ := v.(int64)
		switch t.Bits {
		case 8:
			return codec.AppendKeyInt8(dst, int8(n))
		case 16:
			return codec.AppendKeyInt16(dst, int16(n))
		case 32:
			return codec.AppendKeyInt32(dst, int32(n))
		default:
			return codec.AppendKeyInt64(dst, n)
		}
	default:
		n, _ := v.(uint64)
		switch t.Bits {
		case 8:
			return codec.AppendKeyUint8(dst, uint8(n))
		case 16:
			return codec.AppendKeyUint16(dst, uint16(n))
		case 32:
			return codec.AppendKeyUint32(dst, uint32(n))
		default:
			return codec.AppendKeyUint64(dst, n)
		}
	}
}
