package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Resolve finishes a decided session from its record, without running its code.
// It is for operators, when the code has changed or its input is lost. The stores
// apply their journals. Every external gets BeginRecovery and Commit without any
// code in between, so an external that had not committed yet commits no changes
// of this session. The outcome marks the session as resolved, which package
// inspect shows.
//
// The key of a retained session returns that session. Other errors: ErrEmptyKey,
// ErrNotLoaded, ErrClosed, ErrInSession; ErrNotInSession if no session is
// decided; a *KeyMismatchError if another one is; an error that wraps
// ErrUndecided if an external fails, in which case the session is still decided.
// After an error of the KV the outcome is unknown, as after that of a Commit.
func (m *MultiCommitter) Resolve(ctx context.Context, key []byte) (Session, error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.settle(ctx); err != nil {
		return Session{}, err
	}
	switch {
	case m.phase == phaseClosed:
		return Session{}, m.closedError()
	case m.phase == phaseNew:
		return Session{}, ErrNotLoaded
	case len(key) == 0:
		return Session{}, ErrEmptyKey
	case m.session != nil:
		return Session{}, ErrInSession
	}
	if h, ok := m.history.Lookup(key); ok {
		return sessionOf(&h), nil
	}
	switch {
	case m.decided == nil:
		return Session{}, fmt.Errorf("%w: no session is decided; begin or cancel one that was left open", ErrNotInSession)
	case !bytes.Equal(key, m.decided.Key):
		return Session{}, keyMismatch(m.decided.Key, key)
	}
	s, err := m.resolve(ctx)
	if err != nil {
		return Session{}, err
	}
	m.opts.logger.WarnContext(ctx, "a decided session was resolved without running it", "key", string(key), "sequence", s.Seq)
	return s, nil
}

// resolve opens the decided session in the externals and commits it.
func (m *MultiCommitter) resolve(ctx context.Context) (Session, error) {
	select {
	case m.turn <- struct{}{}:
	default:
		return Session{}, ErrInSession
	}
	s := m.replay(modeResolve, m.decided)
	s.staged, s.abandoned = m.decided, true
	m.session, m.settled = s, nil
	m.setPhase(phaseStaged)
	inner := m.sessionContext(ctx, s)
	for _, p := range s.externals() {
		if err := p.committable.BeginRecovery(inner, s.key); err != nil {
			err = fmt.Errorf("%w: external %q did not begin session %d again: %w", ErrUndecided, p.name, s.seq, err)
			cancelled := m.cancelParts(context.WithoutCancel(ctx), s)
			m.endSession()
			return Session{}, errors.Join(err, cancelled)
		}
	}
	h, err := m.commitExternals(ctx)
	if err != nil {
		return Session{}, err
	}
	return sessionOf(h), nil
}
