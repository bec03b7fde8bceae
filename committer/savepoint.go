package committer

import (
	"context"
	"errors"
	"fmt"
)

// savepoint is a savepoint of a MultiCommitter: one in every committable.
type savepoint struct {
	m     *MultiCommitter
	s     *session
	index int // in s.savepoints
	inner []Savepoint
	room  [1]Savepoint // saves an allocation with a single committable
	ended bool
}

// Savepoint makes a savepoint of the open session, in every committable. Rollback
// returns to it and ends the savepoints made after it; Release keeps the changes
// and ends it too. Stage, Commit and Cancel end all savepoints.
//
// The error wraps ErrNotInSession or ErrClosed, or ErrNoSavepoint if a committable
// does not implement [Savepointer]. If Rollback fails in one committable, the
// session can only be cancelled.
func (m *MultiCommitter) Savepoint(ctx context.Context) (Savepoint, error) {
	sp, _, err := m.savepoint(ctx)
	if err != nil {
		return nil, err
	}
	return sp, nil
}

// savepoint makes a savepoint, and returns the context of the open session too.
func (m *MultiCommitter) savepoint(ctx context.Context) (*savepoint, context.Context, error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.unsealed(); err != nil {
		return nil, nil, err
	}
	ctx = m.sessionContext(ctx, m.session)
	sp, err := m.session.savepoint(ctx, m)
	return sp, ctx, err
}

// savepoint makes a savepoint in every committable. ctx is that of the session;
// op is held.
func (s *session) savepoint(ctx context.Context, m *MultiCommitter) (*savepoint, error) {
	for _, p := range s.parts {
		if _, ok := p.committable.(Savepointer); !ok {
			return nil, fmt.Errorf("%w: committable %q cannot make one", ErrNoSavepoint, p.name)
		}
	}
	sp := &savepoint{m: m, s: s, index: len(s.savepoints)}
	sp.inner = sp.room[:0]
	for _, p := range s.parts {
		inner, err := p.committable.(Savepointer).Savepoint(ctx)
		if err != nil {
			err = fmt.Errorf("committer: savepoint: committable %q: %w", p.name, err)
			return nil, errors.Join(err, sp.each(func(made Savepoint) error { return made.Release(ctx) }))
		}
		sp.inner = append(sp.inner, inner)
	}
	s.savepoints = append(s.savepoints, sp)
	return sp, nil
}

// unsealed returns an error unless a session is open and not staged. op is held.
func (m *MultiCommitter) unsealed() error {
	switch m.phase {
	case phaseClosed:
		return m.closedError()
	case phaseInSession, phaseInRecovery:
		if broken := m.session.broken; broken != nil {
			return fmt.Errorf("%w: the session can only be cancelled: %w", ErrNoSavepoint, broken)
		}
		return nil
	case phaseStaged, phaseUnknown:
		return fmt.Errorf("%w: the session is staged", ErrNotInSession)
	}
	return ErrNotInSession
}

// Rollback implements Savepoint.
func (sp *savepoint) Rollback(ctx context.Context) error {
	return sp.end(ctx, sp.index+1, func(ctx context.Context, inner Savepoint) error { return inner.Rollback(ctx) })
}

// Release implements Savepoint.
func (sp *savepoint) Release(ctx context.Context) error {
	return sp.end(ctx, sp.index, func(ctx context.Context, inner Savepoint) error { return inner.Release(ctx) })
}

// end calls do with the savepoint of every committable, and ends the savepoints
// from index keep on.
func (sp *savepoint) end(ctx context.Context, keep int, do func(context.Context, Savepoint) error) error {
	sp.m.op.Lock()
	defer sp.m.op.Unlock()
	if sp.ended {
		return fmt.Errorf("%w: it has ended", ErrNoSavepoint)
	}
	if err := sp.m.unsealed(); err != nil {
		return err
	}
	ctx = sp.m.sessionContext(ctx, sp.s)
	if err := sp.each(func(inner Savepoint) error { return do(ctx, inner) }); err != nil {
		sp.s.broken = fmt.Errorf("committer: savepoint: %w", err)
		return sp.s.broken
	}
	for _, later := range sp.s.savepoints[keep:] {
		later.ended = true
	}
	sp.s.savepoints = sp.s.savepoints[:keep]
	return nil
}

func (sp *savepoint) each(do func(Savepoint) error) error {
	var errs []error
	for i, inner := range sp.inner {
		if err := do(inner); err != nil {
			errs = append(errs, fmt.Errorf("committable %q: %w", sp.s.parts[i].name, err))
		}
	}
	return errors.Join(errs...)
}

// Try runs fn as a transaction inside the open session. If fn returns an error or
// panics, Try rolls back what fn wrote in every committable, and the session
// stays open. Calls of Try can be nested.
//
// The context given to fn carries the session, see [SessionFromContext]. Try
// returns fn's error, or one of the errors of Savepoint.
func (m *MultiCommitter) Try(ctx context.Context, fn func(ctx context.Context) error) error {
	sp, ctx, err := m.savepoint(ctx)
	if err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned { // fn panicked, or ended its goroutine
			_ = undo(context.WithoutCancel(ctx), sp) // an error leaves the session cancellable only
		}
	}()
	err = fn(ctx)
	returned = true
	if err != nil {
		return errors.Join(err, undo(context.WithoutCancel(ctx), sp))
	}
	return sp.Release(ctx)
}

// undo rolls back to a savepoint and ends it.
func undo(ctx context.Context, sp Savepoint) error {
	if err := sp.Rollback(ctx); err != nil {
		return err
	}
	return sp.Release(ctx)
}
