package gencode

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// CheckStringLike is codec.CheckString for a string that may share its memory with checked, which passed the check
// before. Then it is not read again.
func CheckStringLike[S ~string](field string, s, checked S) error {
	if len(s) == len(checked) && unsafe.StringData(string(s)) == unsafe.StringData(string(checked)) {
		return nil
	}
	return codec.CheckString(field, s)
}

// CheckLength returns a *codec.ValueError with the name of the field if length is above limit.
func CheckLength(field string, length, limit int) error {
	if length <= limit {
		return nil
	}
	return &codec.ValueError{
		Field:  field,
		Reason: fmt.Sprintf("length %d is above the limit of %d; shorten the value, or raise max= in the field's tag", length, limit),
	}
}

// CheckElement returns a *codec.ValueError with the name of the field if v, an element of a slice or a value of a map, is
// nil.
func CheckElement[T any](field string, v *T) error {
	if v != nil {
		return nil
	}
	return &codec.ValueError{Field: field, Reason: fmt.Sprintf("it has a nil *%T as an element; leave it out", *new(T))}
}

// NormalizeTimeKeys replaces the keys of a map by their codec.NormalizeTime. It returns a *codec.ValueError with the name
// of the field if two keys are the same instant, or if codec.CheckTime refuses one.
func NormalizeTimeKeys[M ~map[time.Time]V, V any](field string, v *M) error {
	if len(*v) == 0 {
		return nil
	}
	out := make(M, len(*v))
	for key, value := range *v {
		if err := codec.CheckTime(field, key); err != nil {
			return err
		}
		out[codec.NormalizeTime(key)] = value
	}
	if len(out) < len(*v) {
		return &codec.ValueError{
			Field:  field,
			Reason: "two keys are the same instant; keep one of them",
		}
	}
	*v = out
	return nil
}
