package committable

import "fmt"

// Definition is everything a [Table] must know about its rows. Generated code
// fills it in; a hand-written store may too.
//
// All functions must be pure: the same arguments give the same result, on every
// machine. They are called from several goroutines at once, and must not keep
// the bytes or rows that they get.
//
// A row is in canonical form after Normalize, and whatever DecodeRow accepts
// must be canonical: AppendRow gives the very bytes it was decoded from.
type Definition[K comparable, V any] struct {
	// Name is the default name of the store, to register it by.
	Name string
	// Schema describes rows, key and indexes as text, a line for each. One that
	// package committable/schema can read promises the encodings of package
	// codec, and Restore then takes over rows of the schemas that it can tell to
	// be compatible. Any other text is only compared.
	Schema string

	// Key returns the key of a row.
	Key func(v *V) K
	// AppendKey appends the key in an encoding whose byte order is the order of
	// keys, and of which none is a prefix of another. Package committable/codec
	// has the parts.
	AppendKey func(dst []byte, k K) []byte
	// DecodeKey reads what AppendKey wrote, and refuses everything else.
	DecodeKey func(b []byte) (K, error)
	// AppendRow appends the canonical encoding of a row in canonical form.
	AppendRow func(dst []byte, v *V) []byte
	// DecodeRow reads what AppendRow wrote into a zero V, and refuses
	// everything else.
	DecodeRow func(b []byte, v *V) error

	// Clone returns a deep copy. Nil says that an assignment is one.
	Clone func(v *V) V
	// Normalize brings a row to canonical form in place (times to UTC without
	// monotonic reading, empty slices to nil), and refuses what cannot be
	// stored. Nil says that there is nothing to do. Like is a row in canonical
	// form that v may share memory with, often the one that it replaces: what is
	// the same there needs no second look. It must not be changed; it may be zero.
	Normalize func(v, like *V) error
	// NormalizeKey does the same for a key that was passed as an argument. Nil
	// says that there is nothing to do.
	NormalizeKey func(k K) K
	// Equal reports whether two rows in canonical form have the same encoding.
	Equal func(a, b *V) bool
	// Validate is the row type's own check of Insert, Put and Update, on a copy
	// of the row in canonical form. Nil if it has none.
	Validate func(v *V) error

	// Indexes are the further orders of the rows. Methods name an index by its
	// position here.
	Indexes []Index[V]
}

// Index is one further order of a table's rows.
type Index[V any] struct {
	// Name is what errors call the index.
	Name string
	// Unique says that no two rows may have the same components.
	Unique bool
	// Append appends the index components of a row in canonical form, each
	// order-preserving and prefix-free.
	Append func(dst []byte, v *V) []byte
}

// Option sets an option of a store.
type Option func(*options)

type options struct {
	name string
}

// WithName sets the name to register the store by, so that two stores of one
// type can stand side by side.
func WithName(name string) Option {
	return func(o *options) { o.name = name }
}

// missing names the first required function that is not there.
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

// encodedKey returns the encoding as the string that ordered sets hold.
func (d *Definition[K, V]) encodedKey(k K) string {
	return string(d.AppendKey(nil, d.key(k)))
}
