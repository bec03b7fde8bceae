package codec

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"
	"unsafe"
)

// Signed is every signed integer type. In rows all of them are zigzag varints.
type Signed interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

// Unsigned is every unsigned integer type but uintptr. In rows all of them are varints.
type Unsigned interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// CheckString returns a *ValueError naming the field if s is not valid UTF-8. Rows and keys hold valid UTF-8 only, so
// that every language reads the same string; the appending functions do not check it again.
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

// CheckStringLike is CheckString for a string that may be one that has passed it already: then it is not read.
func CheckStringLike[S ~string](field string, s, passed S) error {
	if len(s) == len(passed) && unsafe.StringData(string(s)) == unsafe.StringData(string(passed)) {
		return nil
	}
	return CheckString(field, s)
}

// CheckLength returns a *ValueError naming the field if length is above limit.
func CheckLength(field string, length, limit int) error {
	if length <= limit {
		return nil
	}
	return &ValueError{field, fmt.Sprintf("length %d is above the limit of %d; shorten the value, or raise max= in the field's tag", length, limit)}
}

// maxSeconds is the last Unix second that a time.Time can hold. The type counts from the year 1 in an int64, so Unix
// seconds beyond this one wrap around to a time before all others.
const maxSeconds = math.MaxInt64 - 62135596800

// CheckTime returns a *ValueError naming the field if the seconds of t since 1970 do not fit into an int64, which is so
// for times some 292 billion years ago. Encodings of such times would neither sort nor decode.
func CheckTime(field string, t time.Time) error {
	if t.Unix() <= maxSeconds {
		return nil
	}
	return &ValueError{field, "the time is too far from 1970 to be counted in seconds; use one within 292 billion years"}
}

// NormalizeTime returns the same instant in the one form that stores keep and decoders return: UTC, without a monotonic
// clock reading. Two normalized times are the same instant if and only if == says so.
func NormalizeTime(t time.Time) time.Time {
	return t.UTC() // drops the monotonic reading as well, as the time package documents
}
