package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// result is the exit status and the output of a call of the program.
type result struct {
	Status         int
	Stdout, Stderr string
}

func call(args ...string) result {
	var stdout, stderr bytes.Buffer
	status := run(args, &stdout, &stderr)
	return result{status, stdout.String(), stderr.String()}
}

func expect(t *testing.T, got, want result) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// csvFile writes a file of the header and some lines, and returns its name.
func csvFile(t *testing.T, lines ...string) string {
	t.Helper()
	return file(t, header+"\n"+strings.Join(lines, "\n")+"\n")
}

func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sales.csv")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestJSONHasTheFiguresOfTheTable(t *testing.T) {
	for _, flags := range [][]string{nil, {"-twice"}, {"-opening", "20"}, {"-csv", csvFile(t)}} {
		text := call(flags...)
		object := call(append(flags, "-json")...)
		if text.Status != 0 || object.Status != 0 {
			t.Fatalf("%v: text %+v, JSON %+v", flags, text, object)
		}
		fromTable := make(map[string]string)
		words := strings.Fields(text.Stdout[strings.LastIndex(text.Stdout, "\naccepted ")+1:])
		for i := 0; i+1 < len(words); i += 2 {
			fromTable[words[i]] = words[i+1]
		}
		if fromTable["commit_id"] == "none" {
			fromTable["commit_id"] = ""
		}
		decoder := json.NewDecoder(strings.NewReader(object.Stdout))
		decoder.UseNumber()
		var decoded map[string]any
		if err := decoder.Decode(&decoded); err != nil {
			t.Fatalf("%v: %v", flags, err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			t.Errorf("%v: stdout has more than one JSON object: %v", flags, err)
		}
		fromJSON := make(map[string]string)
		for name, value := range decoded {
			fromJSON[name] = fmt.Sprint(value)
		}
		if diff := cmp.Diff(fromTable, fromJSON); diff != "" {
			t.Errorf("%v (-table +JSON):\n%s", flags, diff)
		}
	}
}

func TestJSONOfTheSample(t *testing.T) {
	const figures = `{"accepted":9,"refused":3,"lines":13,"products":5,"on_hand":2434,` +
		`"commit_id":"ab381fa54929171cb66b1140439fe6aca30556163ca9422a765699d1469588f4","sessions":9}` + "\n"
	const figuresTwice = `{"accepted":9,"refused":3,"lines":13,"products":6,"on_hand":3024,` +
		`"commit_id":"78ba7bd07fd1c69f3a95abeff8323401ae489c14ca52676f2fa216bfbbfa4149","sessions":10,"replayed":9,"accepted_second":1}` + "\n"
	expect(t, call("-json"), result{0, figures, ""})
	expect(t, call("-json", "-twice"), result{0, figuresTwice, ""})
}

func TestAFileOfOnlyAHeaderHasNoInvoices(t *testing.T) {
	name := csvFile(t)
	expect(t, call("-json", "-twice", "-csv", name), result{
		Stdout: `{"accepted":0,"refused":0,"lines":0,"products":0,"on_hand":0,"commit_id":"","sessions":0,"replayed":0,"accepted_second":0}` + "\n",
		Stderr: name + ": there are no invoices below the header\n",
	})
	expect(t, call("-csv", name), result{
		Stdout: "accepted 0  refused 0  lines 0  products 0  on_hand 0  sessions 0\ncommit_id none\n",
		Stderr: name + ": there are no invoices below the header\n",
	})
}

func TestBadFiles(t *testing.T) {
	const good = "A1,MUG,Mug,1,2026-03-02T09:05,2.40,7,Ireland\n"
	for name, test := range map[string]struct{ content, want string }{
		"empty":                    {"", "FILE:1: the file is empty; its first line must be " + header},
		"byte order mark only":     {"\ufeff", "FILE:1: the file is empty; its first line must be " + header},
		"missing column":           {strings.Replace(header, ",UnitPrice", "", 1) + "\n", "FILE:1: the header has no column UnitPrice; it must be " + header},
		"column too many":          {header + ",Note\n", "FILE:1: the header is " + header + ",Note; it must be " + header},
		"columns in another order": {strings.Replace(header, "InvoiceNo,StockCode", "StockCode,InvoiceNo", 1) + "\n" + good, "FILE:1: the header is StockCode,InvoiceNo" + header[len("InvoiceNo,StockCode"):] + "; it must be " + header},
		"no header":                {good, "FILE:1: the header has no column InvoiceNo; it must be " + header},
		"field too few":            {header + "\n" + good + "A2,MUG,Mug,1,2026-03-02T09:05,2.40,7\n", "FILE:3: the line has 7 fields; it must have 8"},
		"field too many":           {header + "\n" + "A2,MUG,Mug,1,2026-03-02T09:05,2.40,7,Ireland,\n", "FILE:2: the line has 9 fields; it must have 8"},
		"unclosed quote":           {header + "\n" + good + "A2,MUG,\"Mug,1,2026-03-02T09:05,2.40,7,Ireland\n" + good, `FILE:3: extraneous or missing " in quoted-field (noticed on line 4)`},
		"quote inside a field":     {header + "\n" + "A2,MUG,6\" Mug,1,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: bare " in non-quoted-field`},
		"no InvoiceNo":             {header + "\n" + ",MUG,Mug,1,2026-03-02T09:05,2.40,7,Ireland\n", "FILE:2: InvoiceNo is empty"},
		"no StockCode":             {header + "\n" + "A1,,Mug,1,2026-03-02T09:05,2.40,7,Ireland\n", "FILE:2: StockCode is empty"},
		"quantity no number":       {header + "\n" + "A1,MUG,Mug,one,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: Quantity "one": invalid syntax`},
		"quantity with a fraction": {header + "\n" + "A1,MUG,Mug,1.5,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: Quantity "1.5": invalid syntax`},
		"quantity with a space":    {header + "\n" + "A1,MUG,Mug, 1,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: Quantity " 1": invalid syntax`},
		"quantity in hexadecimal":  {header + "\n" + "A1,MUG,Mug,0x1,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: Quantity "0x1": invalid syntax`},
		"quantity too large":       {header + "\n" + "A1,MUG,Mug,9223372036854775808,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: Quantity "9223372036854775808": value out of range`},
		"other date":               {header + "\n" + "A1,MUG,Mug,1,12/1/2010 8:26,2.40,7,Ireland\n", `FILE:2: InvoiceDate "12/1/2010 8:26" is not a date such as 2010-12-01T08:26`},
		"one digit for the hour":   {header + "\n" + "A1,MUG,Mug,1,2010-12-01T8:26,2.40,7,Ireland\n", `FILE:2: InvoiceDate "2010-12-01T8:26" is not a date such as 2010-12-01T08:26`},
		"no such day":              {header + "\n" + "A1,MUG,Mug,1,2010-02-30T08:26,2.40,7,Ireland\n", `FILE:2: InvoiceDate "2010-02-30T08:26" is not a date such as 2010-12-01T08:26`},
		"tenths of a penny":        {header + "\n" + "A1,MUG,Mug,1,2026-03-02T09:05,2.405,7,Ireland\n", `FILE:2: UnitPrice "2.405": not pounds with at most two decimal places, such as 2.55`},
		"price too large":          {header + "\n" + "A1,MUG,Mug,1,2026-03-02T09:05,92233720368547758.08,7,Ireland\n", `FILE:2: UnitPrice "92233720368547758.08": too large`},
		"amount too large":         {header + "\n" + "A1,MUG,Mug,-9223372036854775808,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:2: the total of invoice "A1" is too large to count in pence`},
		"total too large":          {header + "\n" + good + "A1,MUG,Mug,92233720368547758,2026-03-02T09:05,1,7,Ireland\n", `FILE:3: the total of invoice "A1" is too large to count in pence`},
		"stock too large":          {header + "\n" + good + "A2,MUG,Mug,-9223372036854774809,2026-03-02T09:05,0,7,Ireland\n", `FILE:3: the stock of product "MUG" is too large to count`},
		"sum of stocks too large":  {header + "\n" + good + "A2,TIN,Tin,-9223372036854774000,2026-03-02T09:05,0,7,Ireland\n", `inventory: the stock of all products together is too large to count`},
		"invalid UTF-8":            {header + "\n" + "A1,MUG,Mug,1,2026-03-02T09:05,2.40,7,Ireland\n" + "A1,MUG,\xa3,1,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:3: "\xa3" is not valid UTF-8`},
		"field of several lines":   {header + "\n" + "A1,MUG,\"one\ntwo\",x,2026-03-02T09:05,2.40,7,Ireland\n", `FILE:3: Quantity "x": invalid syntax`},
	} {
		t.Run(name, func(t *testing.T) {
			sales := file(t, test.content)
			want := result{Status: 1, Stderr: strings.Replace(test.want, "FILE", sales, 1) + "\n"}
			expect(t, call("-csv", sales), want)
			expect(t, call("-csv", sales, "-json", "-twice"), want)
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.csv")
	for name, sales := range map[string]string{"no such file": missing, "a directory": t.TempDir()} {
		got := call("-csv", sales)
		if got.Status != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, sales+": ") || strings.Count(got.Stderr, "\n") != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string // the first line of stderr
	}{
		{[]string{"-opening", "-1"}, "-opening is -1; a stock cannot be below zero"},
		{[]string{"-opening", "many"}, `invalid value "many" for flag -opening: parse error`},
		{[]string{"sales.csv"}, `unexpected argument "sales.csv"; a file goes after -csv`},
		{[]string{"-csv", ""}, `invalid value "" for flag -csv: the name is empty`},
		{[]string{"-fast"}, "flag provided but not defined: -fast"},
	} {
		got := call(test.args...)
		first, _, _ := strings.Cut(got.Stderr, "\n")
		if got.Status != 2 || got.Stdout != "" || first != test.want || !strings.Contains(got.Stderr, "usage: ") {
			t.Errorf("%q: %+v", test.args, got)
		}
	}
}

func TestHelpIsNoError(t *testing.T) {
	if got := call("-h"); got.Status != 0 || got.Stdout != "" || !strings.HasPrefix(got.Stderr, "usage: ") {
		t.Errorf("%+v", got)
	}
}

func TestReportThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{nil, {"-json"}} {
		var stderr bytes.Buffer
		if status := run(args, full{}, &stderr); status != 1 || stderr.String() != "no space left\n" {
			t.Errorf("%q: status %d, stderr %q", args, status, stderr.String())
		}
	}
}

// full is a writer whose disk is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }
