package main

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadsFilesOfSpreadsheets(t *testing.T) {
	const lines = `A1,MUG,"Mug, 6"" high",-12,2010-12-01T08:26,-0.5,,
A1,MUG,,0,2010-12-01T08:27,3,17850,United Kingdom
`
	want, err := ReadInvoices("test.csv", strings.NewReader(header+"\n"+lines), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := want[0].Lines[0]; got.Description != `Mug, 6" high` || got.Quantity != -12 || got.Price != -50 || want[0].Total != 600 {
		t.Errorf("%+v", want[0])
	}
	if got := want[0]; got.Customer != "" || got.Country != "" || got.Date.Minute() != 26 {
		t.Errorf("customer, country and date are not those of the first line: %+v", got)
	}
	for name, content := range map[string]string{
		"byte order mark":        "\ufeff" + header + "\n" + lines,
		"CRLF":                   strings.ReplaceAll(header+"\n"+lines, "\n", "\r\n"),
		"no newline at the end":  header + "\n" + strings.TrimSuffix(lines, "\n"),
		"quotes around a header": `"` + strings.ReplaceAll(header, ",", `","`) + `"` + "\n" + lines,
	} {
		// One byte at a time, as from a slow pipe.
		got, err := ReadInvoices("test.csv", iotest.OneByteReader(strings.NewReader(content)), 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTooManyInvoicesAreRefused(t *testing.T) {
	const content = header + `
A1,MUG,,1,2010-12-01T08:26,1,7,Ireland
A2,MUG,,1,2010-12-01T08:26,1,7,Ireland
A1,MUG,,1,2010-12-01T08:26,1,7,Ireland
A3,MUG,,1,2010-12-01T08:26,1,7,Ireland
`
	if invoices, err := ReadInvoices("test.csv", strings.NewReader(content), 3); err != nil || len(invoices) != 3 {
		t.Errorf("%d invoices, %v", len(invoices), err)
	}
	_, err := ReadInvoices("test.csv", strings.NewReader(content), 2)
	if err == nil || err.Error() != `test.csv:5: invoice "A3" is one too many: a file may have 2` {
		t.Error(err)
	}
}

func TestReadErrorsAreReturned(t *testing.T) {
	broken := errors.New("the disk is broken")
	for _, before := range []string{"", header, header + "\nA1,MUG,,1,2010-12-01T08:26,1,7,Ireland\nA2"} {
		_, err := ReadInvoices("test.csv", io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken)), 9)
		if !errors.Is(err, broken) {
			t.Errorf("after %q: %v", before, err)
		}
	}
}

func TestParsePence(t *testing.T) {
	for pounds, want := range map[string]Pence{
		"0": 0, "2.55": 255, "2.5": 250, "2": 200, "0.05": 5, "-0.05": -5, "-11062.06": -1106206, "007.10": 710,
		"92233720368547758.07": math.MaxInt64, "-92233720368547758.08": math.MinInt64,
	} {
		if got, err := ParsePence(pounds); got != want || err != nil {
			t.Errorf("%q: %d, %v; want %d", pounds, got, err, want)
		}
	}
	for _, wrong := range []string{"", "-", ".", ".5", "5.", "1.234", "1,5", "1e3", "+1", "--1", "0x1", "1_000", " 1", "1 ", "1\n", "NaN", "£1", "1.-5", "٣", "92233720368547758.08"} {
		if got, err := ParsePence(wrong); err == nil {
			t.Errorf("%q: %d, want an error", wrong, got)
		}
	}
}

func TestPenceRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Pence(rapid.Int64().Draw(t, "pence"))
		got, err := ParsePence(strings.Replace(want.String(), "£", "", 1))
		if got != want || err != nil {
			t.Fatalf("%s: %d, %v", want, got, err)
		}
	})
}
