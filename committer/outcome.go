package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// unsure marks that a write of the protocol is about to be made: until it has
// returned and the session is published, what it did is not known. It stays
// so when the write returns an error, or something panics on the way. op is
// held.
func (m *MultiCommitter) unsure(at step) {
	m.session.unsure = at
	m.setPhase(phaseUnknown)
}

// outcomeUnknown is the answer when a write of the protocol returned an error:
// it may or may not have taken effect. Nothing is published, and the next call
// settles it. op is held.
func (m *MultiCommitter) outcomeUnknown(cause error) error {
	if errors.Is(cause, ErrFenced) {
		return m.fail(cause)
	}
	s := m.session
	return fmt.Errorf("committer: whether session %d with key %q is stored is not known; the next call finds out: %w",
		s.seq, s.key, cause)
}

// settle finds out what became of a write that returned an error, by reading it
// back. It does nothing in any other phase. op is held.
//
// If the session turns out to be committed, it is published and in m.settled.
// If the write is not there, the session is open and staged as before it; a
// session that nobody drives any more is cancelled. While the KV does not
// answer, the error says so and the outcome stays unknown.
func (m *MultiCommitter) settle(ctx context.Context) error {
	if m.phase != phaseUnknown {
		return nil
	}
	s := m.session
	key, want := recordKey(s.staged.epoch, s.seq), s.staged.stored
	if s.unsure == stepFinal {
		key, want = finalKey(s.staged.epoch, s.seq), s.finalValue
	}
	there, err := m.kv.Get(ctx, []byte(key))
	switch {
	case errors.Is(err, kv.ErrNotFound) && s.unsure == stepFinal:
		// The externals have committed: there is no way back.
		m.settled, err = m.writeFinal(ctx)
		return err
	case errors.Is(err, kv.ErrNotFound):
		m.setPhase(phaseStaged)
		return m.abortIfAbandoned(ctx)
	case err != nil:
		return fmt.Errorf("committer: whether session %d with key %q is stored is still not known: %w", s.seq, s.key, err)
	case !bytes.Equal(there, want):
		return m.fail(fmt.Errorf("%w: %s was written by somebody else", ErrFenced, key))
	}
	if s.unsure != stepDecided {
		m.written = s.seq + 1
	}
	if err := m.sync(ctx); err != nil {
		return err
	}
	if err := m.checkOwner(ctx); errors.Is(err, ErrFenced) {
		return m.fail(err)
	} else if err != nil {
		return fmt.Errorf("committer: whether session %d with key %q counts is still not known: %w", s.seq, s.key, err)
	}
	if s.unsure == stepDecided {
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
		m.logger.Warn("committer: cancelling a session whose Do has returned", "error", err)
	}
	return nil
}
