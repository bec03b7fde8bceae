package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// demoIntro explains the demo before it starts.
const demoIntro = `A worker process posts transfers to a ledger in a file, and acknowledges each one after its commit.
It is killed by SIGKILL, %s, at random moments. Each time a new worker goes on with the file.

After each kill the file is compared
  - with the acknowledgements: each acknowledged session must be there, under its commit ID;
  - with a second ledger, in memory, that got the same requests and was never killed: every balance,
    every transfer and every commit ID must be the same, and nothing may be there twice.
Then the last request is sent once more, and must change nothing.

`

// demoUnacknowledged explains why the file has more sessions than were acknowledged.
const demoUnacknowledged = "(%s committed and not acknowledged: the kill came in between.)\n"

// rowsAtMost is the number of rows that the demo prints; with more kills, a row
// counts several of them.
const rowsAtMost = 10

// demo is the command. It kills a worker process again and again, and compares
// the file that the worker leaves with the sessions that it acknowledged and with
// a ledger that was never killed. It does not cut the power: whether data survives
// that depends on the KV, see package boltkv.
func demo(ctx context.Context, in *invocation) error {
	kills := in.flags.Int("kills", 5, "how often the worker is killed")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if *kills < 1 {
		return in.wrong("-kills is %d; it must be at least 1", *kills)
	}
	folder, err := os.MkdirTemp("", "ledger-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "ledger.db")
	checker, err := newChecker(ctx)
	if err != nil {
		return err
	}
	style := styleOf(in.stdout)
	fmt.Fprintf(in.stdout, demoIntro, style.bold(count(*kills, "time")))
	fmt.Fprintln(in.stdout, style.bold("kills  sessions acknowledged  sessions in the file  differences"))
	acknowledged := 0
	for n := 1; n <= *kills; n++ {
		sessions, err := killWorker(ctx, file)
		if err != nil {
			return fmt.Errorf("kill %d: %w", n, err)
		}
		acknowledged += len(sessions)
		err = use(ctx, file, func(l *Ledger) error { return checker.check(ctx, l, sessions) })
		if err != nil {
			return fmt.Errorf("kill %d: %w", n, err)
		}
		if n*rowsAtMost / *kills > (n-1)*rowsAtMost / *kills {
			fmt.Fprintf(in.stdout, "%5d  %21d  %20d  %s\n", n, acknowledged, checker.sessions(), style.green("none"))
		}
	}
	fmt.Fprintf(in.stdout, "\n%s after %s: all %d acknowledged sessions are there, no transfer is there twice,\n"+
		"and all %d commit IDs are those of the ledger that was never killed.\n",
		style.green("Nothing is lost"), count(*kills, "kill"), acknowledged, checker.sessions())
	if more := checker.sessions() - acknowledged; more > 0 {
		fmt.Fprintf(in.stdout, demoUnacknowledged, count(more, "session"))
	}
	last, found, err := checker.reference.Last()
	if err != nil || !found {
		return err
	}
	fmt.Fprintf(in.stdout, "\nkills %d  sessions %d  transfers %d\ncommit_id %s\n",
		*kills, checker.sessions(), checker.reference.Transfers.Len(), last.ID)
	return nil
}

// count returns a number with its noun, such as "2 kills".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// killWorker runs a worker, kills it, and returns the sessions that it acknowledged.
func killWorker(ctx context.Context, file string) ([]acknowledgement, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	worker := exec.CommandContext(ctx, self, workerCommand, file)
	var stderr bytes.Buffer
	worker.Stderr = &stderr
	out, err := worker.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := worker.Start(); err != nil {
		return nil, err
	}
	var acknowledged []acknowledgement
	lines := bufio.NewScanner(out)
	read := func() bool {
		more := lines.Scan()
		if a, ok := parseAcknowledgement(lines.Text()); more && ok {
			acknowledged = append(acknowledged, a)
		}
		return more
	}
	alive := true
	for range rand.IntN(25) {
		if alive = read(); !alive {
			break
		}
	}
	time.Sleep(rand.N(10 * time.Millisecond)) // or every kill would come right after a line
	killed := worker.Process.Kill()
	for read() { // lines that it printed before it died
	}
	_ = worker.Wait() // the error says that it was killed
	if !alive || killed != nil || stderr.Len() > 0 {
		return nil, errors.Join(fmt.Errorf("the worker ended before it was killed: %s", stderr.String()), ctx.Err())
	}
	return acknowledged, nil
}
