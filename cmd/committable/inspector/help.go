package inspector

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func jsonFlag(in *inspector, f *flag.FlagSet) {
	f.BoolVar(&in.json, "json", false, "write one JSON object a line, for programs")
}

func yesFlag(in *inspector, f *flag.FlagSet) {
	f.BoolVar(&in.yes, "yes", false, "do not ask")
}

func replaceFlags(in *inspector, f *flag.FlagSet) {
	jsonFlag(in, f)
	yesFlag(in, f)
}

// commands returns all commands, in the order in which help lists them.
func commands() []command {
	return []command{
		{
			name: "log", args: "DB", does: "list the sessions, the newest first", operands: 1, run: (*inspector).log,
			flags: func(in *inspector, f *flag.FlagSet) {
				f.Uint64Var(&in.last, "n", 0, "list only the last `N`")
				jsonFlag(in, f)
			},
			help: "The sequence, idempotency key and commit ID of every session that the database\n" +
				"retains, and the committables that it changed. A session that was not finished\n" +
				"comes first.",
		},
		{
			name: "show", args: "DB SEQ", does: "show what a session changed", operands: 2, run: (*inspector).show, flags: jsonFlag,
			help: "What the session SEQ, or last, put and deleted in each store. Fields that are zero\n" +
				"are left out. Records are kept for some sessions only; see committer.WithRecords.",
		},
		{
			name: "verify", args: "DB", does: "recompute everything stored", operands: 1, run: (*inspector).verify, flags: jsonFlag,
			help: "Reads the whole database, recomputes checksums, chains, change roots and commit\n" +
				"IDs, and lists the faults. The exit status is 1 if there are any.",
		},
		{
			name: "diff", args: "A B", does: "find where two databases part", operands: 2, run: (*inspector).diff, flags: jsonFlag,
			help: "The first session in which the two differ, and in it the first store and key. The\n" +
				"exit status is 0 if all sessions that both retain are the same, and as many; else 1.",
		},
		{
			name: "rollback", args: "DB N", does: "keep the first N sessions", operands: 2, run: (*inspector).rollback, flags: replaceFlags,
			help: "Forgets all sessions after the first N, as if they had never been. Lists them and\n" +
				"asks first. Not possible if the database has an external committable.",
		},
		{
			name: "export", args: "DB FILE|-", does: "write the state to a file", operands: 2, run: (*inspector).export,
			help: "Writes all stores and retained sessions as one stream with a checksum, for import.\n" +
				"The file must not exist; - is the standard output.",
		},
		{
			name: "import", args: "DB FILE|-", does: "replace the state by that of a file", operands: 2, run: (*inspector).importFile, flags: replaceFlags,
			help: "Replaces the state and the sessions by those that export wrote, all or nothing. Asks\n" +
				"first if there is data. The database must know the stores: its program must have\n" +
				"loaded it once. Not possible if it has an external committable.",
		},
	}
}

func (in *inspector) usage(w io.Writer) {
	fmt.Fprint(w, "committable looks into the database of a MultiCommitter.\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "  committable %s %s\t%s\n", c.name, c.args, c.does)
	}
	table.Flush()
	var kinds []string
	for _, o := range in.openers {
		kinds = append(kinds, o.Kind)
	}
	fmt.Fprintf(w, "\nDB is the path of a database; this build opens: %s.\n", strings.Join(kinds, ", "))
	fmt.Fprint(w, "The exit status is 0 if all is well, 1 if databases differ or have faults, or if you\n"+
		"said no, and 2 if something failed. committable COMMAND -h says more.\n")
}

func (c *command) usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "committable %s", c.name)
	flags.VisitAll(func(f *flag.Flag) {
		value, _ := flag.UnquoteUsage(f)
		if value != "" {
			value = " " + value
		}
		fmt.Fprintf(w, " [-%s%s]", f.Name, value)
	})
	fmt.Fprintf(w, " %s\n\n%s\n", c.args, c.help)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	first := true
	flags.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprintln(table)
		}
		first = false
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(table, "  -%s\t%s\n", strings.TrimSpace(f.Name+" "+value), usage)
	})
	table.Flush()
}
