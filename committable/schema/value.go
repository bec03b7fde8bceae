package schema

// Value is a decoded value. What it holds depends on the kind of its type:
//
//	Bool           bool
//	Int            int64
//	Uint           uint64
//	String         string
//	Bytes, Fixed   []byte
//	Time           time.Time, in UTC
//	Message        Values
//	List, Array    []Value
type Value any

// Values are the fields of a decoded row or message, ascending by number. Those
// that are zero are not encoded, and so they are not here.
type Values []FieldValue

// FieldValue is a field with its value.
type FieldValue struct {
	Field *Field
	Value Value
}

// Get returns the value of a field, nil if it is zero.
func (v Values) Get(f *Field) Value {
	for _, fv := range v {
		if fv.Field == f {
			return fv.Value
		}
	}
	return nil
}
