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

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
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

// judge knows what a run comes to that nothing has disturbed.
type judge struct {
	undisturbed *Ledger
	ids         []committer.Session // of the undisturbed run, from the first one on
	step        int                 // the next one of the undisturbed run
}

func newJudge(ctx context.Context) (*judge, error) {
	j := &judge{undisturbed: NewLedger(memkv.New())}
	return j, j.undisturbed.Load(ctx)
}

// sessions returns how many there were when the judge last looked.
func (j *judge) sessions() int { return len(j.ids) }

// judge compares a ledger with the undisturbed one after as many sessions.
// acknowledged is what was since the last time.
func (j *judge) judge(ctx context.Context, l *Ledger, acknowledged []acknowledgement) error {
	last, found, err := l.Last()
	if err != nil {
		return err
	}
	sessions := 0
	if found {
		sessions = int(last.Seq) + 1
	}
	if sessions < len(j.ids)+len(acknowledged) {
		return fmt.Errorf("%d sessions are left; %d were acknowledged", sessions, len(j.ids)+len(acknowledged))
	}
	if err := j.advance(ctx, sessions); err != nil {
		return err
	}
	for _, a := range acknowledged {
		if want := j.ids[a.seq]; a.id != want.ID.String() {
			return fmt.Errorf("session %d was acknowledged with ID %s; undisturbed it has %s", a.seq, a.id, want.ID)
		}
	}
	for _, want := range j.ids {
		if got, ok, err := l.committer.Lookup(want.Key); err != nil || !ok || got.Seq != want.Seq || got.ID != want.ID {
			return errors.Join(err, fmt.Errorf("session %d, %q: found %v, with ID %s; undisturbed it has %s", want.Seq, want.Key, ok, got.ID, want.ID))
		}
	}
	if err := sameState(l, j.undisturbed); err != nil {
		return err
	}
	if err := l.Verify(ctx); err != nil {
		return err
	}
	if j.step == 0 {
		return nil
	}
	// The client repeats its last request, as one that has heard no answer.
	again, _, err := runStep(ctx, l, j.step-1)
	if err != nil || again.Ran || again.Session.ID != last.ID {
		return errors.Join(err, fmt.Errorf("the last request again: it ran: %v, with ID %s; the first time it was %s", again.Ran, again.Session.ID, last.ID))
	}
	return nil
}

// advance lets the undisturbed run go on to as many sessions.
func (j *judge) advance(ctx context.Context, sessions int) error {
	for len(j.ids) < sessions {
		r, refused, err := runStep(ctx, j.undisturbed, j.step)
		if err != nil {
			return fmt.Errorf("undisturbed, step %d: %w", j.step, err)
		}
		j.step++
		if !refused {
			j.ids = append(j.ids, r.Session)
		}
	}
	return nil
}

// sameState compares all rows.
func sameState(got, want *Ledger) error {
	if g, w := got.Accounts.Len(), want.Accounts.Len(); g != w {
		return fmt.Errorf("there are %d accounts; undisturbed there are %d", g, w)
	}
	if g, w := got.Transfers.Len(), want.Transfers.Len(); g != w {
		return fmt.Errorf("there are %d transfers; undisturbed there are %d", g, w)
	}
	for name, w := range want.Accounts.All() {
		if g, _ := got.Accounts.Get(name); g != w {
			return fmt.Errorf("account %s is %+v; undisturbed it is %+v", name, g, w)
		}
	}
	for id, w := range want.Transfers.All() {
		if g, _ := got.Transfers.Get(id); g != w {
			return fmt.Errorf("transfer %d is %+v; undisturbed it is %+v", id, g, w)
		}
	}
	return nil
}
