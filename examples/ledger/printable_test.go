package main

import "testing"

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		`MUG 6" high`:        `MUG 6" high`,
		"CAFÉ\u00a0杯":        "CAFÉ\u00a0杯",
		"a\tb":               `"a\tb"`,
		"\x1b[2J\\":          `"\x1b[2J\\"`,
		"\u009b2J":           `"\u009b2J"`,
		"abc\u202ecba":       `"abc\u202ecba"`,
		"zero\u200bwidth":    `"zero\u200bwidth"`,
		"line\u2028separate": `"line\u2028separate"`,
		"\xff":               `"\xff"`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := printableLines("one\ntwo\a\n"); got != "one\n\"two\\a\"\n" {
		t.Errorf("%q", got)
	}
}
