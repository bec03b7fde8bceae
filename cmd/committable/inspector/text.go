package inspector

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/committable/schema"
)

// textOfBytes shows bytes that may be text: as they are if no one can take them
// for something else, in quotes, or as hexadecimal after 0x.
func textOfBytes(b []byte) string {
	if !utf8.Valid(b) || strings.ContainsFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "0x" + hex.EncodeToString(b)
	}
	return textOfString(string(b))
}

// textOfString shows a string in quotes, unless it is a plain word.
func textOfString(s string) string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._/@", r)
	}
	if s == "" || strings.ContainsFunc(s, special) || strings.HasPrefix(s, "0x") {
		return strconv.Quote(s)
	}
	return s
}

// textOfKey shows the components of a key.
func textOfKey(key schema.Values) string {
	var parts []string
	for _, fv := range key {
		parts = append(parts, textOf(fv.Value))
	}
	return strings.Join(parts, ", ")
}

// textOfRow shows the fields of a row that are not zero.
func textOfRow(row schema.Values) []string {
	var lines []string
	for _, fv := range row {
		lines = append(lines, fv.Field.Name+": "+textOf(fv.Value))
	}
	return lines
}

// textOf shows a value in one line.
func textOf(v schema.Value) string {
	switch v := v.(type) {
	case string:
		return textOfString(v)
	case []byte:
		return "0x" + hex.EncodeToString(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case schema.Values:
		return "{" + strings.Join(textOfRow(v), ", ") + "}"
	case schema.Entries:
		var entries []string
		for _, e := range v {
			entries = append(entries, textOf(e.Key)+": "+textOf(e.Value))
		}
		return "{" + strings.Join(entries, ", ") + "}"
	case []schema.Value:
		var elements []string
		for _, e := range v {
			elements = append(elements, textOf(e))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// counted returns a number with a noun.
func counted[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
