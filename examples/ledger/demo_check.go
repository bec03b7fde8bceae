package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// checker compares a ledger whose processes are killed with a reference: a ledger
// in memory that runs the same script and is never killed.
type checker struct {
	reference *Ledger
	done      []committer.Session // all sessions of the reference
	step      int                 // the next step of the reference
}

func newChecker(ctx context.Context) (*checker, error) {
	c := &checker{reference: NewLedger(memkv.New())}
	return c, c.reference.Load(ctx)
}

// sessions returns the number of sessions at the last check.
func (c *checker) sessions() int { return len(c.done) }

// lookedUp is the number of sessions, from the last one back, that a check looks up.
// It is far below the number that a ledger retains, and far above the number that
// one process commits.
const lookedUp = 10_000

// check returns an error if l differs from the reference after the same number of
// sessions. acknowledged are the sessions that were acknowledged since the last check.
func (c *checker) check(ctx context.Context, l *Ledger, acknowledged []acknowledgement) error {
	last, found, err := l.Last()
	if err != nil {
		return err
	}
	sessions := 0
	if found {
		sessions = int(last.Seq) + 1
	}
	if sessions < len(c.done)+len(acknowledged) {
		return fmt.Errorf("the file has %d sessions; %d were acknowledged", sessions, len(c.done)+len(acknowledged))
	}
	if err := c.advance(ctx, sessions); err != nil {
		return err
	}
	for _, a := range acknowledged {
		if a.seq >= uint64(sessions) {
			return fmt.Errorf("session %d was acknowledged; the file has %d sessions", a.seq, sessions)
		}
		if want := c.done[a.seq]; a.id != want.ID.String() {
			return fmt.Errorf("session %d was acknowledged with commit ID %s; the reference has %s", a.seq, a.id, want.ID)
		}
	}
	for _, want := range c.done[max(0, sessions-lookedUp):] {
		if got, ok, err := l.committer.Lookup(want.Key); err != nil || !ok || got.Seq != want.Seq || got.ID != want.ID {
			return errors.Join(err, fmt.Errorf("session %d, key %q: found: %v, commit ID %s; the reference has %s", want.Seq, want.Key, ok, got.ID, want.ID))
		}
	}
	if err := sameState(l, c.reference); err != nil {
		return err
	}
	if err := l.Verify(ctx); err != nil {
		return err
	}
	if c.step == 0 {
		return nil
	}
	// The client sends its last request again, as if it had got no answer.
	again, _, err := runStep(ctx, l, c.step-1)
	if err != nil || again.Ran || again.Session.ID != last.ID {
		return errors.Join(err, fmt.Errorf("the last request, sent again, ran: %v, commit ID %s; the first time it was %s", again.Ran, again.Session.ID, last.ID))
	}
	return nil
}

// advance runs the script on the reference up to this number of sessions.
func (c *checker) advance(ctx context.Context, sessions int) error {
	for len(c.done) < sessions {
		r, refused, err := runStep(ctx, c.reference, c.step)
		if err != nil {
			return fmt.Errorf("reference, step %d: %w", c.step, err)
		}
		c.step++
		if !refused {
			c.done = append(c.done, r.Session)
		}
	}
	return nil
}

// sameState returns an error if a row differs.
func sameState(got, want *Ledger) error {
	if g, w := got.Accounts.Len(), want.Accounts.Len(); g != w {
		return fmt.Errorf("there are %d accounts; the reference has %d", g, w)
	}
	if g, w := got.Transfers.Len(), want.Transfers.Len(); g != w {
		return fmt.Errorf("there are %d transfers; the reference has %d", g, w)
	}
	for name, w := range want.Accounts.All() {
		if g, _ := got.Accounts.Get(name); g != w {
			return fmt.Errorf("account %s is %+v; in the reference it is %+v", name, g, w)
		}
	}
	for id, w := range want.Transfers.All() {
		if g, _ := got.Transfers.Get(id); g != w {
			return fmt.Errorf("transfer %d is %+v; in the reference it is %+v", id, g, w)
		}
	}
	return nil
}
