package committable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Begin opens a session. The error wraps [ErrEmptyKey]; [ErrInSession];
// [ErrUnknownOutcome] if the Commit of the last session returned an error, and
// nobody has found out; [ErrCommitted] if the engine has committed this key
// last; or it is the engine's, and no session is open then.
func (e *External) Begin(ctx context.Context, idempotencyKey []byte) error {
	if e.unsure != nil {
		return e.fail("Begin", ErrUnknownOutcome, "whether key %q is committed is not known; call BeginRecovery with it", e.unsure)
	}
	return e.begin(ctx, "Begin", idempotencyKey)
}

// BeginRecovery opens a session whose outcome the caller does not know. If the
// engine has committed the key, the session is a replay: Apply runs nothing,
// CheckReadable refuses, and Commit returns the id of the first time. If not, it is
// Begin. The errors are those of Begin, where [ErrUnknownOutcome] is for
// another key than the one in doubt.
func (e *External) BeginRecovery(ctx context.Context, idempotencyKey []byte) error {
	if e.unsure != nil && !bytes.Equal(idempotencyKey, e.unsure) {
		return e.fail("BeginRecovery", ErrUnknownOutcome, "whether key %q is committed is not known; recover that one, not %q", e.unsure, idempotencyKey)
	}
	return e.begin(ctx, "BeginRecovery", idempotencyKey)
}

func (e *External) begin(ctx context.Context, op string, key []byte) error {
	switch {
	case len(key) == 0:
		return e.fail(op, ErrEmptyKey, "name every session")
	case e.session != nil:
		return e.fail(op, ErrInSession, "commit or cancel the one with key %q", e.session.key)
	}
	if err := e.rollback(ctx); err != nil { // what an earlier one left
		return fmt.Errorf("committable: external %s: %s: roll back what is open: %w", e.name, op, err)
	}
	s, err := e.openSession(ctx, op, key)
	if err != nil || s.replaying { // a replay needs nothing of the engine
		err = errors.Join(err, e.rollback(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return err
	}
	e.session, e.unsure = s, nil
	return nil
}

// openSession opens the engine's transaction and finds out what is committed.
func (e *External) openSession(ctx context.Context, op string, key []byte) (*externalSession, error) {
	e.begun = true // also if Begin fails: its answer may be lost
	if err := e.engine.Begin(ctx); err != nil {
		return nil, fmt.Errorf("committable: external %s: %s: %w", e.name, op, err)
	}
	last, id, err := e.engine.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("committable: external %s: %s: read the last key: %w", e.name, op, err)
	}
	s := &externalSession{key: bytes.Clone(key), values: newRegistered()}
	if !bytes.Equal(key, last) {
		return s, nil
	}
	if op == "Begin" {
		return nil, e.fail(op, ErrCommitted, "key %q is that of the last session; BeginRecovery replays it", key)
	}
	s.replaying, s.recorded = true, bytes.Clone(id)
	return s, nil
}

// Replaying tells whether the open session was committed before, and only runs
// again.
func (e *External) Replaying() bool { return e.session != nil && e.session.replaying }

// Commit ends the session and returns its id; in a replay, that of the first
// time, and nothing is written.
//
// The error wraps [ErrNotInSession], or [ErrIdempotencyKeyMismatch] for another
// key than the session's; [ErrBroken] or, in a replay, a [*DivergenceError],
// after which only Cancel is left. An error of the engine ends the session:
// whether it is committed, BeginRecovery finds out.
func (e *External) Commit(ctx context.Context, idempotencyKey []byte) ([]byte, error) {
	s := e.session
	switch {
	case s == nil:
		return nil, e.fail("Commit", ErrNotInSession, "call Begin first")
	case !bytes.Equal(idempotencyKey, s.key):
		return nil, e.fail("Commit", ErrIdempotencyKeyMismatch, "the session has key %q, not %q", s.key, idempotencyKey)
	case s.broken != nil:
		return nil, e.broken("Commit")
	case s.replaying:
		if id := s.values.id(); e.idFunc == nil && id != nil && !bytes.Equal(id, s.recorded) {
			return nil, &DivergenceError{Store: e.name, Recorded: bytes.Clone(s.recorded), Replayed: id}
		}
		e.session = nil
		return s.recorded, nil
	}
	return e.commit(ctx, s)
}

func (e *External) commit(ctx context.Context, s *externalSession) ([]byte, error) {
	e.session = nil
	cleanup := context.WithoutCancel(ctx)
	id, err := e.id(ctx, s)
	if err == nil {
		err = e.engine.SetLast(ctx, bytes.Clone(s.key), bytes.Clone(id))
	}
	if err != nil {
		err = fmt.Errorf("committable: external %s: commit key %q: nothing is committed: %w", e.name, s.key, err)
		return nil, errors.Join(err, e.rollback(cleanup))
	}
	if err := e.engine.Commit(ctx); err != nil {
		e.unsure = s.key
		err = fmt.Errorf("committable: external %s: commit key %q: call BeginRecovery with it to learn the outcome: %w", e.name, s.key, err)
		return nil, errors.Join(err, e.rollback(cleanup))
	}
	e.begun = false
	return id, nil
}

func (e *External) id(ctx context.Context, s *externalSession) ([]byte, error) {
	if e.idFunc == nil {
		return s.values.id(), nil
	}
	id, err := e.idFunc(ctx)
	return bytes.Clone(id), err
}

// Cancel drops the session; without one it does nothing but end a transaction
// that an earlier Rollback of the engine could not. The session is over also if
// it returns an error, which is the engine's; what the engine may still have
// open ends with the next call of Begin or Cancel.
func (e *External) Cancel(ctx context.Context) error {
	e.session = nil
	if err := e.rollback(ctx); err != nil {
		return fmt.Errorf("committable: external %s: Cancel: %w", e.name, err)
	}
	return nil
}

// rollback ends the transaction that the engine may have open.
func (e *External) rollback(ctx context.Context) error {
	if !e.begun {
		return nil
	}
	if err := e.engine.Rollback(ctx); err != nil {
		return err
	}
	e.begun = false
	return nil
}

func (e *External) fail(op string, sentinel error, format string, args ...any) error {
	return &opError{kind: "external", store: e.name, op: op, sentinel: sentinel, reason: fmt.Sprintf(format, args...)}
}
