package committer

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
)

// setPending writes the pending entry of a session that begins. A session that a
// crash left open is thereby discarded, unless it is this one.
func (m *MultiCommitter) setPending(ctx context.Context, s *session) error {
	err := m.db.SetPending(ctx, &format.Pending{Epoch: m.epoch, Seq: s.seq, Key: s.key})
	m.pendingUnknown = err != nil
	if err == nil && s.mode == modeFresh {
		m.setLeftOpen(nil)
	}
	return err
}

// deletePending deletes the pending entry.
func (m *MultiCommitter) deletePending(ctx context.Context) error {
	err := m.db.DeletePending(ctx)
	m.pendingUnknown = err != nil
	return err
}

// discardPending discards a session that a crash left open.
func (m *MultiCommitter) discardPending(ctx context.Context) error {
	if err := m.deletePending(ctx); err != nil {
		return fmt.Errorf("committer: discard key %q: %w", m.leftOpen.Key, err)
	}
	m.setLeftOpen(nil)
	return nil
}

// dropPending deletes the pending entry of a session that is over. A failure
// changes no result: the next session overwrites the entry, and Load drops that
// of a committed session. That of a cancelled session is then left open, and can
// be discarded again.
func (m *MultiCommitter) dropPending(ctx context.Context) {
	if err := m.deletePending(ctx); err != nil {
		m.opts.logger.WarnContext(ctx, "the pending entry of a session that is over could not be deleted", "error", err)
	}
	m.setLeftOpen(nil)
}

func (m *MultiCommitter) setLeftOpen(p *format.Pending) {
	m.state.Lock()
	m.leftOpen = p
	if m.phase == phaseLeftOpen || m.phase == phaseLoaded {
		m.phase = m.idlePhase()
	}
	m.state.Unlock()
}
