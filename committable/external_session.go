package committable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Begin opens a session. After an error no session is open. The error is the
// engine's, or wraps one of these:
//
//   - [ErrEmptyKey] or [ErrInSession]
//   - [ErrUnknownOutcome] if the outcome of the last session is unknown, because its
//     Commit returned an error
//   - [ErrCommitted] if the last committed session has the same key
func (e *External) Begin(ctx context.Context, idempotencyKey []byte) error {
	if e.unsure != nil {
		return e.fail("Begin", ErrUnknownOutcome, "the outcome of the session %q is unknown; call BeginRecovery with its key", e.unsure)
	}
	return e.begin(ctx, "Begin", idempotencyKey)
}

// BeginRecovery opens a session that may be committed already. If the engine has
// committed the key last, the session is a replay: Apply does not call its
// function, CheckReadable returns an error, and Commit returns the id of the first
// time. Otherwise BeginRecovery does the same as Begin.
//
// Its errors are those of Begin, without [ErrCommitted]. It only returns
// [ErrUnknownOutcome] if the outcome of a session with another key is unknown.
func (e *External) BeginRecovery(ctx context.Context, idempotencyKey []byte) error {
	if e.unsure != nil && !bytes.Equal(idempotencyKey, e.unsure) {
		return e.fail("BeginRecovery", ErrUnknownOutcome, "the outcome of the session %q is unknown; recover it before %q", e.unsure, idempotencyKey)
	}
	return e.begin(ctx, "BeginRecovery", idempotencyKey)
}

func (e *External) begin(ctx context.Context, op string, key []byte) error {
	switch {
	case len(key) == 0:
		return e.fail(op, ErrEmptyKey, "the idempotency key is empty; every session needs one")
	case e.session != nil:
		return e.fail(op, ErrInSession, "the session %q is open; call Commit or Cancel first", e.session.key)
	}
	if err := e.rollback(ctx); err != nil { // an earlier session may have left it open
		return fmt.Errorf("committable: external %s: %s: roll back the transaction of an earlier session: %w", e.name, op, err)
	}
	s, err := e.openSession(ctx, op, key)
	if err != nil || s.replaying { // a replay needs no transaction
		err = errors.Join(err, e.rollback(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return err
	}
	e.session, e.unsure = s, nil
	return nil
}

// openSession opens a transaction, and finds out whether the session is a replay.
func (e *External) openSession(ctx context.Context, op string, key []byte) (*externalSession, error) {
	e.begun = true // even if Begin fails: it may have opened a transaction
	if err := e.engine.Begin(ctx); err != nil {
		return nil, fmt.Errorf("committable: external %s: %s: %w", e.name, op, err)
	}
	last, id, err := e.engine.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("committable: external %s: %s: read the last key: %w", e.name, op, err)
	}
	s := &externalSession{key: bytes.Clone(key), values: newValueHash()}
	if !bytes.Equal(key, last) {
		return s, nil
	}
	if op == "Begin" {
		return nil, e.fail(op, ErrCommitted, "the session %q is committed; call BeginRecovery to replay it", key)
	}
	s.replaying, s.recorded = true, bytes.Clone(id)
	return s, nil
}

// Replaying reports whether the open session is a replay: the engine has committed
// it already.
func (e *External) Replaying() bool { return e.session != nil && e.session.replaying }

// Commit commits the session and returns its id. In a replay it writes nothing, and
// returns the id of the first time.
//
// The error wraps [ErrNotInSession] or [ErrIdempotencyKeyMismatch]. If it wraps
// [ErrBroken] or, in a replay, is a [*DivergenceError], the session can only be
// cancelled. Any other error is the engine's and ends the session; BeginRecovery
// finds out its outcome.
func (e *External) Commit(ctx context.Context, idempotencyKey []byte) ([]byte, error) {
	s := e.session
	switch {
	case s == nil:
		return nil, e.fail("Commit", ErrNotInSession, "no session is open; call Begin first")
	case !bytes.Equal(idempotencyKey, s.key):
		return nil, e.fail("Commit", ErrIdempotencyKeyMismatch, "the session has the key %q, not %q", s.key, idempotencyKey)
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

// Cancel drops the session. Without a session it only ends a transaction that the
// engine could not roll back earlier. The session ends even if Cancel returns an
// error of the engine; the next Begin or Cancel rolls back again.
func (e *External) Cancel(ctx context.Context) error {
	e.session = nil
	if err := e.rollback(ctx); err != nil {
		return fmt.Errorf("committable: external %s: Cancel: %w", e.name, err)
	}
	return nil
}

// rollback ends a transaction that may be open.
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
