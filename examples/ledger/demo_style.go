package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// style marks text on a terminal. Its zero value leaves text as it is.
type style struct{ colour bool }

// styleOf returns the style for out: colours on a terminal, unless NO_COLOR
// (see no-color.org) or TERM asks for none.
func styleOf(out io.Writer) style {
	file, ok := out.(*os.File)
	return style{ok && term.IsTerminal(int(file.Fd())) && coloursWanted(os.Getenv)}
}

func coloursWanted(getenv func(string) string) bool {
	kind := getenv("TERM")
	return getenv("NO_COLOR") == "" && kind != "" && kind != "dumb"
}

func (s style) bold(text string) string  { return s.mark("1", text) }
func (s style) green(text string) string { return s.mark("32", text) }

// mark puts text between the escape sequences that switch an attribute on and
// all attributes off.
func (s style) mark(attribute, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + attribute + "m" + text + "\x1b[0m"
}
