package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// judge knows what a run comes to that nothing has disturbed.
type judge struct {
	undisturbed *Ledger
	done        []committer.Session // by the undisturbed run, from the first one on
	step        int                 // the next one of the undisturbed run
}

func newJudge(ctx context.Context) (*judge, error) {
	j := &judge{undisturbed: NewLedger(memkv.New())}
	return j, j.undisturbed.Load(ctx)
}

// sessions returns how many there were when the judge last looked.
func (j *judge) sessions() int { return len(j.done) }

// lookedUp is how many of the last sessions are looked up: far fewer than a ledger
// remembers, and far more than one process commits.
const lookedUp = 10_000

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
	if sessions < len(j.done)+len(acknowledged) {
		return fmt.Errorf("%d sessions are left; %d were acknowledged", sessions, len(j.done)+len(acknowledged))
	}
	if err := j.advance(ctx, sessions); err != nil {
		return err
	}
	for _, a := range acknowledged {
		if a.seq >= uint64(sessions) {
			return fmt.Errorf("session %d was acknowledged; there are %d", a.seq, sessions)
		}
		if want := j.done[a.seq]; a.id != want.ID.String() {
			return fmt.Errorf("session %d was acknowledged with ID %s; undisturbed it has %s", a.seq, a.id, want.ID)
		}
	}
	for _, want := range j.done[max(0, sessions-lookedUp):] {
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
	for len(j.done) < sessions {
		r, refused, err := runStep(ctx, j.undisturbed, j.step)
		if err != nil {
			return fmt.Errorf("undisturbed, step %d: %w", j.step, err)
		}
		j.step++
		if !refused {
			j.done = append(j.done, r.Session)
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
