package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStoryOfTheSample(t *testing.T) {
	story := golden(t, "sample.txt")
	expect(t, call(), result{0, story, ""})
	expect(t, call("-twice"), result{0, golden(t, "twice.txt"), ""})
	if lines := strings.Count(story, "\n"); lines > 40 {
		t.Errorf("the story has %d lines", lines)
	}
	for line := range strings.Lines(story) {
		if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > 100 {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
}

// invoiceLines returns lines of a file: count invoices of one mug each, and after
// every third of them one that wants more than there is.
func invoiceLines(count int) []string {
	var lines []string
	for i := range count {
		quantity := 1
		if i%3 == 2 {
			quantity = 2000
		}
		lines = append(lines, fmt.Sprintf("A%03d,MUG,Mug,%d,2026-03-02T09:05,2.40,7,Ireland", i, quantity))
	}
	return lines
}

func TestStoryOfALongFileIsShort(t *testing.T) {
	got := call("-csv", csvFile(t, invoiceLines(300)...))
	if got.Status != 0 || strings.Count(got.Stdout, "\n") > 30 {
		t.Fatalf("%+v", got)
	}
	for _, want := range []string{
		": 300 invoices, each booked as a whole or not at all: 200 accepted, 100 refused\n",
		"  A002  refused   out of stock: MUG would be at -1002\n",
		"  and 95 more refused\n",
		"  session 198  A297  ",
		"books the same invoices up to A099,",
	} {
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("no %q in\n%s", want, got.Stdout)
		}
	}
	// Each refused invoice has one line, so that nothing was taken before.
	if strings.Contains(got.Stdout, "half-way") {
		t.Errorf("a refusal that restored nothing is shown:\n%s", got.Stdout)
	}
}

func TestStoryOfRefusedInvoicesOnly(t *testing.T) {
	const lines = "A1,MUG,Mug,2,2026-03-02T09:05,2.40,7,Ireland\n" +
		"A1,MUG,Mug,3,2026-03-02T09:05,2.40,7,Ireland\n" +
		"A1,TIN,Tin,9,2026-03-02T09:05,2.40,7,Ireland"
	name := csvFile(t, lines)
	expect(t, call("-csv", name, "-opening", "5"), result{Stdout: name + `: 1 invoice, each booked as a whole or not at all
  A1  refused   out of stock: TIN would be at -4

A1 was refused half-way. The same once more, with a look at the stock
                           MUG       TIN
  before                  none      none
  lines 1 to 2 taken         0      none
  line 3 refused: out of stock: TIN would be at -4
  cancelled               none      none  as before

accepted 0  refused 1  lines 0  products 0  on_hand 0  sessions 0
commit_id none
`})
}

var escapeSequence = regexp.MustCompile("\x1b\\[[0-9]+m")

func TestColoursOnlyMark(t *testing.T) {
	for _, name := range []string{"sample.csv", csvFile(t, hostile...)} {
		var plain, coloured bytes.Buffer
		for out, style := range map[*bytes.Buffer]style{&plain: {}, &coloured: {colour: true}} {
			tellStory(t, name, out, style)
		}
		if got := escapeSequence.ReplaceAllString(coloured.String(), ""); got != plain.String() {
			t.Errorf("without its colours the story is\n%s\nwant\n%s", got, plain.String())
		}
		if len(coloured.String()) == len(plain.String()) {
			t.Error("there are no colours")
		}
	}
}

func tellStory(t *testing.T, name string, out *bytes.Buffer, style style) {
	t.Helper()
	invoices, err := open(name)
	if err != nil {
		t.Fatal(err)
	}
	s := newStory(newInventory(t, 1000), name)
	report, err := process(t.Context(), s.inv, invoices, false, func(o Outcome) error { return s.observe(t.Context(), o) })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.print(t.Context(), report, out, style); err != nil {
		t.Fatal(err)
	}
}

func TestColoursAreWanted(t *testing.T) {
	for _, test := range []struct {
		term, noColor string
		want          bool
	}{
		{"xterm", "", true},
		{"xterm", "1", false},
		{"dumb", "", false},
		{"", "", false},
	} {
		environment := map[string]string{"TERM": test.term, "NO_COLOR": test.noColor}
		if got := coloursWanted(func(name string) string { return environment[name] }); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if styleOf(&bytes.Buffer{}).colour {
		t.Error("colours in a buffer")
	}
}

// hostile are lines whose fields would change the title of a terminal, clear it,
// write backwards or begin a line.
var hostile = []string{
	"A1\x1b]0;pwned\a,MUG\x1b[2J,Mug\x1b[2J,1,2026-03-02T09:05,2.40,7\x1b[2J,Ireland\x1b[2J",
	"A2\u202e,MUG\u009b2J,Mug,1,2026-03-02T09:05,2.40,7,Ireland",
	"A2\u202e,MUG\x1b[2J,Mug,2000,2026-03-02T09:05,2.40,7,Ireland",
	"\"A3\nacc\",\"TIN\t\r\",Tin,1,2026-03-02T09:05,2.40,7,Ireland",
	"A4" + strings.Repeat("\x1b[2J", 1000) + ",TIN,Tin,2000,2026-03-02T09:05,2.40,7,Ireland",
}

func TestTextOfAFileCannotControlATerminal(t *testing.T) {
	bad := "A1,MUG,Mug,1,2026-03-02T09:05,2.40,7,Ireland,\x1b[2J"
	folder := filepath.Join(t.TempDir(), "\x1b[2J")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Skipf("this file system does not have such names: %v", err)
	}
	name := filepath.Join(folder, "sales.csv")
	for _, content := range []string{
		header + "\n",
		header + "\n" + strings.Join(hostile, "\n") + "\n",
		header + "\n" + bad + "\n",
		header + "\x1b[2J\n" + bad + "\n",
		header + "\nA1,MUG\x1b[2J,Mug,1,2026-03-02T09:05,2.40,7,Ireland\nA2,MUG\x1b[2J,Mug,-9223372036854775807,2026-03-02T09:05,0,7,Ireland\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got := call("-csv", name, "-twice")
		if text := got.Stdout + got.Stderr; text == "" || strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), controls) {
			t.Errorf("%q\nprints\n%q", content, text)
		}
	}
	if got := call("-csv", filepath.Join(folder, "missing")); strings.ContainsFunc(strings.TrimSuffix(got.Stderr, "\n"), controls) {
		t.Errorf("a file that does not exist: %q", got.Stderr)
	}
	text := call("-csv", csvFile(t, hostile...)).Stdout
	for _, want := range []string{`  "A1\x1b]0;pwned\a" `, `  "A2\u202e"`, `would be at -`, `"MUG\x1b[2J"`, `  "A3\nacc"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func controls(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
