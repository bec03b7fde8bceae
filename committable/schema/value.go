package schema

// Value is a decoded value. The kind of its type determines its Go type:
//
//	Bool           bool
//	Int            int64
//	Uint           uint64
//	String         string
//	Float          float64
//	Bytes, Fixed   []byte
//	Time           time.Time, in UTC
//	Message        Values
//	List, Array    []Value
//	Optional       as its Elem
//	Map            Entries
//	Binary         []byte
//	Text           string
//
// Equal byte slices of one row may share memory.
type Value any

// Entries are the entries of a decoded map, ascending by key.
type Entries []Entry

// Entry is one entry of a map.
type Entry struct {
	Key, Value Value
}

// Values are the fields of a decoded row or message, ascending by number. Zero
// fields are not encoded, so they are not included.
type Values []FieldValue

// FieldValue is a field with its value.
type FieldValue struct {
	Field *Field
	Value Value
}

// Get returns the value of a field, or nil if it is zero.
func (v Values) Get(f *Field) Value {
	for _, fv := range v {
		if fv.Field == f {
			return fv.Value
		}
	}
	return nil
}
