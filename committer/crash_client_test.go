package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committer"
)

// way is how a client drives its sessions, and what it does about errors.
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

// client goes through the script, in one process after the other. It knows
// which sessions were acknowledged: all before next.
type client struct {
	next int // the step in flight; beyond the last one: checks of what is there

	// mustPend: the session in flight was begun, and nothing was done to end
	// it, so its key is pending.
	mustPend bool
}

// detour is a key that is begun and cancelled in between.
const detour = "detour"

// errGiveUp is why the code of a cancelled session fails in Do.
var errGiveUp = errors.New("give up")

func (c *client) step(p *process) step { return p.h.script.steps[c.next] }

// patience is how often a client repeats what returned an error. A fault hits
// at most so many calls.
func (p *process) patience() int { return 12 + 2*p.plan.length }

// drive goes on with the script until a step, or until the process is over.
// What it returns is a violation, or nil.
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

// insist repeats what fails, until it succeeds or the process is over.
func (c *client) insist(p *process, what string, do func() error) error {
	for range p.patience() {
		past := p.past()
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
		case past && len(p.remotes) == 0:
			return violated("%s: an error though nothing fails any more: %v", what, err)
		}
		if err := c.checkUntorn(p); err != nil {
			return fmt.Errorf("%s failed: %w", what, err)
		}
	}
	return violated("%s: there is no way on: %v", what, do())
}

// attempt tries to get a session acknowledged, once. It has failed if it
// returns an error.
func (c *client) attempt(p *process, st step) error {
	if err := c.discard(p, st.key); err != nil {
		return err
	}
	err := c.run(p, st)
	if errors.Is(err, committer.ErrIdempotencyKeyMismatch) && !errors.Is(err, committer.ErrUndecided) {
		// The MultiCommitter was loaded only by Begin, and found what a crash
		// left.
		if err := c.discard(p, st.key); err != nil {
			return err
		}
		err = c.run(p, st)
	}
	return err
}

// discard cancels a session that a crash left open: one under another key,
// which was cancelled but pends again; and, by byCancel, also one under this
// key, so as to begin it from the start.
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

// run is attempt where nothing else is pending.
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
	if st.end == cancelsStaged && len(p.remotes) == 0 {
		if _, err := p.m.Stage(ctx, []byte(st.key)); err != nil {
			return violated("Stage: %v", err)
		}
	}
	if st.end != commits {
		c.mustPend = false
		return p.m.Cancel(ctx)
	}
	id, err := p.m.Commit(ctx, []byte(st.key))
	for range p.patience() {
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

// cancelAfter cancels a session whose Commit has failed. If that turns out to
// be committed, it returns the ID. Otherwise it returns the error of Commit.
func (c *client) cancelAfter(p *process, failed error) (id []byte, err error) {
	ctx := context.Background()
	c.mustPend = false
	for range p.patience() {
		err := p.m.Cancel(ctx)
		already := (*committer.AlreadyCommittedError)(nil)
		switch {
		case errors.As(err, &already):
			return already.Session.ID[:], nil
		case err == nil:
			if _, replayed, _ := p.m.Lookup([]byte(c.step(p).key)); replayed {
				return nil, failed // a crash had hidden that it is committed, and it stays so
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

// takeDetour shows that a cancelled session leaves the way free for another.
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

// retryAll asks for every session again.
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
