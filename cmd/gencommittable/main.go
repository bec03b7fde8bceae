// Gencommittable writes typed, transactional stores for annotated structs. See
// gencommittable -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/emit"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/evolve"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/numbers"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/output"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/proto"
)

const manual = `usage: gencommittable [-check] [-number] [-proto] [-v] [packages]

Gencommittable writes a typed, transactional store for every struct with a
//committable:store directive in the packages, by default the one in the
current directory. For example, this source file

	//go:generate go tool gencommittable

	// Account is one customer's account.
	//
	//committable:store key=ID
	//committable:index name=ByOwner on=Owner,-Opened
	type Account struct {
		ID     string
		Owner  string
		Opened time.Time
	}

writes AccountStore and AccountView to account_committable.go.

directives, directly above a struct:
	//committable:store key=A,B [name=accounts] [type=AccountStore]
	//committable:index name=ByOwner on=Field,-Field [unique]
	//committable:reserved 4,7

tags of fields:
	committable:"3"         the number of the field in encoded rows
	committable:"3,max=64"  at most 64 bytes or elements
	committable:",float"    allows floats in the field
	committable:",text"     stores types by their MarshalText encoding
	committable:"-"         does not store the field

The generated file contains the schema of the stored rows. A change of a struct
with which stored rows would be misread is an error. If no database has such
rows, delete the generated file first.

Packages need not compile. All errors are printed at once, and after an error
nothing is written and the exit status is 1. Generated files of deleted stores
are removed.

flags:
	-check   write nothing; print a unified diff of the generated files, and
	         exit with status 2 if they are not up to date
	-number  first write the numbers of all fields into their tags: fields keep
	         their numbers, and new fields get numbers that were never used
	-proto   also write NAME_committable.proto, so that other languages can read
	         the rows of package NAME; later runs update the file without the
	         flag, until you delete it
	-v       print which files are written and removed
	-h       print this text
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gencommittable", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {}
	check, number := flags.Bool("check", false, ""), flags.Bool("number", false, "")
	protos, verbose := flags.Bool("proto", false, ""), flags.Bool("v", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, manual)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "run gencommittable -h for the manual")
		return 1
	}
	dir, err := os.Getwd()
	g := generator{dir: dir, number: *number, proto: *protos}
	var changes []output.Change
	if err == nil {
		changes, err = g.generate(flags.Args())
	}
	if err == nil && !*check {
		err = output.Write(changes)
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 1
	case *check:
		return showStale(dir, changes, stdout)
	}
	if *verbose {
		for _, c := range changes {
			fmt.Fprintln(stderr, c.Describe(dir))
		}
	}
	return 0
}

// showStale prints what is not up to date, and returns the exit status.
func showStale(dir string, changes []output.Change, stdout io.Writer) int {
	for _, c := range changes {
		fmt.Fprintf(stdout, "%s", c.Diff(dir))
	}
	if len(changes) > 0 {
		return 2
	}
	return 0
}

// generator is one run.
type generator struct {
	dir    string // where the user is
	number bool   // write numbers into the sources
	proto  bool   // write protocol buffers
}

// generate returns what brings the files of packages up to date, and nothing if
// anything is wrong.
func (g *generator) generate(patterns []string) ([]output.Change, error) {
	program, err := load.Load(context.Background(), g.dir, patterns)
	if err != nil {
		return nil, err
	}
	if err := program.Resolve(); err != nil {
		return nil, err
	}
	stores, changes, err := g.stores(program)
	if err != nil {
		return nil, err
	}
	files := make(map[string]map[string][]byte) // by the path of the package
	for _, pkg := range stores {
		if files[pkg.Path], err = emit.Files(pkg, program.Standard); err != nil {
			return nil, err
		}
		if g.proto || output.Ours(filepath.Join(pkg.Dir, proto.Name(pkg))) {
			files[pkg.Path][proto.Name(pkg)] = proto.File(pkg)
		}
	}
	for _, pkg := range program.Packages {
		planned, err := output.Plan(pkg.Dir, files[pkg.Path], pkg.Complete)
		if err != nil {
			return nil, err
		}
		changes = append(changes, planned...)
	}
	return changes, nil
}

// stores returns the packages with stores, and the sources with numbers that are
// to be written first.
func (g *generator) stores(program *load.Program) (stores []*model.Package, numbered []output.Change, err error) {
	build := model.Build
	if g.number {
		build = model.BuildUnnumbered
	}
	stores = build(program)
	if !program.Errs.Empty() {
		return nil, nil, errors.New(program.Errs.Text(g.dir))
	}
	past, err := evolve.Read(stores)
	if err == nil && g.number {
		numbered, err = numbers.Fields(program, stores, past)
	}
	if err != nil {
		return nil, nil, err
	}
	past.Check(program.Errs)
	if !program.Errs.Empty() {
		return nil, nil, errors.New(program.Errs.Text(g.dir))
	}
	return stores, numbered, nil
}
