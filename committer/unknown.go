package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
)

// setUnknown notes that a write of the protocol is about to be made. Its outcome
// is unknown until the session is published. It stays unknown if the write
// returns an error, or if something panics. op is held.
func (m *MultiCommitter) setUnknown(at step) {
	m.session.unknown = at
	m.setPhase(phaseUnknown)
}

// outcomeUnknown returns the error for a caller whose write returned an error:
// it may or may not have taken effect. Nothing is published, and the next call
// settles it. op is held.
func (m *MultiCommitter) outcomeUnknown(cause error) error {
	if errors.Is(cause, ErrFenced) {
		return m.fail(cause)
	}
	s := m.session
	return fmt.Errorf("committer: it is unknown whether session %d with key %q is stored; the next call finds out: %w",
		s.seq, s.key, cause)
}

// settle finds out the outcome of a write that returned an error, by reading it
// back. In every phase but unknown it does nothing. op is held.
//
// If the session turns out to be committed, it is published, and its header is
// in m.settled. If the write is absent, the session is open and staged, as before
// it; a session whose Do has returned is cancelled. If the KV returns an error,
// settle returns it, and the outcome stays unknown.
func (m *MultiCommitter) settle(ctx context.Context) error {
	if m.phase != phaseUnknown {
		return nil
	}
	s := m.session
	key, want := format.RecordKey(s.staged.Epoch, s.seq), s.staged.Stored
	if s.unknown == stepOutcome {
		key, want = format.OutcomeKey(s.staged.Epoch, s.seq), s.outcome
	}
	there, err := m.db.Get(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("committer: it is still unknown whether session %d with key %q is stored: %w", s.seq, s.key, err)
	case there == nil && s.unknown == stepOutcome:
		// The externals have committed: the session must be finished.
		m.settled, err = m.writeOutcome(ctx)
		return err
	case there == nil:
		m.setPhase(phaseStaged)
		return m.abortIfAbandoned(ctx)
	case !bytes.Equal(there, want):
		return m.fail(fencedError(key))
	}
	if s.unknown != stepDecided {
		m.written = s.seq + 1
	}
	if err := m.sync(ctx); err != nil {
		return err
	}
	if err := m.checkOwner(ctx); errors.Is(err, ErrFenced) {
		return m.fail(err)
	} else if err != nil {
		return fmt.Errorf("committer: it is still unknown whether session %d with key %q counts: %w", s.seq, s.key, err)
	}
	if s.unknown == stepDecided {
		m.setDecided(s.staged)
		return m.abortIfAbandoned(ctx)
	}
	m.settled, err = m.publish(ctx)
	return err
}

// abortIfAbandoned cancels a session whose Do has returned.
func (m *MultiCommitter) abortIfAbandoned(ctx context.Context) error {
	if !m.session.abandoned {
		return nil
	}
	if err := m.abort(ctx); err != nil {
		m.opts.logger.WarnContext(ctx, "cancelling a session whose Do has returned", "error", err)
	}
	return nil
}
