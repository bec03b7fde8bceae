package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func jsonFlag(p *program, f *flag.FlagSet) {
	f.BoolVar(&p.json, "json", false, "write JSON, one object per line")
}

func yesFlag(p *program, f *flag.FlagSet) {
	f.BoolVar(&p.yes, "yes", false, "do not ask")
}

func replaceFlags(p *program, f *flag.FlagSet) {
	jsonFlag(p, f)
	yesFlag(p, f)
}

// commands returns all commands, in the order of the help.
func commands() []command {
	return []command{
		{
			name: "log", args: "DB", summary: "list the sessions, newest first", operands: 1, run: (*program).log,
			flags: func(p *program, f *flag.FlagSet) {
				f.Uint64Var(&p.newest, "n", 0, "list only the newest `N` sessions")
				jsonFlag(p, f)
			},
			help: "Lists the sessions that the database retains, newest first: sequence, idempotency\n" +
				"key, first digits of the commit ID, and the committables that the session changed.\n" +
				"An unfinished session comes first.",
		},
		{
			name: "show", args: "DB SEQ", summary: "show the changes of a session", operands: 2, run: (*program).show, flags: jsonFlag,
			help: "Shows the rows that session SEQ put and deleted in each store. SEQ is a number or\n" +
				"last. Fields that are zero are omitted. Only some sessions keep their changes; see\n" +
				"committer.WithRecords.",
		},
		{
			name: "rows", args: "DB STORE", summary: "list the rows of a store", operands: 2, run: (*program).rows, flags: jsonFlag,
			help: "Lists the rows of a store after the last session, by key. Fields that are zero are\n" +
				"omitted.",
		},
		{
			name: "verify", args: "DB", summary: "check everything stored", operands: 1, run: (*program).verify, flags: jsonFlag,
			help: "Reads the whole database, recomputes checksums, hash chains, change roots and commit\n" +
				"IDs, and lists the faults. The exit status is 1 if there are any.",
		},
		{
			name: "diff", args: "A B", summary: "find the first difference of two databases", operands: 2, run: (*program).diff, flags: jsonFlag,
			help: "Finds the first session in which the databases differ, and in that session the first\n" +
				"store and key. The exit status is 0 if both have the same number of sessions and all\n" +
				"sessions that both retain are the same, otherwise 1.",
		},
		{
			name: "rollback", args: "DB N", summary: "keep only the first N sessions", operands: 2, run: (*program).rollback, flags: replaceFlags,
			help: "Removes all sessions after the first N, as if they had never happened. Lists them and\n" +
				"asks first. Not possible for a database with an external committable.",
		},
		{
			name: "export", args: "DB FILE|-", summary: "write the state to a file", operands: 2, run: (*program).export,
			help: "Writes the rows of all stores and the retained sessions to FILE, with a checksum, for\n" +
				"import. FILE must not exist. With -, writes to the standard output.",
		},
		{
			name: "import", args: "DB FILE|-", summary: "replace the state with that of a file", operands: 2, run: (*program).importFile, flags: replaceFlags,
			help: "Replaces all rows and sessions with those that export wrote, or changes nothing if\n" +
				"that fails. Asks first if the database has sessions. With -, reads from the standard\n" +
				"input. The program of the database must have loaded it once, so that it has the\n" +
				"stores. Not possible for a database with an external committable.",
		},
	}
}

func (p *program) usage(w io.Writer) {
	fmt.Fprint(w, "committable inspects the database of a MultiCommitter.\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "  committable %s %s\t%s\n", c.name, c.args, c.summary)
	}
	table.Flush()
	fmt.Fprintf(w, "\nDB, A and B are paths of databases. This build opens %s.\n", p.opener.Kind)
	fmt.Fprint(w, "Exit status: 0 for success; 1 if databases differ, faults were found or you answered\n"+
		"no; 2 for an error. Run committable COMMAND -h for the details of a command.\n")
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
