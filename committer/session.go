package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
)

// session is the open session.
type session struct {
	seq  uint64
	key  []byte
	mode mode
	byDo bool // Do drives it and holds the turn; else whoever called Begin

	// parts take part in the session: every registered committable, or in a
	// replay those that the record names.
	parts []*participant

	// abandoned: the Do that drove it has returned. If the outcome turns out
	// to be that it was not committed, it is cancelled.
	abandoned bool

	recorded   *record // what a replay is compared with, in modes verify and finish
	savepoints []*savepoint
	broken     error // a savepoint could not be rolled back: only Cancel is left

	// Since Stage.
	staged *record
	pieces [][]byte // of the record, if it is larger than the KV takes

	// While the outcome of a write is unknown.
	unsure     step
	finalValue []byte
}

// mode is why a session runs.
type mode int

const (
	modeFresh    mode = iota // a new key
	modeReopened             // a crash left the key pending; nothing was recorded
	modeVerify               // a replay of the last session, which changes nothing
	modeFinish               // a replay of a decided session, which finishes it
	modeResolve              // a decided session, finished from its record by Resolve
)

// recovery tells whether the committables get BeginRecovery and Replay.
func (m mode) recovery() bool { return m != modeFresh }

// step is the write whose outcome is not known.
type step int

const (
	stepRecord  step = iota // the record, without externals
	stepDecided             // the record, before the externals
	stepFinal               // the final, after the externals
)

// Begin opens a session under a key, for one goroutine to write in. End it with
// Commit or Cancel.
//
// A key that was used before is recognised. With the key that a crash left
// pending, the session runs anew. With the key of the last session it is a
// verified replay: stores show the state before that session, the same code is
// run again, and Commit compares and changes nothing. With an older retained
// key the error is an *AlreadyCommittedError. To be answered from the record
// instead, use [MultiCommitter.Do].
//
// Other errors: ErrEmptyKey, ErrInSession, ErrClosed; *KeyMismatchError if
// another key is pending (see WithDiscardPending), which also wraps
// ErrUndecided if that session is decided; those of Load, if Begin has to load
// first; those of the KV and of the committables, after which no session is
// open.
func (m *MultiCommitter) Begin(ctx context.Context, idempotencyKey []byte) (err error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.ready(ctx, idempotencyKey); err != nil {
		return err
	}
	if m.session != nil {
		return ErrInSession
	}
	select {
	case m.turn <- struct{}{}:
	default:
		return ErrInSession
	}
	began := false
	defer func() {
		if !began {
			<-m.turn
		}
	}()
	err = m.begin(ctx, idempotencyKey, false)
	began = err == nil
	return err
}

// ready brings the state machine to where a session can begin, or is open. op
// is held.
func (m *MultiCommitter) ready(ctx context.Context, key []byte) error {
	if err := m.settle(ctx); err != nil {
		return err
	}
	if m.phase == phaseClosed {
		return m.closedError()
	}
	if len(key) == 0 {
		return ErrEmptyKey
	}
	if len(key) > MaxKey {
		return &LimitError{What: "the idempotency key", Size: len(key), Max: MaxKey}
	}
	if m.phase == phaseNew {
		return m.load(ctx)
	}
	return nil
}

// begin opens the session; none is open. op is held, and the turn is the
// caller's. If a committable fails or panics, no session is open afterwards.
func (m *MultiCommitter) begin(ctx context.Context, key []byte, byDo bool) (err error) {
	s, err := m.classify(key)
	if err != nil {
		return err
	}
	s.byDo = byDo
	if s.mode == modeFresh || s.mode == modeReopened {
		p := &pending{epoch: m.epoch, seq: s.seq, key: s.key}
		if err := m.setPending(ctx, p); err != nil {
			return fmt.Errorf("committer: begin key %q: %w", key, err)
		}
		if s.mode == modeFresh {
			m.setLeftOpen(nil)
		}
	}
	begun := false
	defer func() {
		if begun {
			return
		}
		err = errors.Join(err, m.cancelParts(context.WithoutCancel(ctx), s))
		if s.mode == modeFresh {
			m.dropPending(context.WithoutCancel(ctx))
		}
	}()
	inner := m.sessionContext(ctx, s)
	for _, p := range s.parts {
		if err := p.begin(inner, s); err != nil {
			return fmt.Errorf("committer: begin key %q: committable %q: %w", key, p.name, err)
		}
	}
	begun = true
	m.session, m.settled = s, nil
	if s.mode.recovery() {
		m.setPhase(phaseInRecovery)
	} else {
		m.setPhase(phaseInSession)
	}
	return nil
}

// classify tells what kind of session a key opens, or why none.
func (m *MultiCommitter) classify(key []byte) (*session, error) {
	s := &session{seq: m.history.count, key: bytes.Clone(key), parts: slices.Clone(m.parts)}
	last, found := m.history.last()
	isLast := found && bytes.Equal(key, last.Key)
	retained, isRetained := m.history.lookup(key)
	switch {
	case isLast && m.idlePhase() == phaseLoaded && m.prev != nil && m.replayable(m.prev):
		s.mode, s.recorded, s.seq = modeVerify, m.prev, last.Seq
	case isRetained:
		return nil, &AlreadyCommittedError{Session: retained.copy()}
	case m.decided != nil && bytes.Equal(key, m.decided.key):
		s.mode, s.recorded = modeFinish, m.decided
	case m.decided != nil:
		mismatch := &KeyMismatchError{Pending: clone(m.decided.key), Got: clone(key)}
		return nil, fmt.Errorf("%w: %w", ErrUndecided, mismatch)
	case m.leftOpen != nil && bytes.Equal(key, m.leftOpen.key):
		s.mode = modeReopened
	case m.leftOpen != nil && !m.discardPending:
		return nil, &KeyMismatchError{Pending: clone(m.leftOpen.key), Got: clone(key)}
	case m.monotonic && found && bytes.Compare(key, last.Key) < 0:
		return nil, fmt.Errorf("%w: key %q is below the last key %q, and keys only grow", ErrAlreadyCommitted, key, last.Key)
	}
	if s.recorded != nil {
		s.parts = slices.DeleteFunc(s.parts, func(p *participant) bool {
			_, named := s.recorded.part(p.name)
			return !named
		})
	}
	return s, nil
}

// replayable tells whether everything that a record has a part of is here. What
// was forgotten, and then registered anew, is another one.
func (m *MultiCommitter) replayable(rec *record) bool {
	m.manifestMu.Lock()
	defer m.manifestMu.Unlock()
	return !slices.ContainsFunc(rec.parts, func(p recordPart) bool {
		_, registered := m.find(p.name)
		return !registered || !m.manifest.counts(p.name, rec.seq)
	})
}

// externals returns the session's externals in the order of their names.
func (s *session) externals() []*participant {
	var list []*participant
	for _, p := range s.parts {
		if p.store == nil {
			list = append(list, p)
		}
	}
	return list
}

// begin opens the session in one committable.
func (p *participant) begin(ctx context.Context, s *session) error {
	switch {
	case !s.mode.recovery():
		return p.committable.Begin(ctx, s.key)
	case p.store == nil:
		return p.committable.BeginRecovery(ctx, s.key)
	default:
		return p.store.Replay(ctx, s.key, s.journalOf(p.name))
	}
}

// journalOf returns what a replay of the store is compared with, nil if nothing
// was recorded.
func (s *session) journalOf(name string) []byte {
	if s.recorded == nil {
		return nil
	}
	part, _ := s.recorded.part(name)
	return part.journal
}

// Cancel goes back to the state before Begin: of a replay of the last session,
// that session stays committed, which Lookup tells. Without a session it
// discards one that a crash left open, and else does nothing.
//
// That a session was cancelled is not synced: after a power loss before the
// next commit its key may be pending again, as if it had been open.
//
// The error is an *AlreadyCommittedError if the outcome of a failed Commit was
// unknown and turns out to be that the session is committed. It wraps
// ErrUndecided if the session is decided: the externals may have committed, so
// it can only be finished, by beginning its key again. After an error of the
// KV the session may still be open; after one of a committable it is over, and
// that committable's state is its own affair.
func (m *MultiCommitter) Cancel(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	return m.cancel(ctx)
}

func (m *MultiCommitter) cancel(ctx context.Context) error {
	if err := m.settle(ctx); err != nil {
		return err
	}
	if s := m.settled; s != nil {
		m.settled = nil
		return &AlreadyCommittedError{Session: s.copy()}
	}
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	case phaseLeftOpen:
		if err := m.deletePending(ctx); err != nil {
			return fmt.Errorf("committer: discard key %q: %w", m.leftOpen.key, err)
		}
		m.setLeftOpen(nil)
	case phaseDecided:
		return m.undecidedError()
	case phaseInSession, phaseInRecovery, phaseStaged:
		return m.abort(ctx)
	}
	return nil
}

// abort cancels the open session. op is held.
func (m *MultiCommitter) abort(ctx context.Context) error {
	s := m.session
	err := m.cancelParts(ctx, s)
	m.endSession()
	switch {
	case s.mode == modeVerify || s.mode == modeFinish:
		return err // as before Begin
	case m.decided != nil:
		return errors.Join(m.undecidedError(), err)
	}
	m.dropPending(ctx)
	return err
}

// cancelParts cancels the session in every committable.
func (m *MultiCommitter) cancelParts(ctx context.Context, s *session) error {
	inner := m.sessionContext(ctx, s)
	var errs []error
	for _, p := range s.parts {
		if err := p.committable.Cancel(inner); err != nil {
			errs = append(errs, fmt.Errorf("committer: cancel key %q: committable %q: %w", s.key, p.name, err))
		}
	}
	return errors.Join(errs...)
}

// setPending writes the entry of a session that begins.
func (m *MultiCommitter) setPending(ctx context.Context, p *pending) error {
	err := m.kv.Set(ctx, []byte(pendingKey), p.encode())
	m.unsurePending = err != nil
	return err
}

// deletePending deletes the entry.
func (m *MultiCommitter) deletePending(ctx context.Context) error {
	err := m.kv.Delete(ctx, []byte(pendingKey))
	m.unsurePending = err != nil
	return err
}

// dropPending deletes the entry of a session that is over. An error changes no
// answer: the next session overwrites the entry, and Load drops that of a
// committed session. That of a cancelled one is then found left open, and can
// be discarded again.
func (m *MultiCommitter) dropPending(ctx context.Context) {
	if err := m.deletePending(ctx); err != nil {
		m.logger.Warn("committer: the entry of a session that is over could not be deleted", "error", err)
	}
	m.setLeftOpen(nil)
}

func (m *MultiCommitter) undecidedError() error {
	return fmt.Errorf("%w: session %d cannot be cancelled; begin key %q again to finish it",
		ErrUndecided, m.decided.seq, m.decided.key)
}

// endSession forgets the open session and lets the next one begin. op is held.
func (m *MultiCommitter) endSession() {
	for _, sp := range m.session.savepoints {
		sp.ended = true
	}
	m.releaseTurn()
	m.session = nil
	m.setPhase(m.idlePhase())
}

// releaseTurn gives the turn back if Begin took it for the open session. op is
// held.
func (m *MultiCommitter) releaseTurn() {
	if m.session != nil && !m.session.byDo {
		<-m.turn
	}
}

func (m *MultiCommitter) setLeftOpen(p *pending) {
	m.state.Lock()
	m.leftOpen = p
	if m.phase == phaseLeftOpen || m.phase == phaseLoaded {
		m.phase = m.idlePhase()
	}
	m.state.Unlock()
}

type sessionKey struct{}

// inSession is what a session's context carries.
type inSession struct {
	m *MultiCommitter
	s *session
}

// sessionContext returns the context of the session's code and of the
// committables.
func (m *MultiCommitter) sessionContext(ctx context.Context, s *session) context.Context {
	is := inSession{m, s}
	if in, ok := ctx.Value(sessionKey{}).(inSession); ok && in == is { // that of Do's fn, given to Try
		if seq, _ := committable.SequenceFromContext(ctx); seq == s.seq {
			return ctx
		}
	}
	return context.WithValue(committable.ContextWithSequence(ctx, s.seq), sessionKey{}, is)
}

// SessionFromContext returns the session that the context of Do's fn, or of a
// committable's method, belongs to. Only its sequence and key are known yet.
func SessionFromContext(ctx context.Context) (Session, bool) {
	in, ok := ctx.Value(sessionKey{}).(inSession)
	if !ok {
		return Session{}, false
	}
	return Session{Seq: in.s.seq, Key: clone(in.s.key)}, true
}
