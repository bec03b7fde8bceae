package committertest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// client runs the sessions in one process after another. After each session and
// each start it compares the state with the undisturbed run.
type client[A any] struct {
	*explorer[A]
	ctx     context.Context
	d       disturbance
	machine machine

	processes int
	action    string   // what the client does, for messages
	disturbed []string // the disturbed calls, for messages

	// Numbers of sessions, counted from the first one.
	requested int // sessions that were requested
	acked     int // sessions that a process acknowledged or refused
	durable   int // sessions that no crash can lose
}

func (e *explorer[A]) newClient(ctx context.Context, d disturbance) (*client[A], error) {
	if e.app.Reset != nil {
		e.app.Reset()
	}
	machine, err := e.options.newMachine()
	if err != nil {
		return nil, fmt.Errorf("committertest: opening the KV: %w", err)
	}
	return &client[A]{explorer: e, ctx: ctx, d: d, machine: machine}, nil
}

// where describes the disturbed calls and the client's last action, for messages.
func (c *client[A]) where() string {
	var b strings.Builder
	if len(c.disturbed) > 0 {
		b.WriteString("\n  disturbed: " + strings.Join(c.disturbed, ", then "))
	}
	if c.action != "" {
		b.WriteString("\n  " + c.action)
	}
	return b.String()
}

// process is one process of the application.
type process[A any] struct {
	*Process
	app A
	m   *committer.MultiCommitter // nil until Open has returned
}

// runProcesses starts one process after another until all sessions are
// acknowledged. Then it checks the end state.
func (c *client[A]) runProcesses() error {
	for done := false; !done; {
		c.processes++
		p := &process[A]{Process: NewProcess(kvtest.NewFault(c.machine.kv()))}
		c.setFault(p.fault)
		var err error
		done, err = c.runProcess(p)
		c.endProcess(p)
		if err != nil {
			return err
		}
		if err := c.machine.crash(c.d.powerLoss); err != nil {
			return fmt.Errorf("reopening the KV after a crash: %w", err)
		}
	}
	c.action = "at the end, after reopening"
	return c.checkEnd()
}

// setFault sets the disturbed call of the current process.
func (c *client[A]) setFault(f *kvtest.Fault) {
	switch {
	case c.processes == 1 && c.d.call > 0 && c.d.crash:
		f.CrashAt(c.d.call, c.d.when)
	case c.processes == 1 && c.d.call > 0:
		f.FailAt(c.d.call, c.d.when)
	case c.processes == 2 && c.d.secondCall > 0 && c.d.secondFails:
		f.FailAt(c.d.secondCall, c.d.when)
	case c.processes == 2 && c.d.secondCall > 0:
		f.CrashAt(c.d.secondCall, c.d.when)
	}
}

// runProcess opens the application and runs sessions until the process dies. It
// reports whether all sessions are acknowledged.
func (c *client[A]) runProcess(p *process[A]) (done bool, err error) {
	c.action = fmt.Sprintf("process %d, opening", c.processes)
	if dead, err := c.retry(p, func() error { return c.open(p) }); dead || err != nil {
		return false, err
	}
	next, err := c.checkLoaded(p)
	if err != nil {
		return false, err
	}
	done = true
	for i := next; i < len(c.app.Sessions); i++ {
		s := c.app.Sessions[i]
		c.requested = max(c.requested, i+1)
		c.action = fmt.Sprintf("process %d, session %q (%d of %d)", c.processes, s.Key, i+1, len(c.app.Sessions))
		if dead, err := c.retry(p, func() error { return s.Run(c.ctx, p.app) }); dead || err != nil {
			return false, err
		}
		if err := c.checkAcknowledged(p, i); err != nil {
			return false, err
		}
		c.acked = i + 1
		if c.d.restarts && c.want.sessions[i] != nil {
			done = i+1 == len(c.app.Sessions)
			break
		}
	}
	c.action = fmt.Sprintf("process %d, closing", c.processes)
	// Not by retry: a second Close returns nil, although nothing is synced.
	err = p.m.Close()
	if err != nil && p.disturbed() {
		return false, nil
	}
	return done, err
}

// maxTries is the number of times that a client makes a request to one process.
const maxTries = 3

// retry calls fn up to maxTries times, until it succeeds. An error of an
// undisturbed process is returned at once. After maxTries errors of a disturbed
// process, retry reports the process as dead.
func (c *client[A]) retry(p *process[A], fn func() error) (dead bool, err error) {
	for range maxTries {
		switch err = fn(); {
		case err == nil:
			return false, nil
		case !p.disturbed():
			return false, fmt.Errorf("unexpected error in an undisturbed process: %w", err)
		}
	}
	return true, nil
}

// disturbed reports whether a call of the process was disturbed.
func (p *process[A]) disturbed() bool { return p.disturbedCall() != "" }

// disturbedCall describes the first disturbed call, for messages. It is empty if
// no call was disturbed.
func (p *process[A]) disturbedCall() string {
	for _, call := range p.fault.Log() {
		if errors.Is(call.Err, kvtest.ErrInjected) || errors.Is(call.Err, kvtest.ErrCrashed) {
			return strings.TrimSpace(fmt.Sprintf("#%d %s %s", call.N, call.Method, strings.Join(call.Keys, " ")))
		}
	}
	return ""
}

// open opens and loads the application.
func (c *client[A]) open(p *process[A]) (err error) {
	if p.app, err = c.app.Open(p.Process); err != nil {
		return err
	}
	p.m = c.app.Committer(p.app)
	return p.m.Load(c.ctx)
}

// endProcess ends the process and waits for its background work.
func (c *client[A]) endProcess(p *process[A]) {
	if call := p.disturbedCall(); call != "" {
		c.disturbed = append(c.disturbed, call)
	}
	p.fault.Crash()
	if p.m != nil {
		_ = p.m.Close() // fails if the process is dead
	}
	p.End()
}

// checkLoaded compares a loaded process with the undisturbed run. It returns the
// index of the next session to run: the pending one, or the first one that is
// unacknowledged or lost.
func (c *client[A]) checkLoaded(p *process[A]) (next int, err error) {
	last, found, err := p.m.Last()
	if err != nil {
		return 0, err
	}
	if found {
		i, known := c.want.index[string(last.Key)]
		if !known || i >= c.requested || c.want.sessions[i] == nil {
			return 0, fmt.Errorf("unexpected session %q: it was not requested, or the undisturbed run refused it", last.Key)
		}
		if diff := sessionDiff(last, *c.want.sessions[i]); diff != "" {
			return 0, fmt.Errorf("last session, %q: %s", last.Key, diff)
		}
		next = i + 1
	}
	if next < c.durable {
		return 0, fmt.Errorf("acknowledged session %q is lost", c.app.Sessions[c.durable-1].Key)
	}
	key, pending, err := p.m.Pending()
	if err != nil {
		return 0, err
	}
	if pending { // externals may be ahead: compare when the session is finished
		if i, known := c.want.index[string(key)]; known && i < c.requested {
			return max(next, i), nil
		}
		return 0, fmt.Errorf("unexpected pending session %q: it was not requested", key)
	}
	if c.acked > next && c.want.refused(next, c.acked) {
		next = c.acked
	}
	return next, c.checkState(p, next)
}

// checkState compares the state with that of the undisturbed run after n sessions.
func (c *client[A]) checkState(p *process[A], n int) error {
	if diff := stateDiff(c.app.State(p.app), c.want.states[n]); diff != "" {
		return errors.New(diff)
	}
	return nil
}

// checkAcknowledged checks session i and the state, after Run returned nil.
func (c *client[A]) checkAcknowledged(p *process[A], i int) error {
	if err := c.checkSession(p, i); err != nil {
		return err
	}
	if seq, ok, err := p.m.DurableSeq(); err != nil {
		return err
	} else if ok {
		c.durable = max(c.durable, c.want.durable(seq))
	}
	if c.machine.keepsUnsynced(c.d.powerLoss) && c.want.sessions[i] != nil {
		c.durable = max(c.durable, i+1)
	}
	return c.checkState(p, i+1)
}

// checkSession compares the retained session i with the undisturbed run.
func (c *client[A]) checkSession(p *process[A], i int) error {
	got, found, err := p.m.Lookup([]byte(c.app.Sessions[i].Key))
	want := c.want.sessions[i]
	switch {
	case err != nil:
		return err
	case found && want == nil:
		return errors.New("it is committed, but the undisturbed run refused it")
	case !found && want != nil:
		return errors.New("Run returned no error, but no session is committed under its key; the undisturbed run committed one")
	case !found:
		return nil
	}
	if diff := sessionDiff(got, *want); diff != "" {
		return errors.New(diff)
	}
	return nil
}

// checkEnd loads and verifies the end state, and repeats the last request.
func (c *client[A]) checkEnd() error {
	p := &process[A]{Process: NewProcess(kvtest.NewFault(c.machine.kv()))}
	if err := c.open(p); err != nil {
		return err
	}
	defer c.endProcess(p)
	if next, err := c.checkLoaded(p); err != nil {
		return err
	} else if next <= c.want.last {
		return fmt.Errorf("acknowledged session %q is lost", c.app.Sessions[c.want.last].Key)
	}
	if err := c.verify(p); err != nil {
		return err
	}
	last := c.app.Sessions[c.want.last]
	c.action = fmt.Sprintf("repeating the last request, %q", last.Key)
	if err := last.Run(c.ctx, p.app); err != nil && !errors.Is(err, committer.ErrAlreadyCommitted) {
		return err
	}
	if _, err := c.checkLoaded(p); err != nil {
		return err
	}
	return p.m.Close()
}

// verify verifies the KV, and compares each retained session with the undisturbed
// run.
func (c *client[A]) verify(p *process[A]) error {
	if err := p.m.Verify(c.ctx); err != nil {
		return fmt.Errorf("verifying the KV: %w", err)
	}
	for i := range c.app.Sessions {
		if _, retained, _ := p.m.Lookup([]byte(c.app.Sessions[i].Key)); !retained {
			continue // refused, or older than the history
		}
		if err := c.checkSession(p, i); err != nil {
			return fmt.Errorf("session %q: %w", c.app.Sessions[i].Key, err)
		}
	}
	return nil
}
