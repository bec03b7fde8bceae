package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committer"
)

// way is how a client runs its sessions and reacts to errors.
type way int

const (
	byBegin  way = iota // Begin and Commit; Commit is repeated until it answers
	byCancel            // Begin and Commit; after an error Cancel, and another key, and the same key again
	byDo                // Do; after an error again
)

var ways = []way{byBegin, byCancel, byDo}

func (w way) String() string {
	return [...]string{"by Begin and Commit", "by Begin, Commit and Cancel", "by Do"}[w]
}

// client goes through the script, in one process after the other. All sessions
// before next were acknowledged.
type client struct {
	next int // the current step; after the last step: final checks

	// mustPend: the session of the current step was begun and not ended, so its
	// key must be pending.
	mustPend bool
}

// detour is the key of a session that is begun and cancelled between steps.
const detour = "detour"

// errGiveUp is the error of the code of a session that Do is to cancel.
var errGiveUp = errors.New("give up")

func (c *client) step(p *process) step { return p.h.script.steps[c.next] }

// maxTries bounds how often a client repeats a call that returned an error. It is
// above the number of calls that a fault disturbs.
func (p *process) maxTries() int { return 12 + 2*p.plan.length }

// drive loads the process and runs the script up to a step, or until the process
// is over. It returns a violation, or nil.
func (c *client) drive(p *process, until int) error {
	ctx := context.Background()
	loaded := func() error { return p.m.Load(ctx) }
	if err := c.insist(p, "Load", loaded); err != nil || p.over() {
		return err
	}
	if err := c.checkLoaded(p); err != nil {
		return err
	}
	return c.goOn(p, until)
}

// goOn is drive without a Load: Begin and Do load by themselves.
func (c *client) goOn(p *process, until int) error {
	for c.next < until {
		st := c.step(p)
		if err := c.insist(p, fmt.Sprintf("step %d, key %q", c.next, st.key), func() error { return c.attempt(p, st) }); err != nil || p.over() {
			return err
		}
		c.next, c.mustPend = c.next+1, false
		if err := c.checkAnswer(p); err != nil {
			return fmt.Errorf("after step %d, key %q: %w", c.next-1, st.key, err)
		}
	}
	if until < len(p.h.script.steps) {
		return nil
	}
	if err := c.insist(p, "keys used before", func() error { return c.retryAll(p) }); err != nil || p.over() {
		return err
	}
	return c.checkAnswer(p)
}

// insist calls a function until it succeeds or the process is over.
func (c *client) insist(p *process, what string, do func() error) error {
	for range p.maxTries() {
		faultOver := p.faultOver()
		err := do()
		switch {
		case isViolation(err):
			return fmt.Errorf("%s: %w", what, err)
		case p.dead() || err == nil:
			return nil
		case errors.Is(err, committer.ErrClosed):
			if !p.mayBeClosed() {
				return violated("%s: closed without a reason: %v", what, err)
			}
			p.closed = true
			return nil
		case p.plan.n == 0:
			return violated("%s: an error though nothing fails: %v", what, err)
		case faultOver && len(p.externals) == 0:
			return violated("%s: an error though nothing fails any more: %v", what, err)
		}
		if err := c.checkUntorn(p); err != nil {
			return fmt.Errorf("%s failed: %w", what, err)
		}
	}
	return violated("%s: there is no way on: %v", what, do())
}

// attempt runs a session once. It returns an error if the session was not
// acknowledged.
func (c *client) attempt(p *process, st step) error {
	if err := c.discard(p, st.key); err != nil {
		return err
	}
	err := c.run(p, st)
	if errors.Is(err, committer.ErrIdempotencyKeyMismatch) && !errors.Is(err, committer.ErrUndecided) {
		// Begin loaded the MultiCommitter, which found the key that a crash left.
		if err := c.discard(p, st.key); err != nil {
			return err
		}
		err = c.run(p, st)
	}
	return err
}

// discard cancels a session that a crash left open under another key: the key was
// cancelled and is pending again. A client of byCancel also discards a session
// under this key.
func (c *client) discard(p *process, key string) error {
	pending, any, err := p.m.Pending()
	if err != nil || !any || string(pending) == key && p.h.way != byCancel {
		return nil
	}
	if !slices.Contains(c.mayPend(p), string(pending)) {
		return violated("%q is pending, want one of %q", pending, c.mayPend(p))
	}
	c.mustPend = false
	if err := p.m.Cancel(context.Background()); err != nil {
		if errors.Is(err, committer.ErrUndecided) && string(pending) == key {
			return nil // it can only be finished
		}
		return err
	}
	return c.audit(p)
}

// run runs a session once, after discard.
func (c *client) run(p *process, st step) error {
	ctx := context.Background()
	if p.h.way == byDo {
		return c.attemptDo(p, st)
	}
	if err := p.m.Begin(ctx, []byte(st.key)); err != nil {
		return err
	}
	c.mustPend = true
	if err := p.write(ctx, st); err != nil {
		if injected(err) {
			c.mustPend = false
			return errors.Join(err, p.m.Cancel(ctx))
		}
		return violated("%v", err)
	}
	if st.end == cancelsStaged && len(p.externals) == 0 {
		if _, err := p.m.Stage(ctx, []byte(st.key)); err != nil {
			return violated("Stage: %v", err)
		}
	}
	if st.end != commits {
		c.mustPend = false
		return p.m.Cancel(ctx)
	}
	id, err := p.m.Commit(ctx, []byte(st.key))
	for range p.maxTries() {
		if err == nil || p.over() || errors.Is(err, committer.ErrClosed) || errors.Is(err, committer.ErrUndecided) {
			break
		}
		if err := c.checkUntorn(p); err != nil {
			return fmt.Errorf("Commit failed: %w", err)
		}
		if p.h.way == byCancel {
			if id, err = c.cancelAfter(p, err); id == nil {
				return err
			}
			break
		}
		id, err = p.m.Commit(ctx, []byte(st.key))
	}
	if err != nil {
		return err
	}
	return c.checkID(p, id)
}

// cancelAfter cancels a session whose Commit has failed. If the session turns out
// to be committed, it returns the ID; otherwise it returns the error of Commit.
func (c *client) cancelAfter(p *process, failed error) (id []byte, err error) {
	ctx := context.Background()
	c.mustPend = false
	for range p.maxTries() {
		err := p.m.Cancel(ctx)
		already := (*committer.AlreadyCommittedError)(nil)
		switch {
		case errors.As(err, &already):
			return already.Session.ID[:], nil
		case err == nil:
			if _, replayed, _ := p.m.Lookup([]byte(c.step(p).key)); replayed {
				return nil, failed // it was committed before a crash, and stays committed
			}
			if err := c.audit(p); err != nil {
				return nil, fmt.Errorf("Cancel has answered: %w", err)
			}
			if err := c.takeDetour(p); err != nil {
				return nil, err
			}
			return nil, failed
		case errors.Is(err, committer.ErrUndecided), errors.Is(err, committer.ErrClosed), p.over():
			return nil, err
		}
	}
	return nil, failed
}

// takeDetour checks that another session can begin after a Cancel.
func (c *client) takeDetour(p *process) error {
	ctx := context.Background()
	switch err := p.m.Begin(ctx, []byte(detour)); {
	case errors.Is(err, committer.ErrIdempotencyKeyMismatch), errors.Is(err, committer.ErrInSession), errors.Is(err, committer.ErrUndecided):
		return violated("Cancel has answered, and another key is refused: %v", err)
	case err != nil:
		return nil // the KV or an external is down
	}
	return p.m.Cancel(ctx)
}

func (c *client) attemptDo(p *process, st step) error {
	var broken error
	s, ran, err := p.m.Do(context.Background(), []byte(st.key), func(ctx context.Context) error {
		c.mustPend = st.end == commits
		if broken = p.write(ctx, st); broken != nil || st.end == commits {
			return broken
		}
		return errGiveUp
	})
	if !p.dead() {
		c.mustPend = false
	}
	switch {
	case injected(broken):
		return err
	case broken != nil:
		return violated("%v", broken)
	case st.end != commits && errors.Is(err, errGiveUp):
		return nil
	case st.end != commits && err == nil:
		return violated("Do ran=%v answers %q with %s, and it is cancelled", ran, st.key, s.ID)
	case err != nil:
		return err
	}
	return c.checkID(p, s.ID[:])
}

// retryAll requests every session again.
func (c *client) retryAll(p *process) error {
	ctx := context.Background()
	if err := p.m.Load(ctx); err != nil {
		return err
	}
	if err := c.discard(p, ""); err != nil {
		return err
	}
	last := ""
	for i, st := range p.h.script.steps {
		if st.end != commits {
			continue
		}
		last = st.key
		s, ran, err := p.m.Do(ctx, []byte(st.key), func(context.Context) error { return errors.New("it was committed before") })
		if err != nil && !ran {
			return err
		}
		if ran || !bytes.Equal(s.ID[:], p.h.want.ids[i]) {
			return violated("Do with the used key %q: ran %v, error %v, ID %s, want %x", st.key, ran, err, s.ID, p.h.want.ids[i])
		}
	}
	for i, st := range p.h.script.steps {
		if st.end != commits || st.key != last {
			continue
		}
		if err := p.m.Begin(ctx, []byte(last)); err != nil {
			return err
		}
		if err := p.write(ctx, st); injected(err) {
			return errors.Join(err, p.m.Cancel(ctx))
		} else if err != nil {
			return violated("replay: %v", err)
		}
		id, err := p.m.Commit(ctx, []byte(last))
		if err != nil {
			_ = p.m.Cancel(ctx) // the session may be over; the error of Commit is the one to tell
			return err
		}
		if !bytes.Equal(id, p.h.want.ids[i]) {
			return violated("replay of key %q: ID %x, want %x", last, id, p.h.want.ids[i])
		}
	}
	return nil
}
