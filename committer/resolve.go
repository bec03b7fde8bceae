package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Resolve is for the operator: it ends a decided session that cannot be run
// again, because its code has changed or its input is lost. The stores get what
// the record says; every external gets BeginRecovery and Commit without any
// code in between, so one that had not committed commits nothing of this
// session. The session is marked as resolved, which Inspect tells.
//
// A key that is retained is answered from its record. Other errors: ErrEmptyKey,
// ErrNotLoaded, ErrClosed, ErrInSession, ErrNotInSession if no session is
// decided, *KeyMismatchError if another one is; ErrUndecided if an external
// fails: the session is still decided then. After an error of the KV, the next
// call finds out, as after that of a Commit.
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
	if s, ok := m.history.lookup(key); ok {
		return s.copy(), nil
	}
	switch {
	case m.decided == nil:
		return Session{}, fmt.Errorf("%w: no session is decided; one that is left open can be begun again or cancelled", ErrNotInSession)
	case !bytes.Equal(key, m.decided.key):
		return Session{}, &KeyMismatchError{Pending: clone(m.decided.key), Got: clone(key)}
	}
	s, err := m.resolve(ctx)
	if err != nil {
		return Session{}, err
	}
	m.logger.Warn("committer: a decided session was resolved without running it", "key", string(key), "sequence", s.Seq)
	return s.copy(), nil
}

// resolve opens the decided session in the externals and commits it.
func (m *MultiCommitter) resolve(ctx context.Context) (*Session, error) {
	select {
	case m.turn <- struct{}{}:
	default:
		return nil, ErrInSession
	}
	s, err := m.classify(m.decided.key)
	if err != nil {
		<-m.turn
		return nil, err
	}
	s.mode, s.staged, s.abandoned = modeResolve, m.decided, true
	m.session, m.settled = s, nil
	m.setPhase(phaseStaged)
	inner := m.sessionContext(ctx, s)
	for _, p := range s.externals() {
		if err := p.committable.BeginRecovery(inner, s.key); err != nil {
			err = fmt.Errorf("%w: external %q did not begin session %d again: %w", ErrUndecided, p.name, s.seq, err)
			cancelled := m.cancelParts(context.WithoutCancel(ctx), s)
			m.endSession()
			return nil, errors.Join(err, cancelled)
		}
	}
	return m.commitExternals(ctx)
}
