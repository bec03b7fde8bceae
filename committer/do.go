package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
)

// Do runs fn in a session under a key, at most once: it waits for its turn until
// ctx ends, begins the session, calls fn, and commits. If the key is retained, Do
// returns its session without running fn; ran reports whether fn ran. If several
// calls use one key at a time, one of them runs, and the others return its
// session.
//
// If Begin or fn returns an error, or fn panics, the session is cancelled; a
// panic continues. If the outcome of the commit is unknown, Do finds it out
// before it returns. If the KV returns an error for that too, the next call finds
// it out; until then the stores show what fn wrote, and views do not.
//
// A key is recognised while it is retained, which is for the last 65,536 sessions
// by default; see [WithHistory] and [WithMonotonicKeys]. After that it counts as
// new. The errors are those of Begin, of fn and of Commit. fn must not call
// Begin, Do, Stage, Commit or Cancel.
func (m *MultiCommitter) Do(ctx context.Context, key []byte, fn func(ctx context.Context) error) (s Session, ran bool, err error) {
	if m.runs(ctx) {
		return Session{}, false, fmt.Errorf("%w: Do inside a session would wait for itself", ErrInSession)
	}
	if len(key) == 0 {
		return Session{}, false, ErrEmptyKey
	}
	key = bytes.Clone(key) // fn may reuse the caller's
	s, found, unknown := m.lookupFirst(key)
	if found {
		return s, false, nil
	}
	if unknown {
		if err := m.settleFirst(ctx); err != nil {
			return Session{}, false, err
		}
	}
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return Session{}, false, fmt.Errorf("committer: key %q: waiting for its turn: %w", key, ctx.Err())
	}
	defer func() { <-m.turn }()

	inner, retained, err := m.open(ctx, key)
	if err != nil {
		return Session{}, false, err
	}
	if retained != nil {
		return sessionOf(retained), false, nil
	}
	returned := false
	defer func() {
		if !returned { // fn or a check panicked, or ended its goroutine
			_ = m.abandon(ctx)
		}
	}()
	if err = fn(inner); err != nil {
		if cancelled := m.abandon(ctx); cancelled != nil {
			err = errors.Join(err, cancelled)
		}
	} else {
		s, err = m.finish(ctx, key)
	}
	returned = true
	return s, true, err
}

// lookupFirst answers a retained key without waiting for op or the turn, which
// others may hold for long. Otherwise the key may still be committed before this
// call has its turn, so open looks it up again; that is the lookup that decides.
// unknown reports whether the outcome of a session is unknown.
func (m *MultiCommitter) lookupFirst(key []byte) (s Session, found, unknown bool) {
	m.state.RLock()
	defer m.state.RUnlock()
	if m.readable() == nil {
		if h, ok := m.history.Lookup(key); ok {
			return sessionOf(&h), true, false
		}
	}
	return Session{}, false, m.phase == phaseUnknown
}

// settleFirst settles an unknown outcome before a call waits for its turn: the
// session that has the turn may turn out to be over.
func (m *MultiCommitter) settleFirst(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	return m.settle(ctx)
}

// runs reports whether ctx is that of the open session.
func (m *MultiCommitter) runs(ctx context.Context) bool {
	in, ok := ctx.Value(sessionKey{}).(inSession)
	if !ok || in.m != m {
		return false
	}
	m.op.Lock()
	defer m.op.Unlock()
	return m.session == in.s
}

// open begins the session and returns its context, or returns the header of a
// retained key. The caller has the turn.
func (m *MultiCommitter) open(ctx context.Context, key []byte) (inner context.Context, retained *format.Header, err error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.ready(ctx, key); err != nil {
		return nil, nil, err
	}
	if h, ok := m.history.Lookup(key); ok {
		return nil, &h, nil
	}
	s, err := m.newSession(key)
	if err != nil {
		return nil, nil, err
	}
	s.byDo = true
	if err := m.begin(ctx, s); err != nil {
		return nil, nil, err
	}
	return m.sessionContext(ctx, s), nil, nil
}

// finish commits the session. Do returns the turn afterwards, so finish leaves no
// session open, except one whose outcome is unknown.
func (m *MultiCommitter) finish(ctx context.Context, key []byte) (Session, error) {
	m.op.Lock()
	defer m.op.Unlock()
	h, err := m.commit(ctx, key)
	if err == nil {
		return sessionOf(h), nil
	}
	cancelled := m.abandonOpen(ctx) // it settles an unknown outcome
	if already := (*AlreadyCommittedError)(nil); errors.As(cancelled, &already) && bytes.Equal(already.Session.Key, key) {
		return already.Session, nil
	}
	return Session{}, errors.Join(err, cancelled)
}

// abandon cancels the session of a Do that does not commit it.
func (m *MultiCommitter) abandon(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	return m.abandonOpen(ctx)
}

func (m *MultiCommitter) abandonOpen(ctx context.Context) error {
	if m.session == nil {
		return nil
	}
	m.session.abandoned = true
	return m.cancel(context.WithoutCancel(ctx))
}
