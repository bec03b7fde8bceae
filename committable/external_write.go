package committable

import (
	"context"
	"errors"
	"fmt"
)

// errApply stands while the function of Apply runs, and for what it returned or
// panicked with.
var errApply = errors.New("the function given to Apply has not succeeded, which a replay could not repeat")

// Apply registers the value, which describes the write, and runs fn, unless the
// session was committed before: then fn did its work the first time. It is the
// way to write.
//
// An error of fn leaves only Cancel, since a replay skips fn and can't come to
// the error again; a write that may fail must be checked before, by what the
// stores know. Other errors wrap [ErrNotInSession] or [ErrBroken].
func (e *External) Apply(ctx context.Context, value []byte, fn func(ctx context.Context) error) error {
	if err := e.AddToID(value); err != nil {
		return err
	}
	s := e.session
	if s.replaying {
		return nil
	}
	s.broken = errApply // also if fn panics
	if err := fn(ctx); err != nil {
		s.broken = fmt.Errorf("%w: %w", errApply, err)
		return err
	}
	s.broken = nil
	return nil
}

// AddToID adds a value to what the id is made of, for a write that is done
// without Apply: add it always, and write unless Replaying. The error wraps
// [ErrNotInSession] or [ErrBroken].
func (e *External) AddToID(value []byte) error {
	switch {
	case e.session == nil:
		return e.fail("AddToID", ErrNotInSession, "call Begin first")
	case e.session.broken != nil:
		return e.broken("AddToID")
	}
	e.session.values.add(value)
	return nil
}

// CheckReadable returns nil if the engine's transaction is open, and shows what the
// session has written so far. Otherwise its error wraps [ErrReplaying], as the
// engine has the changes of this session already, or [ErrNotInSession].
//
// What is read must not decide what the session does: a replay could not repeat
// it.
func (e *External) CheckReadable() error {
	switch {
	case e.session == nil:
		return e.fail("CheckReadable", ErrNotInSession, "call Begin first")
	case e.session.replaying:
		return e.fail("CheckReadable", ErrReplaying, "key %q was committed before, and a read would show the state after it", e.session.key)
	}
	return nil
}

// broken is the error of what can't go on in a session that is broken.
func (e *External) broken(op string) error {
	return &opError{
		kind: "external", store: e.name, op: op, sentinel: ErrBroken, cause: e.session.broken,
		reason: fmt.Sprintf("the session with key %q can only be cancelled", e.session.key),
	}
}

// externalSavepoint is a point in an external's session.
type externalSavepoint struct {
	external *External
	session  *externalSession
	depth    int       // place in session.savepoints while it has not ended
	inner    Savepoint // nil in a replay
	values   registeredMark
}

// Savepoint marks this point in the session, if the engine is a
// [SavepointEngine]; else the error wraps [ErrNoSavepoint]. Others wrap
// [ErrNotInSession] or [ErrBroken], or are the engine's, and leave only Cancel.
func (e *External) Savepoint(ctx context.Context) (Savepoint, error) {
	s := e.session
	engine, ok := e.engine.(SavepointEngine)
	switch {
	case s == nil:
		return nil, e.fail("Savepoint", ErrNotInSession, "call Begin first")
	case !ok:
		return nil, e.fail("Savepoint", ErrNoSavepoint, "its engine has no method Savepoint")
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

// Rollback implements Savepoint. It does not mend what Apply broke.
func (sp *externalSavepoint) Rollback(ctx context.Context) error {
	if err := sp.live("Rollback"); err != nil {
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
	if err := sp.live("Release"); err != nil {
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

// breaks leaves only Cancel: what the engine has is not known.
func (sp *externalSavepoint) breaks(op string, err error) error {
	sp.session.broken = err
	return fmt.Errorf("committable: external %s: %s: %w", sp.external.name, op, err)
}

// live checks that the savepoint has not ended.
func (sp *externalSavepoint) live(op string) error {
	s := sp.session
	if sp.external.session != s {
		return sp.external.fail(op, ErrNotInSession, "the session of the savepoint has ended")
	}
	if sp.depth >= len(s.savepoints) || s.savepoints[sp.depth] != sp {
		return sp.external.fail(op, ErrNoSavepoint, "it has ended: it or an outer one was released, or an outer one rolled back to")
	}
	return nil
}
