package committable

import (
	"context"
	"errors"
	"fmt"
)

// errApply breaks a session while the function of Apply runs, and after it returned
// an error or panicked.
var errApply = errors.New("the function of Apply did not succeed, which a replay could not repeat")

// Apply writes to the engine: it calls fn and adds value, which describes the
// write, to the id of the session. In a replay it does not call fn, because the
// write is committed.
//
// If fn returns an error, Apply returns it and the session can only be cancelled: a
// replay does not call fn, so it could not return the error again. Make sure before
// a write that it succeeds, by what the stores know. Other errors wrap
// [ErrNotInSession] or [ErrBroken].
func (e *External) Apply(ctx context.Context, value []byte, fn func(ctx context.Context) error) error {
	if err := e.AddToID(value); err != nil {
		return err
	}
	s := e.session
	if s.replaying {
		return nil
	}
	s.broken = errApply // even if fn panics
	if err := fn(ctx); err != nil {
		s.broken = fmt.Errorf("%w: %w", errApply, err)
		return err
	}
	s.broken = nil
	return nil
}

// AddToID adds a value to the id of the session, for writes without Apply: add the
// value in replays too, but write only if Replaying returns false. The error wraps
// [ErrNotInSession] or [ErrBroken].
func (e *External) AddToID(value []byte) error {
	switch {
	case e.session == nil:
		return e.fail("AddToID", ErrNotInSession, "no session is open; call Begin first")
	case e.session.broken != nil:
		return e.broken("AddToID")
	}
	e.session.values.add(value)
	return nil
}

// CheckReadable returns nil if reads from the engine see the state before the
// session and its writes so far. Otherwise the error wraps [ErrReplaying], because
// the engine has committed the session already, or [ErrNotInSession].
//
// What the session does must not depend on such reads, because a replay could not
// repeat them.
func (e *External) CheckReadable() error {
	switch {
	case e.session == nil:
		return e.fail("CheckReadable", ErrNotInSession, "no session is open; call Begin first")
	case e.session.replaying:
		return e.fail("CheckReadable", ErrReplaying, "the session %q is committed, and reads would see the state after it", e.session.key)
	}
	return nil
}

// broken returns the error of a method that a broken session refuses.
func (e *External) broken(op string) error {
	return &opError{
		kind: "external", store: e.name, op: op, sentinel: ErrBroken, cause: e.session.broken,
		reason: fmt.Sprintf("the session %q can only be cancelled", e.session.key),
	}
}

// externalSavepoint is a point in an external's session.
type externalSavepoint struct {
	external *External
	session  *externalSession
	depth    int       // position in session.savepoints until it ends
	inner    Savepoint // nil in a replay
	values   valueMark
}

// Savepoint returns a savepoint at this point of the session. The error wraps
// [ErrNoSavepoint] if the engine is not a [SavepointEngine], [ErrNotInSession], or
// [ErrBroken]. If it is the engine's, the session can only be cancelled.
func (e *External) Savepoint(ctx context.Context) (Savepoint, error) {
	s := e.session
	engine, ok := e.engine.(SavepointEngine)
	switch {
	case s == nil:
		return nil, e.fail("Savepoint", ErrNotInSession, "no session is open; call Begin first")
	case !ok:
		return nil, e.fail("Savepoint", ErrNoSavepoint, "the engine has no savepoints")
	case s.broken != nil:
		return nil, e.broken("Savepoint")
	}
	sp := &externalSavepoint{external: e, session: s, depth: len(s.savepoints)}
	var err error
	if sp.values, err = s.values.mark(); err == nil && !s.replaying {
		sp.inner, err = engine.Savepoint(ctx)
	}
	if err != nil {
		return nil, sp.breaks("Savepoint", err)
	}
	s.savepoints = append(s.savepoints, sp)
	return sp, nil
}

// Rollback implements Savepoint. A session that Apply broke stays broken.
func (sp *externalSavepoint) Rollback(ctx context.Context) error {
	if err := sp.check("Rollback"); err != nil {
		return err
	}
	if sp.inner != nil {
		if err := sp.inner.Rollback(ctx); err != nil {
			return sp.breaks("Rollback", err)
		}
	}
	if err := sp.session.values.reset(sp.values); err != nil {
		return sp.breaks("Rollback", err)
	}
	sp.session.savepoints = sp.session.savepoints[:sp.depth+1]
	return nil
}

// Release implements Savepoint.
func (sp *externalSavepoint) Release(ctx context.Context) error {
	if err := sp.check("Release"); err != nil {
		return err
	}
	if sp.inner != nil {
		if err := sp.inner.Release(ctx); err != nil {
			return sp.breaks("Release", err)
		}
	}
	sp.session.savepoints = sp.session.savepoints[:sp.depth]
	return nil
}

// breaks marks the session as broken: the state of the engine is unknown.
func (sp *externalSavepoint) breaks(op string, err error) error {
	sp.session.broken = err
	return fmt.Errorf("committable: external %s: %s: %w", sp.external.name, op, err)
}

// check returns an error if the savepoint has ended.
func (sp *externalSavepoint) check(op string) error {
	s := sp.session
	if sp.external.session != s {
		return sp.external.fail(op, ErrNotInSession, "the session of the savepoint has ended")
	}
	if sp.depth >= len(s.savepoints) || s.savepoints[sp.depth] != sp {
		return sp.external.fail(op, ErrNoSavepoint, "the savepoint has ended: it or an earlier one was released, or the session was rolled back to an earlier one")
	}
	return nil
}
