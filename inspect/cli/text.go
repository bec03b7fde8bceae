package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/committable/schema"
)

// textOfBytes formats bytes that may be text: as a string if all characters are
// printable, otherwise in hexadecimal after 0x.
func textOfBytes(b []byte) string {
	if !utf8.Valid(b) || strings.ContainsFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "0x" + hex.EncodeToString(b)
	}
	return textOfString(string(b))
}

// textOfString formats a string, in quotes unless it is a plain word.
func textOfString(s string) string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._/@", r)
	}
	if s == "" || strings.ContainsFunc(s, special) || strings.HasPrefix(s, "0x") {
		return strconv.Quote(s)
	}
	return s
}

// textOfKey formats the components of a key.
func textOfKey(key schema.Values) string {
	var parts []string
	for _, fv := range key {
		parts = append(parts, textOf(fv.Value))
	}
	return strings.Join(parts, ", ")
}

// textOfRow formats each field of a row that is not zero.
func textOfRow(row schema.Values) []string {
	var lines []string
	for _, fv := range row {
		lines = append(lines, fv.Field.Name+": "+textOf(fv.Value))
	}
	return lines
}

// showFields writes each field of a row that is not zero on its own line.
func showFields(out io.Writer, indent string, row schema.Values) {
	for _, line := range textOfRow(row) {
		fmt.Fprintf(out, "%s%s\n", indent, line)
	}
}

// textOf formats a value in one line.
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

// counted returns a number with its noun.
func counted[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
