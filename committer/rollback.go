package committer

import (
	"context"
	"errors"
	"fmt"
)

// Rollback keeps the first n sessions and forgets those after them, as if they
// had never been: their keys are new again. It takes effect by one write, in a
// new epoch, so that nothing of the abandoned future can come back; then the
// stores are rebuilt as by Load. Views that are open go on showing what they
// showed; View waits for the end.
//
// It reaches back to the last checkpoint, or to the first session while the
// records from there on are kept; further back the error is a *PrunedError.
// Others wrap ErrNotLoaded, ErrClosed, ErrExternal if an external is registered
// (what it did cannot be taken back), ErrInSession or ErrUndecided while a
// session is open or pending, or are those of the KV, after which nothing has
// changed, or the MultiCommitter is closed.
func (m *MultiCommitter) Rollback(ctx context.Context, n uint64) error {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.replaceable(ctx); err != nil {
		return err
	}
	count := m.history.count
	switch {
	case n > count:
		return fmt.Errorf("committer: rollback to %d sessions: there are only %d", n, count)
	case n == count:
		return nil
	}
	m.logger.Info("committer: rolling back", "from", count, "to", n)
	err := m.switchManifest(ctx, func(d *manifest) error { return d.rollBack(n, count) })
	if err != nil {
		return err
	}
	return m.rebuild(context.WithoutCancel(ctx))
}

// rollBack drops the sessions from n on, unless what is kept does not reach back
// so far.
func (m *manifest) rollBack(n, count uint64) error {
	if n < m.checkpoint.next && m.oldest > 0 {
		return &PrunedError{Seq: n, Oldest: m.checkpoint.next}
	}
	m.abandon()
	m.drop(n, count+1) // one more may have parts without a record
	m.cut(n)
	if n < m.checkpoint.next {
		m.replace(checkpoint{}) // all records are there: they make the state from nothing
	}
	return nil
}

// replaceable brings the state machine to where the state can be replaced, or
// tells why not. op is held.
func (m *MultiCommitter) replaceable(ctx context.Context) error {
	if err := m.settle(ctx); err != nil {
		return err
	}
	if m.phase == phaseNew {
		return ErrNotLoaded
	}
	if err := m.idle(); err != nil {
		return err
	}
	for _, p := range m.parts {
		if p.store == nil {
			return fmt.Errorf("%w: what %q did cannot be taken back", ErrExternal, p.name)
		}
	}
	if err := m.checkNewest(ctx); err != nil {
		return err
	}
	return m.stopCheckpoint()
}

// idle tells why the members or the state cannot be changed now. op is held,
// and the outcome of no write is unknown.
func (m *MultiCommitter) idle() error {
	switch m.phase {
	case phaseNew, phaseLoaded:
		return nil
	case phaseClosed:
		return m.closedError()
	case phaseLeftOpen:
		return fmt.Errorf("%w: key %q was left open by a crash", ErrInSession, m.leftOpen.key)
	case phaseDecided:
		return fmt.Errorf("%w: begin key %q again first", ErrUndecided, m.decided.key)
	default:
		return ErrInSession
	}
}

// switchManifest replaces the manifest by one with another state, and syncs it.
// What it is now is known only here: a checkpoint that was stopped may have
// replaced it all the same.
// Whether that took effect must be known before a session goes on; if the KV
// does not tell, the MultiCommitter is closed. op is held.
func (m *MultiCommitter) switchManifest(ctx context.Context, change func(*manifest) error) error {
	m.manifestMu.Lock()
	defer m.manifestMu.Unlock()
	if err := m.readBackManifest(ctx); err != nil {
		return m.failIfFenced(err)
	}
	d := m.manifest.clone()
	if err := change(d); err != nil {
		return err
	}
	if err := m.writeManifest(ctx, d); err != nil {
		if there := m.readBackManifest(context.WithoutCancel(ctx)); there != nil {
			return m.fail(errors.Join(err, there))
		}
		if m.manifest != d {
			return err
		}
	}
	if err := m.db.sync(ctx); err != nil {
		return m.fail(err)
	}
	return nil
}

// failIfFenced closes the MultiCommitter if another writer has taken over. op
// is held.
func (m *MultiCommitter) failIfFenced(err error) error {
	if errors.Is(err, ErrFenced) {
		return m.fail(err)
	}
	return err
}

// rebuild fills the stores with what the manifest says, after it was replaced.
// op is held.
func (m *MultiCommitter) rebuild(ctx context.Context) error {
	l := &loader{scanner: m.scanner(), m: m}
	l.manifest = m.manifest
	for _, p := range m.parts {
		c, _ := m.manifest.member(p.name)
		l.known = append(l.known, known{p, c.Schema})
	}
	err := m.refill(func() error {
		if err := l.rebuild(ctx, m.history.size); err != nil {
			return err
		}
		m.takeOver(l)
		return nil
	})
	if err != nil {
		return m.fail(fmt.Errorf("the state was replaced, but could not be read back: %w", err))
	}
	m.settled = nil
	if err := m.deleteReplaced(ctx); err != nil {
		m.logger.Warn("committer: what does not count any more could not be deleted yet", "error", err)
	}
	return nil
}

// refill runs what brings another state into the stores, while no View does. If
// one of them panics, others may have rows of that state already: then the
// MultiCommitter is closed, and the panic goes on. op is held.
func (m *MultiCommitter) refill(fill func() error) error {
	m.pub.Lock()
	defer m.pub.Unlock()
	returned := false
	defer func() {
		if !returned {
			_ = m.fail(errors.New("a store panicked while it was being filled"))
		}
	}()
	err := fill()
	returned = true
	return err
}
