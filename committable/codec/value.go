package codec

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/internal/wire"
)

// CheckString returns a *ValueError with the name of the field if s is not valid UTF-8. Rows and keys hold valid UTF-8
// only, because some languages have no other strings. The functions that append strings do not check them again.
func CheckString[S ~string](field string, s S) error {
	if utf8.ValidString(string(s)) {
		return nil
	}
	at := 0
	for i, r := range string(s) {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(string(s[i:])); size == 1 {
				at = i
				break
			}
		}
	}
	return &ValueError{field, fmt.Sprintf("not valid UTF-8 at byte %d; hold such bytes in a []byte, or clean them with strings.ToValidUTF8", at)}
}

// CheckTime returns a *ValueError with the name of the field if the Unix seconds of t do not fit into an int64. That is so
// for times some 292 billion years ago. They would neither sort as keys nor decode.
func CheckTime(field string, t time.Time) error {
	if t.Unix() <= wire.MaxSeconds {
		return nil
	}
	return &ValueError{field, "the time is out of range; use a time within 292 billion years of 1970"}
}

// CheckFloat returns a *ValueError with the name of the field if v is NaN, which is not even equal to itself.
func CheckFloat[T Float](field string, v T) error {
	if !math.IsNaN(float64(v)) {
		return nil
	}
	return &ValueError{field, "NaN is not allowed; store zero and a flag instead"}
}

// NormalizeTime returns the same instant in UTC and without a monotonic clock reading, as decoders return it. Two
// normalized times are equal with == if and only if they are the same instant.
func NormalizeTime(t time.Time) time.Time {
	return t.UTC() // also drops the monotonic clock reading, as package time documents
}

// NormalizeFloat returns zero for negative zero, and any other v unchanged.
func NormalizeFloat[T Float](v T) T {
	if v == 0 {
		return 0
	}
	return v
}
