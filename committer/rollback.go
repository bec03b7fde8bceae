package committer

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/storage"
)

// Rollback keeps the first n sessions and drops those after them; their keys
// count as new again. It takes effect by one write, in a new epoch, so that no
// record of the dropped sessions can come back. Then the stores are rebuilt as by
// Load. Open views keep showing what they showed; View waits until Rollback
// returns.
//
// Rollback reaches back to the last checkpoint, or to the first session if all
// records are kept (see [WithRecords]). Further back the error is a *PrunedError.
// Other errors wrap ErrNotLoaded, ErrClosed, ErrExternal if an external is
// registered, because its sessions cannot be undone, ErrInSession or ErrUndecided
// while a session is open or pending, or are those of the KV. After an error,
// nothing has changed, or the MultiCommitter is closed.
func (m *MultiCommitter) Rollback(ctx context.Context, n uint64) error {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.replaceable(ctx); err != nil {
		return err
	}
	count := m.history.Count()
	switch {
	case n > count:
		return fmt.Errorf("committer: cannot roll back to %d sessions: there are only %d", n, count)
	case n == count:
		return nil
	}
	m.opts.logger.InfoContext(ctx, "rolling back", "from", count, "to", n)
	err := m.switchManifest(ctx, func(e storage.Edit) error {
		// A checkpoint that was stopped may have changed the manifest, so this is
		// known only now.
		if !storage.CanRollBack(e.Manifest, n) {
			return &PrunedError{Seq: n, Oldest: e.Checkpoint.Next}
		}
		e.RollBack(n, count)
		return nil
	})
	if err != nil {
		return err
	}
	return m.rebuild(context.WithoutCancel(ctx))
}

// replaceable returns an error unless the state can be replaced now. It settles
// an unknown outcome and stops a running checkpoint. op is held.
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
			return fmt.Errorf("%w: sessions of %q cannot be undone", ErrExternal, p.name)
		}
	}
	if err := m.checkNewest(ctx); err != nil {
		return err
	}
	return m.failIfFenced(m.checkpoints.stop())
}

// switchManifest replaces the manifest by one with another state, and syncs it.
// Sessions cannot go on before it is known whether that took effect; if the KV
// does not say, the MultiCommitter is closed. op is held.
func (m *MultiCommitter) switchManifest(ctx context.Context, change func(storage.Edit) error) error {
	if err := m.manifest.Switch(ctx, change); err != nil {
		if unknown := (*storage.UnknownError)(nil); errors.As(err, &unknown) {
			return m.fail(err)
		}
		return m.failIfFenced(err)
	}
	if err := m.db.Sync(ctx); err != nil {
		return m.fail(err)
	}
	return nil
}

// rebuild fills the stores again after the manifest was replaced. op is held.
func (m *MultiCommitter) rebuild(ctx context.Context) error {
	l := m.newLoader()
	l.Manifest = m.manifest.Current()
	for _, p := range m.parts {
		c, _ := l.Manifest.Member(p.name)
		l.known = append(l.known, &knownMember{participant: p, schema: c.Schema})
	}
	err := m.refill(func() error {
		if err := l.rebuild(ctx, m.history.Size()); err != nil {
			return err
		}
		m.takeOver(l)
		return nil
	})
	if err != nil {
		return m.fail(fmt.Errorf("the state was replaced, but could not be read back: %w", err))
	}
	m.settled = nil
	if err := m.manifest.CollectGarbage(ctx); err != nil {
		m.opts.logger.WarnContext(ctx, "obsolete keys could not be deleted yet", "error", err)
	}
	return nil
}

// refill calls fill, which restores another state in the stores, while no View
// runs. If a store panics, the stores may have rows of both states: refill closes
// the MultiCommitter, and the panic continues. op is held.
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
