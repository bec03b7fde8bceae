package main

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// printable returns text as it may be printed on a terminal. Text of a file can
// hold escape sequences, line breaks and characters that reverse the direction
// of writing. Text with any of them is returned as a quoted Go string.
func printable(text string) string {
	unsafe := func(r rune) bool { return !strconv.IsGraphic(r) }
	if utf8.ValidString(text) && !strings.ContainsFunc(text, unsafe) {
		return text
	}
	return strconv.QuoteToGraphic(text)
}

// printableLines is printable for text of several lines, such as an error that
// joins others.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}
