package committertest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// client goes through the sessions in one process after the other, and holds all
// it sees against the undisturbed run.
type client[A any] struct {
	*explorer[A]
	ctx     context.Context
	d       disturbance
	machine machine

	processes int
	doing     string   // for messages
	hits      []string // the calls that were disturbed, for messages

	// Places in the script.
	asked int // those before this one were asked for
	acked int // those before this one were acknowledged, or refused, by some process
	safe  int // those before this one can't be lost any more
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

// where tells what was disturbed, and what the client was doing.
func (c *client[A]) where() string {
	var b strings.Builder
	if len(c.hits) > 0 {
		b.WriteString("\n  disturbed: " + strings.Join(c.hits, ", then "))
	}
	if c.doing != "" {
		b.WriteString("\n  " + c.doing)
	}
	return b.String()
}

// process is a process of the application.
type process[A any] struct {
	*Process
	app A
	m   *committer.MultiCommitter // nil before Open has returned
}

// drive lets processes follow each other until all sessions are acknowledged,
// and then looks at what there is.
func (c *client[A]) drive() error {
	for over := false; !over; {
		c.processes++
		p := &process[A]{Process: NewProcess(kvtest.NewFault(c.machine.kv()))}
		c.arm(p.fault)
		var err error
		over, err = c.use(p)
		c.end(p)
		if err != nil {
			return err
		}
		if err := c.machine.crash(c.d.power); err != nil {
			return fmt.Errorf("the KV after the crash: %w", err)
		}
	}
	c.doing = "at the end, opened once more"
	return c.conclude()
}

// arm makes the fault do what the disturbance says for this process.
func (c *client[A]) arm(f *kvtest.Fault) {
	switch {
	case c.processes == 1 && c.d.call > 0 && c.d.crash:
		f.CrashAt(c.d.call, c.d.when)
	case c.processes == 1 && c.d.call > 0:
		f.FailAt(c.d.call, c.d.when)
	case c.processes == 2 && c.d.again > 0 && c.d.againFails:
		f.FailAt(c.d.again, c.d.when)
	case c.processes == 2 && c.d.again > 0:
		f.CrashAt(c.d.again, c.d.when)
	}
}

// use lets a process load and commit, as far as it comes. It returns whether all
// sessions are acknowledged.
func (c *client[A]) use(p *process[A]) (over bool, err error) {
	c.doing = fmt.Sprintf("process %d, opening", c.processes)
	if dead, err := c.try(p, func() error { return c.open(p) }); dead || err != nil {
		return false, err
	}
	next, err := c.find(p)
	if err != nil {
		return false, err
	}
	over = true
	for i := next; i < len(c.app.Sessions); i++ {
		s := c.app.Sessions[i]
		c.asked = max(c.asked, i+1)
		c.doing = fmt.Sprintf("process %d, session %q (%d of %d)", c.processes, s.Key, i+1, len(c.app.Sessions))
		if dead, err := c.try(p, func() error { return s.Run(c.ctx, p.app) }); dead || err != nil {
			return false, err
		}
		if err := c.acknowledged(p, i); err != nil {
			return false, err
		}
		c.acked = i + 1
		if c.d.restarts && c.want.sessions[i] != nil {
			over = i+1 == len(c.app.Sessions)
			break
		}
	}
	c.doing = fmt.Sprintf("process %d, closing", c.processes)
	// Not by try: closed twice is no error, but nothing is synced then.
	err = p.m.Close()
	if err != nil && p.disturbed() {
		return false, nil
	}
	return over, err
}

// triesAtMost is how often a client asks before it waits for another process.
const triesAtMost = 3

// try calls fn, and again if a disturbance may be to blame for its error. Dead
// tells that this process gets no further.
func (c *client[A]) try(p *process[A], fn func() error) (dead bool, err error) {
	for range triesAtMost {
		switch err = fn(); {
		case err == nil:
			return false, nil
		case !p.disturbed():
			return false, fmt.Errorf("there is an error, though nothing has disturbed this process: %w", err)
		}
	}
	return true, nil
}

// disturbed tells whether a call was.
func (p *process[A]) disturbed() bool { return p.hit() != "" }

// hit returns the first call that was disturbed, "" if there is none.
func (p *process[A]) hit() string {
	for _, call := range p.fault.Log() {
		if errors.Is(call.Err, kvtest.ErrInjected) || errors.Is(call.Err, kvtest.ErrCrashed) {
			return strings.TrimSpace(fmt.Sprintf("#%d %s %s", call.N, call.Method, strings.Join(call.Keys, " ")))
		}
	}
	return ""
}

// open makes the process.
func (c *client[A]) open(p *process[A]) (err error) {
	if p.app, err = c.app.Open(p.Process); err != nil {
		return err
	}
	p.m = c.app.Committer(p.app)
	return p.m.Load(c.ctx)
}

// end makes sure that nothing of the process goes on, in the background either.
func (c *client[A]) end(p *process[A]) {
	if hit := p.hit(); hit != "" {
		c.hits = append(c.hits, hit)
	}
	p.fault.Crash()
	if p.m != nil {
		_ = p.m.Close() // of a process that is dead, or closed already
	}
	p.End()
}

// find compares what a process has loaded, and returns the place of the session
// that comes next: the one that is pending, or the first that is not
// acknowledged, or the first that is lost.
func (c *client[A]) find(p *process[A]) (next int, err error) {
	last, found, err := p.m.Last()
	if err != nil {
		return 0, err
	}
	if found {
		i, known := c.want.index[string(last.Key)]
		if !known || i >= c.asked || c.want.sessions[i] == nil {
			return 0, fmt.Errorf("there is a session %q, which undisturbed is not there", last.Key)
		}
		if different := differentSession(last, *c.want.sessions[i]); different != "" {
			return 0, fmt.Errorf("the last session, %q: %s", last.Key, different)
		}
		next = i + 1
	}
	if next < c.safe {
		return 0, fmt.Errorf("session %q was acknowledged, and is lost", c.app.Sessions[c.safe-1].Key)
	}
	key, pending, err := p.m.Pending()
	if err != nil {
		return 0, err
	}
	if pending { // the state may be between two: not compared until that is finished
		if i, known := c.want.index[string(key)]; known && i < c.asked {
			return max(next, i), nil
		}
		return 0, fmt.Errorf("a session %q is pending, which nobody has asked for", key)
	}
	if c.acked > next && c.want.refused(next, c.acked) {
		next = c.acked
	}
	return next, c.sameState(p, next)
}

// sameState compares the state with the undisturbed one after n sessions.
func (c *client[A]) sameState(p *process[A], n int) error {
	if different := differentState(c.app.State(p.app), c.want.states[n]); different != "" {
		return errors.New(different)
	}
	return nil
}

// acknowledged compares what a session that returned no error has come to.
func (c *client[A]) acknowledged(p *process[A], i int) error {
	if err := c.sameSession(p, i); err != nil {
		return err
	}
	if seq, ok, err := p.m.DurableSeq(); err != nil {
		return err
	} else if ok {
		c.safe = max(c.safe, c.want.durable(seq))
	}
	if c.machine.keepsUnsynced(c.d.power) && c.want.sessions[i] != nil {
		c.safe = max(c.safe, i+1)
	}
	return c.sameState(p, i+1)
}

// sameSession compares a session that is retained.
func (c *client[A]) sameSession(p *process[A], i int) error {
	got, found, err := p.m.Lookup([]byte(c.app.Sessions[i].Key))
	want := c.want.sessions[i]
	switch {
	case err != nil:
		return err
	case found && want == nil:
		return errors.New("it is committed; undisturbed the application refused it")
	case !found && want != nil:
		return errors.New("no error was returned, but there is no session under its key; undisturbed there is one")
	case !found:
		return nil
	}
	if different := differentSession(got, *want); different != "" {
		return errors.New(different)
	}
	return nil
}

// conclude loads what is left, and makes the last request once more.
func (c *client[A]) conclude() error {
	p := &process[A]{Process: NewProcess(kvtest.NewFault(c.machine.kv()))}
	if err := c.open(p); err != nil {
		return err
	}
	defer c.end(p)
	if next, err := c.find(p); err != nil {
		return err
	} else if next <= c.want.last {
		return fmt.Errorf("session %q was acknowledged, and is lost", c.app.Sessions[c.want.last].Key)
	}
	if err := c.verify(p); err != nil {
		return err
	}
	last := c.app.Sessions[c.want.last]
	c.doing = fmt.Sprintf("the last request, %q, made again", last.Key)
	if err := last.Run(c.ctx, p.app); err != nil && !errors.Is(err, committer.ErrAlreadyCommitted) {
		return err
	}
	if _, err := c.find(p); err != nil {
		return err
	}
	return p.m.Close()
}

// verify looks at all that is stored, and at every session that is retained.
func (c *client[A]) verify(p *process[A]) error {
	if err := p.m.Verify(c.ctx); err != nil {
		return fmt.Errorf("what is stored: %w", err)
	}
	for i := range c.app.Sessions {
		if _, retained, _ := p.m.Lookup([]byte(c.app.Sessions[i].Key)); !retained {
			continue // refused, or older than the history
		}
		if err := c.sameSession(p, i); err != nil {
			return fmt.Errorf("session %q: %w", c.app.Sessions[i].Key, err)
		}
	}
	return nil
}
