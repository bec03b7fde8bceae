package codec

import "fmt"

// AppendPointers is AppendMessages for a slice of pointers, none of which may be nil: see CheckPointers.
func AppendPointers[S ~[]*E, E any](dst []byte, field int, v S, appendTo func(dst []byte, v *E) []byte) []byte {
	for _, e := range v {
		dst = AppendPresentMessage(dst, field, e, appendTo)
	}
	return dst
}

// DecodePointers reads what AppendPointers wrote, each element with the function that decodes its content.
func DecodePointers[S ~[]*E, E any](d *Decoder, v *S, decode func(b []byte, v *E) error) {
	out := make(S, d.countElements())
	for i := range out {
		out[i] = new(E)
		DecodeMessage(d.Present(), out[i], decode)
		d.again()
	}
	if d.err == nil {
		*v = out
	}
}

// CheckElement returns a *ValueError naming the field if v is nil. Elements of slices and values of maps are there, or
// they are not elements.
func CheckElement[T any](field string, v *T) error {
	if v != nil {
		return nil
	}
	return &ValueError{field, fmt.Sprintf("a nil *%T is among its elements; leave it out", *new(T))}
}

// EqualPointers tells whether both pointers are nil, or point to equal values.
func EqualPointers[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// EqualPointersFunc tells whether both pointers are nil, or point to values that equal says are the same.
func EqualPointersFunc[T any](a, b *T, equal func(a, b *T) bool) bool {
	return a == b || a != nil && b != nil && equal(a, b)
}
