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

// demo is the command. Again and again it lets another process post transfers,
// kills it by SIGKILL at a random moment, and compares what it finds in the
// file with what the process had acknowledged and with a run that nothing has
// disturbed. That the process is dead is not all that can go wrong: the loss of
// power is up to the KV, see package boltkv.
func demo(ctx context.Context, in *invocation) error {
	kills := in.flags.Int("kills", 5, "how often the process is killed")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if *kills < 1 {
		return in.wrong("-kills is %d; it must be 1 at least", *kills)
	}
	folder, err := os.MkdirTemp("", "ledger-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "ledger.db")
	fmt.Fprintln(in.stdout, "A process posts transfers to a ledger on disk, and is killed while it does.")
	judge, err := newJudge(ctx)
	if err != nil {
		return err
	}
	for n := range *kills {
		acknowledged, err := killWorker(ctx, file)
		if err != nil {
			return fmt.Errorf("kill %d: %w", n+1, err)
		}
		before := judge.sessions()
		err = use(ctx, file, func(l *Ledger) error { return judge.judge(ctx, l, acknowledged) })
		if err != nil {
			return fmt.Errorf("kill %d: %w", n+1, err)
		}
		committed := judge.sessions() - before
		fmt.Fprintf(in.stdout, "kill %3d: %3d sessions acknowledged, %3d found, none lost, none twice, all commit IDs as undisturbed\n",
			n+1, len(acknowledged), committed)
	}
	last, _, err := judge.undisturbed.Last()
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "kills      %d\nsessions   %d\ntransfers  %d\ncommit_id  %s\n",
		*kills, judge.sessions(), judge.undisturbed.Transfers.Len(), last.ID)
	return nil
}

// killWorker runs a worker, kills it, and returns what it had acknowledged.
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
	time.Sleep(rand.N(10 * time.Millisecond)) // so that not every kill is right after a line
	killed := worker.Process.Kill()
	for read() { // what it had told before it died
	}
	_ = worker.Wait() // it was killed, and says so
	if !alive || killed != nil || stderr.Len() > 0 {
		return nil, errors.Join(fmt.Errorf("the worker ended by itself: %s", stderr.String()), ctx.Err())
	}
	return acknowledged, nil
}
