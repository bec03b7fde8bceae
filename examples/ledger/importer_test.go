package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/gencommittable/gencommittable/memkv"
)

const sampleRows = header + `
2026-03-02,bank,alice,500,"first, of all"
2026-03-03,alice,bob,120,
2026-03-03,bob,alice,20,
2026-03-05,alice,bob,1,
2026-03-06,bank,bob,9,
`

func TestImportedOnce(t *testing.T) {
	s := newShell(t)
	s.does("open -overdraft unlimited bank")
	file := s.file(sampleRows)
	s.fails("import -batch 2 "+file, 1, file+":2: unknown account alice\nlines 2 to 3 are one session, and none of them is posted")
	first := s.does("import -overdraft 0 -batch 2 " + file)
	if !strings.HasPrefix(first, "posted     5\nskipped    0\nsessions   3\n") {
		t.Error(first)
	}
	second := s.does("import -batch 3 " + file)
	if !strings.HasPrefix(second, "posted     0\nskipped    5\nsessions   0\n") {
		t.Error(second)
	}
	s.fails("import "+s.file(strings.Replace(sampleRows, ",120,", ",121,", 1)), 1, `:3: was 2026-03-03 alice -> bob 120 "" when this line was imported before`)
	if again := s.does("import -name april.csv " + file); !strings.HasPrefix(again, "posted     5\n") {
		t.Error(again)
	}
	longer := s.does("import " + s.file(sampleRows+"2026-03-07,bob,bank,3,\n"))
	if !strings.HasPrefix(longer, "posted     1\nskipped    5\n") {
		t.Error(longer)
	}
	s.does("verify")
}

func TestABadSessionOfAnImportLeavesNothing(t *testing.T) {
	s := newShell(t)
	s.does("open -overdraft unlimited bank")
	file := s.file(sampleRows + "2026-03-07,carol,bank,1,\n")
	s.fails("import -overdraft 0 -batch 4 "+file, 1, ":7: ")
	expect(t, s.does("balance"), "account  balance  overdraft\nalice    399      0\nbank     -500     unlimited\nbob      101      0\n")
}

func TestBadRows(t *testing.T) {
	s := newShell(t)
	s.does("open bank")
	before := s.does("verify")
	const good = "2026-03-02,bank,alice,5,\n"
	for content, want := range map[string]string{
		"":                                     `:1: the first line is ""; it must be ` + header,
		"date,from,to\n":                       `:1: the first line is "date,from,to"; it must be ` + header,
		header + "\n" + good + "2026-03-02,a":  ":3: the line has 2 fields; it must have 5",
		header + "\n2026-3-2,a,b,5,\n":         `:2: date "2026-3-2" is not a day`,
		header + "\n2026-03-02,a,b,5.0,\n":     `:2: amount "5.0" is not a whole number`,
		header + "\n2026-03-02,a,b,-5,\n":      ":2: amount -5 is not above zero",
		header + "\n2026-03-02,a,a,5,\n":       ":2: bad transfer: from and to are both account a",
		header + "\n2026-03-02,a,b,5,\xff\n":   `:2: "\xff" is not valid UTF-8`,
		header + "\n2026-03-02,a,b,5,\"open\n": `extraneous or missing "`,
	} {
		s.fails("import -overdraft unlimited "+s.file(content), 1, want)
	}
	expect(t, s.does("verify"), before)
}

// TestOnlineRetail posts the first 10,000 lines of a real shop, stops in the middle
// and continues.
func TestOnlineRetail(t *testing.T) {
	rows := retailRows(t)
	var want int64
	for _, r := range rows {
		if r.transfer.To == "sales" {
			want += r.transfer.Amount
		} else {
			want -= r.transfer.Amount
		}
	}
	unlimited := int64(Unlimited)
	im := importer{file: "retail", name: "retail", batch: 250, overdraft: &unlimited}

	whole := newLedger(t)
	done, err := im.post(t.Context(), whole, rows, func() {})
	if err != nil || done.posted != len(rows) {
		t.Fatalf("%d of %d rows are posted: %v", done.posted, len(rows), err)
	}

	inTwo := newLedger(t)
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	first, err := im.post(ctx, inTwo, rows, func() {
		if steps++; steps == 3000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || first.posted != 3000 {
		t.Fatalf("the interrupted import posted %d: %v", first.posted, err)
	}
	second, err := im.post(t.Context(), inTwo, rows, func() {})
	if err != nil || second.skipped != 3000 || second.posted != len(rows)-3000 {
		t.Fatalf("the second import skipped %d and posted %d: %v", second.skipped, second.posted, err)
	}

	if err := sameState(inTwo, whole); err != nil {
		t.Error(err)
	}
	a, _, _ := whole.Last()
	b, _, _ := inTwo.Last()
	if a.ID != b.ID || a.Seq != b.Seq {
		t.Errorf("in two parts the last session is %d with ID %s, as a whole %d with ID %s", b.Seq, b.ID, a.Seq, a.ID)
	}
	if sales, _ := inTwo.Accounts.Get("sales"); sales.Balance != want {
		t.Errorf("sales are at %d, want %d", sales.Balance, want)
	}
	if err := inTwo.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTextOfAFileCannotControlATerminal imports fields that would change the title of
// a terminal, clear it, write backwards or begin a line.
func TestTextOfAFileCannotControlATerminal(t *testing.T) {
	const escapes = "\x1b]0;pwned\a\x1b[2J\u202e\u009b2J"
	s := newShell(t)
	s.does("open -overdraft unlimited bank")
	var printed strings.Builder
	for _, line := range []string{
		"2026-01-01,bank,alice,5," + escapes,
		"2026-01-01,bank,alice,5,\"two\nlines\tand a tab\"",
		"2026-01-01,bank," + escapes + ",5,note",
		"2026-01-01," + escapes + "," + escapes + ",5,note",
		"2026-01-01,bank,alice," + escapes + ",note",
		escapes + ",bank,alice,5,note",
		"2026-01-01,bank,alice,5,note," + escapes,
	} {
		file := s.file(header + "\n" + line + "\n")
		for _, command := range []string{"import " + file, "import -overdraft 0 -name other " + file, "history bank", "history " + escapes} {
			_, stdout, stderr := s.call(command)
			printed.WriteString(stdout + stderr)
		}
	}
	for _, command := range []string{"post -key " + escapes + " bank alice 5 " + escapes, "import nowhere" + escapes, "post -" + escapes + " bank alice 5"} {
		_, stdout, stderr := s.call(command)
		printed.WriteString(stdout + stderr)
	}
	for _, r := range printed.String() {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%q is printed in\n%q", r, printed.String())
			break
		}
	}
	history := s.does("history alice")
	for _, want := range []string{
		`  "\x1b]0;pwned\a\x1b[2J\u202e\u009b2J"` + "\n",
		`  "two\nlines\tand a tab"` + "\n",
	} {
		if !strings.Contains(history, want) {
			t.Errorf("no %s in\n%s", want, history)
		}
	}
}

func newLedger(t *testing.T) *Ledger {
	t.Helper()
	l := NewLedger(memkv.New())
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// retailRows makes a transfer of each line, from the customer to the sales or back.
// It leaves out lines with an amount of 0.
func retailRows(t *testing.T) []row {
	t.Helper()
	file, err := os.Open(filepath.Join(os.Getenv("GENCOMMITTABLE_DATA"), "online-retail-10k.csv"))
	if err != nil {
		if os.Getenv("GENCOMMITTABLE_REQUIRE_ALL") == "1" {
			t.Fatalf("GENCOMMITTABLE_REQUIRE_ALL=1: %v", err)
		}
		t.Skipf("GENCOMMITTABLE_DATA names no directory with the data: %v", err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	to := csv.NewWriter(&out)
	if err := to.Write(strings.Split(header, ",")); err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		quantity, err := strconv.ParseInt(line[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		pounds, err := strconv.ParseFloat(line[5], 64)
		if err != nil {
			t.Fatal(err)
		}
		amount := quantity * int64(pounds*100+0.5)
		customer := "customer-" + line[6]
		fields := []string{line[4][:10], customer, "sales", fmt.Sprint(amount), line[2]}
		if amount < 0 {
			fields = []string{line[4][:10], "sales", customer, fmt.Sprint(-amount), line[2]}
		}
		if amount == 0 {
			continue
		}
		if err := to.Write(fields); err != nil {
			t.Fatal(err)
		}
	}
	to.Flush()
	rows, err := readRows("retail.csv", strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
