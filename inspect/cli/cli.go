package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gencommittable/gencommittable/kv"
)

// KV is a KV that can be closed.
type KV interface {
	kv.KV
	Close() error
}

// Opener opens one kind of KV.
type Opener struct {
	// Kind is the plural of what Open opens, for the help: "bolt files".
	Kind string

	// Open opens the KV at a path. It creates none: if the path does not hold a KV
	// of this kind, it returns an error and changes nothing. With readOnly it must
	// not change what is at the path. If another process has the KV open, the
	// error wraps kv.ErrLocked.
	Open func(path string, readOnly bool) (KV, error)
}

// Main runs the command with the arguments, the standard streams and the signals
// of the process, and ends the process. The exit status is 0 for success; 1 if
// databases differ, faults were found or the user answered no; 2 for an error.
func Main(o Opener) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	status := run(ctx, o, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// Exit statuses.
const (
	exitOK     = 0
	exitNo     = 1 // diff: they differ; verify: there are faults; the answer to a question was no
	exitFailed = 2
)

// run runs the command and returns the exit status.
func run(ctx context.Context, o Opener, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{opener: o, stdin: stdin, stdout: stdout, stderr: stderr}
	status, err := p.run(ctx, args)
	if err != nil {
		fmt.Fprintf(stderr, "committable: %v\n", err)
		return exitFailed
	}
	return status
}

// program is one run of the command.
type program struct {
	opener         Opener
	stdin          io.Reader
	stdout, stderr io.Writer

	// Flags.
	json   bool   // write JSON objects instead of text
	yes    bool   // do not ask
	newest uint64 // log: how many sessions to list, 0 for all
}

// command is a subcommand.
type command struct {
	name, args, summary string
	operands            int
	flags               func(*program, *flag.FlagSet)
	run                 func(p *program, ctx context.Context, operands []string) (int, error)
	help                string
}

func (p *program) run(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 {
		p.usage(p.stderr)
		return exitFailed, nil
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		p.usage(p.stdout)
		return exitOK, nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return p.runCommand(ctx, c, args[1:])
		}
	}
	return exitFailed, fmt.Errorf("unknown command %q; see committable -h", args[0])
}

func (p *program) runCommand(ctx context.Context, c command, args []string) (int, error) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if c.flags != nil {
		c.flags(p, flags)
	}
	operands, err := parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.usage(p.stdout, flags)
		return exitOK, nil
	case err != nil:
		return exitFailed, fmt.Errorf("%s: %w; see committable %s -h", c.name, err, c.name)
	case len(operands) != c.operands:
		return exitFailed, fmt.Errorf("%s: want %s; see committable %s -h", c.name, c.args, c.name)
	}
	return c.run(p, ctx, operands)
}

// parse accepts flags before, between and after the operands.
func parse(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return operands, nil
		}
		operands = append(operands, flags.Arg(0))
		args = flags.Args()[1:]
	}
}
