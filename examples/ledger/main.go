// Ledger keeps double-entry accounts in one file. An acknowledged transfer is on
// disk, is posted once, and has a commit ID; whoever posts the same transfers gets
// the same commit IDs. It is a template: README.md describes how to make it yours.
//
// The files, in the order in which to read them:
//
//   - account.go, transfer.go: the annotated rows; go generate writes their stores
//   - ledger.go: the application, one session for each request
//   - main.go, commands.go, history.go, verify.go, printable.go: the command line
//   - rows.go, importer.go, progress.go: a CSV import that can be interrupted
//   - demo*.go: the demo, which kills a worker process and checks the file it leaves
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command is one command of the program.
type command struct {
	name, flags, args, about string

	do func(ctx context.Context, in *invocation) error
}

// commands returns all commands, in the order in which a newcomer needs them.
func commands() []command {
	return []command{
		{"open", "[-overdraft N]", "ACCOUNT", "opens an account", openAccount},
		{"post", "[-key KEY] [-date DATE]", "FROM TO AMOUNT [NOTE]", "posts a transfer, once for each request", post},
		{"balance", "", "[ACCOUNT]", "prints one balance, or all", balance},
		{"history", "", "ACCOUNT", "prints the transfers of an account by date", history},
		{"import", "[-batch N] [-name NAME] [-overdraft N]", "FILE", "posts the lines of a CSV file: " + header, importFile},
		{"verify", "", "", "recomputes all stored hashes, and every balance", verify},
		{"demo", "[-kills N]", "", "kills a working process again and again, and checks that nothing is lost", demo},
	}
}

// usage returns the command with its flags and arguments.
func (c command) usage() string {
	return strings.Join(strings.Fields(c.name+" "+c.flags+" "+c.args), " ")
}

func printUsage(out io.Writer) {
	fmt.Fprint(out, "usage: go run ./examples/ledger COMMAND [flags] [arguments]\n\nKeeps double-entry accounts in one file. Amounts are whole minor units.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  %s\n    \t%s\n", c.usage(), c.about)
	}
	fmt.Fprint(out, "\nAll but demo take -db FILE (default ledger.db); COMMAND -h prints its flags.\n")
}

// errUsage is matched by every error of the command line.
var errUsage = errors.New("wrong command line")

// run is the program. It returns the exit status: 0, 1 if something failed, or 2 if
// the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		printUsage(stdout)
		fmt.Fprint(stdout, "\nNow the demo:\n\n")
		args = []string{"demo"}
	}
	switch err := dispatch(ctx, args, stdout, stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(stderr, printableLines(err.Error()))
		return 2
	default:
		fmt.Fprintln(stderr, "ledger:", printableLines(err.Error()))
		return 1
	}
}

func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	switch args[0] {
	case "-h", "-help", "--help", "help":
		printUsage(stderr)
		return flag.ErrHelp
	case workerCommand:
		return work(ctx, args[1:], stdout)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.do(ctx, newInvocation(c, args[1:], stdout, stderr))
		}
	}
	printUsage(stderr)
	return fmt.Errorf("%w: there is no command %q", errUsage, args[0])
}

// invocation is one call of a command.
type invocation struct {
	command        command
	args           []string // after parse: the arguments that are not flags
	flags          *flag.FlagSet
	db             string
	stdout, stderr io.Writer
}

func newInvocation(c command, args []string, stdout, stderr io.Writer) *invocation {
	in := &invocation{command: c, args: args, flags: flag.NewFlagSet(c.name, flag.ContinueOnError), stdout: stdout, stderr: stderr}
	in.flags.SetOutput(io.Discard) // parse returns the errors
	return in
}

// withDB adds the flag -db.
func (in *invocation) withDB() {
	in.flags.StringVar(&in.db, "db", "ledger.db", "`file` of the ledger")
}

// parse reads the flags. It returns an error unless from least to most arguments
// follow them.
func (in *invocation) parse(least, most int) error {
	err := in.flags.Parse(in.args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(in.stderr, "usage: %s\n\n%s\n\n", in.command.usage(), in.command.about)
		in.flags.SetOutput(in.stderr)
		in.flags.PrintDefaults()
		return err
	}
	in.args = in.flags.Args()
	switch {
	case err != nil:
		return in.wrong("%v", err)
	case len(in.args) < least:
		return in.wrong("%s is missing", strings.Fields(in.command.args)[len(in.args)])
	case len(in.args) > most && strings.HasPrefix(in.args[most], "-"):
		return in.wrong("flags such as %s stand before the arguments", in.args[most])
	case len(in.args) > most:
		return in.wrong("%q is one argument too many", in.args[most])
	}
	return nil
}

// wrong returns the error of a wrong command line.
func (in *invocation) wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s (see %s -h)", errUsage, in.command.name, fmt.Sprintf(format, args...), in.command.name)
}
