package committable

import "fmt"

// Definition describes the rows of a [Table]. Generated code contains it, and a
// store that is written by hand fills it in.
//
// All functions must be pure: for the same arguments they return the same result,
// on every machine. They are called from several goroutines at the same time, and
// must not keep the bytes and rows that they receive.
//
// A row is in canonical form after Normalize. The encoding of canonical rows must
// be unique: DecodeRow only accepts bytes that AppendRow returns.
type Definition[K comparable, V any] struct {
	// Name is the default name of the store. See WithName.
	Name string
	// Schema describes the rows, the key and the indexes in text, one per line. A
	// schema that package committable/schema can parse promises the encodings of
	// package committable/codec; Restore then accepts rows of all compatible schemas.
	// Any other schema is only compared with that of the snapshot.
	Schema string

	// Key returns the key of a row.
	Key func(v *V) K
	// AppendKey appends the encoding of a key. The order of encodings is the order of
	// keys, and no encoding is a prefix of another. Package committable/codec has
	// functions for it.
	AppendKey func(dst []byte, k K) []byte
	// DecodeKey returns the key with the given encoding. It returns an error for bytes
	// that AppendKey does not return.
	DecodeKey func(b []byte) (K, error)
	// AppendRow appends the encoding of a canonical row.
	AppendRow func(dst []byte, v *V) []byte
	// DecodeRow sets the zero row v to the row with the given encoding. It returns an
	// error for bytes that AppendRow does not return.
	DecodeRow func(b []byte, v *V) error

	// Clone returns a deep copy of a row. If Clone is nil, rows are copied by
	// assignment.
	Clone func(v *V) V
	// Normalize makes v canonical in place: for example it converts times to UTC, and
	// empty slices to nil. It returns an error if the row cannot be stored. If
	// Normalize is nil, all rows are canonical.
	//
	// like is a canonical row with which v may share memory, often the row that v
	// replaces. What they share need not be checked again. Normalize must not modify
	// like, which may be zero.
	Normalize func(v, like *V) error
	// NormalizeKey returns the canonical form of a key that a caller passed. If it is
	// nil, all keys are canonical.
	NormalizeKey func(k K) K
	// Equal reports whether two canonical rows have the same encoding.
	Equal func(a, b *V) bool
	// Validate is the row type's own Validate method, or nil. Insert, Put and Update
	// call it with a copy of the canonical row.
	Validate func(v *V) error

	// Indexes are further orders of the rows. Methods identify an index by its
	// position.
	Indexes []Index[V]
}

// Index is a further order of the rows of a table.
type Index[V any] struct {
	// Name is the name of the index in errors.
	Name string
	// Unique is set if no two rows may have the same components.
	Unique bool
	// Append appends the components of a canonical row. The encoding of each
	// component must preserve the order and be prefix-free, as that of AppendKey.
	Append func(dst []byte, v *V) []byte
}

// Option is an option of NewTable and of the constructors of generated stores.
type Option func(*options)

type options struct {
	name string
}

// WithName sets the name to register the store with. Two stores of the same type
// need different names.
func WithName(name string) Option {
	return func(o *options) { o.name = name }
}

// missing returns the name of the first required function that is nil, or "".
func (d *Definition[K, V]) missing() string {
	required := []struct {
		name string
		set  bool
	}{
		{"Key", d.Key != nil},
		{"AppendKey", d.AppendKey != nil},
		{"DecodeKey", d.DecodeKey != nil},
		{"AppendRow", d.AppendRow != nil},
		{"DecodeRow", d.DecodeRow != nil},
		{"Equal", d.Equal != nil},
	}
	for _, f := range required {
		if !f.set {
			return f.name
		}
	}
	for i, index := range d.Indexes {
		if index.Append == nil {
			return fmt.Sprintf("Indexes[%d].Append", i)
		}
	}
	return ""
}

func (d *Definition[K, V]) hasIndex(i int) bool { return i >= 0 && i < len(d.Indexes) }

// key returns the canonical form of a key.
func (d *Definition[K, V]) key(k K) K {
	if d.NormalizeKey == nil {
		return k
	}
	return d.NormalizeKey(k)
}

func (d *Definition[K, V]) clone(v *V) V {
	if d.Clone == nil {
		return *v
	}
	return d.Clone(v)
}

// encodedKey returns the encoding of a key that a caller passed.
func (d *Definition[K, V]) encodedKey(k K) string {
	return string(d.AppendKey(nil, d.key(k)))
}
