package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Do runs fn in a session under a key, once: it waits its turn until ctx ends,
// begins, calls fn, and commits. A retained key is answered from its record
// without running fn; ran tells. Of several calls with one key at a time one
// runs, and the others get its answer.
//
// When Begin or fn fails, or fn panics, the session is cancelled; the panic
// goes on. When the outcome of the commit is unknown, Do finds out before it
// answers, and if the KV does not tell either, the next call does; until then
// the stores still show what fn wrote, and views do not.
//
// A key is recognised for as long as it is retained, the last 65,536 sessions
// by default (see WithHistory); after that it counts as new (but see
// WithMonotonicKeys). The errors are those of Begin, of fn, and of Commit. fn
// must not call Begin, Do, Stage, Commit or Cancel.
func (m *MultiCommitter) Do(ctx context.Context, key []byte, fn func(ctx context.Context) error) (s Session, ran bool, err error) {
	if m.opens(ctx) {
		return Session{}, false, fmt.Errorf("%w: Do inside a session would wait for itself", ErrInSession)
	}
	if len(key) == 0 {
		return Session{}, false, ErrEmptyKey
	}
	key = bytes.Clone(key) // fn may reuse the caller's
	if s, ok, _ := m.Lookup(key); ok {
		return s, false, nil
	}
	if err := m.settleFirst(ctx); err != nil {
		return Session{}, false, err
	}
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return Session{}, false, fmt.Errorf("committer: key %q did not get its turn: %w", key, ctx.Err())
	}
	defer func() { <-m.turn }()

	inner, answer, err := m.open(ctx, key)
	if err != nil {
		return Session{}, false, err
	}
	if answer != nil {
		return *answer, false, nil
	}
	returned := false
	defer func() {
		if !returned { // a panic, or the end of the goroutine: the caller's, or a check's
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

// settleFirst finds out about an unknown outcome before a call waits for its
// turn: the session may turn out to be over.
func (m *MultiCommitter) settleFirst(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	return m.settle(ctx)
}

// opens tells whether ctx is that of the open session.
func (m *MultiCommitter) opens(ctx context.Context) bool {
	in, ok := ctx.Value(sessionKey{}).(inSession)
	if !ok || in.m != m {
		return false
	}
	m.op.Lock()
	defer m.op.Unlock()
	return m.session == in.s
}

// open begins the session, or answers for a retained key. The turn is taken.
func (m *MultiCommitter) open(ctx context.Context, key []byte) (inner context.Context, answer *Session, err error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.ready(ctx, key); err != nil {
		return nil, nil, err
	}
	if s, ok := m.history.lookup(key); ok {
		s = s.copy()
		return nil, &s, nil
	}
	if err := m.begin(ctx, key, true); err != nil {
		return nil, nil, err
	}
	return m.sessionContext(ctx, m.session), nil, nil
}

// finish commits the session. The turn is given back after it, so it leaves no
// session open; only an unknown outcome stays for the next call.
func (m *MultiCommitter) finish(ctx context.Context, key []byte) (Session, error) {
	m.op.Lock()
	defer m.op.Unlock()
	s, err := m.commit(ctx, key)
	if err == nil {
		return s.copy(), nil
	}
	cancelled := m.abandonOpen(ctx)
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
