package inspector

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/gencommittable/gencommittable/kv"
)

// Database is a KV that has to be closed.
type Database interface {
	kv.KV
	Close() error
}

// Opener opens one kind of database.
type Opener struct {
	Kind string // for messages: "bolt"
	// Detect tells by what is at the path whether it is of this kind.
	Detect func(path string) bool
	// Open opens the database, which exists. With readOnly nothing at the path
	// may be changed; without, it was opened so before. The error wraps kv.ErrLocked if a program has it open.
	Open func(path string, readOnly bool) (Database, error)
}

// Exit statuses.
const (
	exitOK     = 0
	exitNo     = 1 // diff: they differ; verify: there are faults; the question was answered with no
	exitFailed = 2
)

// Main runs the command with its arguments, without the name of the program, and
// returns the exit status: 0 if all is well; 1 if databases differ, faults were
// found, or the user said no; 2 if the command could not do its work.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, openers ...Opener) int {
	in := &inspector{stdin: stdin, stdout: stdout, stderr: stderr, openers: openers}
	status, err := in.run(ctx, args)
	if err != nil {
		fmt.Fprintf(stderr, "committable: %v\n", err)
		return exitFailed
	}
	return status
}

// inspector is one run of the command.
type inspector struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	openers        []Opener

	json bool   // write objects, not text
	yes  bool   // do not ask
	last uint64 // of log: how many sessions, 0 for all
}

// command is a subcommand.
type command struct {
	name, args, does string
	operands         int
	flags            func(*inspector, *flag.FlagSet)
	run              func(in *inspector, ctx context.Context, operands []string) (int, error)
	help             string
}

func (in *inspector) run(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 {
		in.usage(in.stderr)
		return exitFailed, nil
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		in.usage(in.stdout)
		return exitOK, nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return in.runCommand(ctx, c, args[1:])
		}
	}
	return exitFailed, fmt.Errorf("there is no command %q; committable -h lists them", args[0])
}

func (in *inspector) runCommand(ctx context.Context, c command, args []string) (int, error) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if c.flags != nil {
		c.flags(in, flags)
	}
	operands, err := parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.usage(in.stdout, flags)
		return exitOK, nil
	case err != nil:
		return exitFailed, fmt.Errorf("%s: %w; see committable %s -h", c.name, err, c.name)
	case len(operands) != c.operands:
		return exitFailed, fmt.Errorf("%s takes %s; see committable %s -h", c.name, c.args, c.name)
	}
	return c.run(in, ctx, operands)
}

// parse takes flags before, between and after the operands.
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
