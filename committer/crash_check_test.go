package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committer"
)

// checkID holds the ID of the step in flight against the undisturbed run.
func (c *client) checkID(p *process, id []byte) error {
	if want := p.h.want.ids[c.next]; !bytes.Equal(id, want) {
		return violated("the commit ID is %x, want %x", id, want)
	}
	return nil
}

// place tells which of the two states that the step in flight can leave is
// there: 0 for the old, 1 for the new one. Where both are the same it is 0.
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

// places is place for the stores and for each external.
func (c *client) places(p *process, stores image) (at int, ahead bool, err error) {
	if at, err = c.place(p.h.want.stores, stores); err != nil {
		return 0, false, fmt.Errorf("stores: %w", err)
	}
	for i, db := range p.disk.dbs {
		got, err := c.place(p.h.want.remotes[i], image(db.Lines()))
		if err != nil {
			return 0, false, fmt.Errorf("external %s: %w", remoteNames[i], err)
		}
		if got < at && p.h.want.remotes[i][c.next].difference(p.h.want.remotes[i][c.next+1]) != "" {
			return 0, false, violated("the stores have session %q, and external %s has not", c.step(p).key, remoteNames[i])
		}
		ahead = ahead || got > at
	}
	return at, ahead, nil
}

// checkUntorn checks what an error left: the old state or the new one, in all
// stores and in what is said to be the last session.
func (c *client) checkUntorn(p *process) error {
	seen, loaded := p.image()
	if !loaded {
		return nil
	}
	_, _, err := c.places(p, seen)
	return err
}

// checkLoaded checks what is there after Load: the acknowledged sessions, and
// at most the one in flight; and the pending key.
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
	// What an external has committed cannot be taken back, so no other session
	// may come in between.
	switch err := p.m.Begin(context.Background(), []byte(detour)); {
	case p.dead():
		return nil
	case !errors.Is(err, committer.ErrUndecided):
		return violated("an external has committed key %q, and Begin with another one says: %v", c.step(p).key, err)
	}
	return nil
}

// mayPend lists the keys that may be pending while the old state is there: the
// one in flight, and what was cancelled since the last commit, as nothing says
// that the end of a cancelled session survives.
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

// checkAnswer checks that exactly what was acknowledged is there, here and, if
// the harness audits, for the next process.
func (c *client) checkAnswer(p *process) error {
	seen, _ := p.image()
	if diff := p.h.want.stores[c.next].difference(seen); diff != "" {
		return violated("stores: %s", diff)
	}
	for i, db := range p.disk.dbs {
		if diff := p.h.want.remotes[i][c.next].difference(image(db.Lines())); diff != "" {
			return violated("external %s: %s", remoteNames[i], diff)
		}
	}
	return c.audit(p)
}

// audit checks that what was answered is what another process would find, with
// any loss of what was not synced. Before the fault there is nothing to learn.
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
