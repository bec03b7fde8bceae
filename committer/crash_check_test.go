package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committer"
)

// checkID compares the ID of the current step with the undisturbed run.
func (c *client) checkID(p *process, id []byte) error {
	if want := p.h.want.ids[c.next]; !bytes.Equal(id, want) {
		return violated("the commit ID is %x, want %x", id, want)
	}
	return nil
}

// place returns 0 if an image is the state before the current step, and 1 if it
// is the state after it. If both states are the same, it returns 0.
func (c *client) place(want []image, got image) (int, error) {
	old := want[c.next].difference(got)
	if old == "" {
		return 0, nil
	}
	if c.next+1 < len(want) {
		if changed := want[c.next+1].difference(got); changed == "" {
			return 1, nil
		} else if want[c.next+1].difference(want[c.next]) != "" {
			return 0, violated("neither the old state (%s) nor the new one (%s)", old, changed)
		}
	}
	return 0, violated("not the state of the acknowledged sessions: %s", old)
}

// places returns the place of the stores, and whether an external is ahead of
// them.
func (c *client) places(p *process, stores image) (at int, ahead bool, err error) {
	if at, err = c.place(p.h.want.stores, stores); err != nil {
		return 0, false, fmt.Errorf("stores: %w", err)
	}
	for i, db := range p.disk.dbs {
		got, err := c.place(p.h.want.externals[i], image(db.Lines()))
		if err != nil {
			return 0, false, fmt.Errorf("external %s: %w", externalNames[i], err)
		}
		if got < at && p.h.want.externals[i][c.next].difference(p.h.want.externals[i][c.next+1]) != "" {
			return 0, false, violated("the stores have session %q, and external %s has not", c.step(p).key, externalNames[i])
		}
		ahead = ahead || got > at
	}
	return at, ahead, nil
}

// checkUntorn checks the state after an error: all stores and the last session
// are before the current step, or all of them are after it.
func (c *client) checkUntorn(p *process) error {
	seen, loaded := p.image()
	if !loaded {
		return nil
	}
	_, _, err := c.places(p, seen)
	return err
}

// checkLoaded checks the state and the pending key after Load: all acknowledged
// sessions are there, and no session but the current one.
func (c *client) checkLoaded(p *process) error {
	seen, _ := p.image()
	at, ahead, err := c.places(p, seen)
	if err != nil {
		return fmt.Errorf("after Load: %w", err)
	}
	pending, any, err := p.m.Pending()
	switch {
	case err != nil:
		return violated("after Load: Pending: %v", err)
	case any && at == 1:
		return violated("after Load: %q is pending, and it is committed", pending)
	case any && !slices.Contains(c.mayPend(p), string(pending)):
		return violated("after Load: %q is pending, want one of %q", pending, c.mayPend(p))
	case !any && at == 0 && (c.mustPend || ahead):
		return violated("after Load: nothing is pending, and %q was in progress", c.step(p).key)
	}
	if !ahead {
		return nil
	}
	// The commit of an external cannot be undone, so no other session may begin
	// before this one is finished.
	switch err := p.m.Begin(context.Background(), []byte(detour)); {
	case p.dead():
		return nil
	case !errors.Is(err, committer.ErrUndecided):
		return violated("an external has committed key %q, and Begin with another one says: %v", c.step(p).key, err)
	}
	return nil
}

// mayPend lists the keys that may be pending before the current step: its own
// key, and the keys cancelled since the last commit, because a Cancel need not
// survive a crash.
func (c *client) mayPend(p *process) []string {
	keys := []string{detour}
	if c.next < len(p.h.script.steps) {
		keys = append(keys, c.step(p).key)
	}
	for i := c.next - 1; i >= 0 && p.h.script.steps[i].end != commits; i-- {
		keys = append(keys, p.h.script.steps[i].key)
	}
	return keys
}

// checkAnswer checks that the state is that of the acknowledged sessions, in this
// process and, if the harness audits, in the next one.
func (c *client) checkAnswer(p *process) error {
	seen, _ := p.image()
	if diff := p.h.want.stores[c.next].difference(seen); diff != "" {
		return violated("stores: %s", diff)
	}
	for i, db := range p.disk.dbs {
		if diff := p.h.want.externals[i][c.next].difference(image(db.Lines())); diff != "" {
			return violated("external %s: %s", externalNames[i], diff)
		}
	}
	return c.audit(p)
}

// audit checks that another process would find the acknowledged state, with any
// loss of unsynced writes. It does nothing before the fault.
func (c *client) audit(p *process) error {
	if !p.h.audits || p.over() || !p.disturbed() {
		return nil
	}
	for _, k := range p.h.losses(p.disk) {
		next := p.h.start(p.disk.survivor(k), fault{})
		if err := next.m.Load(context.Background()); err != nil {
			return violated("a process that would start now: Load: %v", err)
		}
		seen, _ := next.image()
		if diff := p.h.want.stores[c.next].difference(seen); diff != "" {
			return violated("a process that would start now: %s", diff)
		}
		if err := next.m.Cancel(context.Background()); err != nil {
			return violated("a process that would start now finds a session that it can't cancel: %v", err)
		}
	}
	return nil
}
