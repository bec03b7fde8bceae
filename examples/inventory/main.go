// Inventory books the invoices of a shop against its stock. It accepts an invoice
// as a whole or refuses it as a whole, and never books it twice. It is a template:
// README.md describes how to make it yours.
//
// The files, in the order in which to read them:
//
//   - item.go, order.go: the annotated rows; go generate writes their stores
//   - inventory.go: the application, one session for each invoice
//   - process.go, report.go: a run over a file, and its result
//   - main.go, progress.go, printable.go: the command line and the terminal
//   - invoice.go, pence.go, checked.go: from CSV to invoices, without rounding
//   - story*.go: the show of the example; an application does not need them
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/gencommittable/gencommittable/memkv"
)

//go:embed sample.csv
var sample []byte

const sampleName = "sample.csv"

const usage = `usage: go run ./examples/inventory [flags]

Books the invoices of a CSV file against the stock, and prints what happened.
The columns of the file are
` + header + `

`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags of the command line.
type options struct {
	file    string // empty: the sample
	opening int64
	twice   bool
	json    bool
}

// run is the program. It returns the exit status: 0, 1 if something failed, or 2 if
// the command line is wrong.
func run(args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := book(context.Background(), opts, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, printableLines(err.Error()))
		return 1
	}
	return 0
}

// parseOptions reads the command line. If it returns an error, it has printed the
// reason to stderr.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("inventory", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.Func("csv", "`file` with the invoices (default: the sample)", func(file string) error {
		if file == "" {
			return errors.New("the name is empty")
		}
		opts.file = file
		return nil
	})
	flags.Int64Var(&opts.opening, "opening", 1000, "`stock` of a product when it is first seen")
	flags.BoolVar(&opts.twice, "twice", false, "run the file a second time over the same state")
	flags.BoolVar(&opts.json, "json", false, "print only the figures, as one JSON object")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var wrong error
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Errorf("unexpected argument %q; a file goes after -csv", flags.Arg(0))
	case opts.opening < 0:
		wrong = fmt.Errorf("-opening is %d; a stock cannot be below zero", opts.opening)
	}
	if wrong != nil {
		fmt.Fprintln(stderr, wrong)
		flags.Usage()
	}
	return opts, wrong
}

// book reads the file, applies its invoices and prints the result. If it returns an
// error, it has printed nothing to stdout, unless writing to stdout is what failed.
func book(ctx context.Context, opts options, stdout, stderr io.Writer) error {
	invoices, err := open(opts.file)
	if err != nil {
		return err
	}
	if len(invoices) == 0 {
		fmt.Fprintf(stderr, "%s: there are no invoices below the header\n", printable(opts.file))
	}
	inv, err := NewInventory(ctx, memkv.New(), opts.opening)
	if err != nil {
		return err
	}
	steps := len(invoices)
	if opts.twice {
		steps *= 2
	}
	step, stop := showProgress(stderr, steps)
	story := newStory(inv, opts.file)
	report, err := process(ctx, inv, invoices, opts.twice, func(o Outcome) error {
		step()
		if opts.json {
			return nil
		}
		return story.observe(ctx, o)
	})
	stop()
	if err != nil {
		return err
	}
	if opts.json {
		return report.writeJSON(stdout)
	}
	return story.print(ctx, report, stdout, styleOf(stdout)) // without a story: report.writeTable(stdout)
}

// open reads the invoices of a file, or of the sample if name is empty.
func open(name string) ([]Invoice, error) {
	if name == "" {
		return ReadInvoices(sampleName, bytes.NewReader(sample), MaxInvoices)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadInvoices(name, file, MaxInvoices)
}
