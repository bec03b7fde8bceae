package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
)

// session is the open session.
type session struct {
	seq  uint64
	key  []byte
	mode mode
	byDo bool // Do drives it and holds the turn; otherwise the caller of Begin

	// parts take part in the session: all registered committables, or in a replay
	// those that the record names.
	parts []*participant

	// abandoned: the Do that drove the session has returned. If it turns out that
	// the session is not committed, it is cancelled.
	abandoned bool

	recorded   *storage.Record // what a replay is compared with, in modes verify and finish
	savepoints []*savepoint
	broken     error // a savepoint could not be rolled back: only Cancel is left

	staged *storage.Record // since Stage

	// While the outcome of a write is unknown:
	unknown step
	outcome []byte // value of the outcome, with externals
}

// mode says why a session runs.
type mode int

const (
	modeFresh    mode = iota // the key is new
	modeReopened             // a crash left the key pending, and nothing was recorded
	modeVerify               // a replay of the last session, which changes nothing
	modeFinish               // a replay of a decided session, which finishes it
	modeResolve              // Resolve finishes a decided session from its record
)

// recovery reports whether the committables get BeginRecovery and Replay.
func (m mode) recovery() bool { return m != modeFresh }

// writesPending reports whether a session of this mode has a pending entry of
// its own.
func (m mode) writesPending() bool { return m == modeFresh || m == modeReopened }

// step is a write of the protocol.
type step int

const (
	stepRecord  step = iota // the record, without externals
	stepDecided             // the record, before the externals commit
	stepOutcome             // the outcome, after they have committed
)

// Begin opens a session under a key, for one goroutine to write in. End it with
// Commit or Cancel.
//
// Begin recognises keys that were used before:
//
//   - With the key that a crash left pending, the session runs again.
//   - With the key of the last session, it is a verified replay: the stores show
//     the state before that session, the same code runs again, and Commit
//     compares its changes with the record and writes nothing.
//   - With an older retained key, the error is an *AlreadyCommittedError. Use
//     [MultiCommitter.Do] to be answered from the record instead.
//
// Other errors: ErrEmptyKey, ErrInSession, ErrClosed; a *KeyMismatchError if
// another key is pending (see [WithDiscardPending]), which also wraps
// ErrUndecided if that session is decided; errors of Load, if Begin has to load;
// and errors of the KV and of the committables. After an error no session is
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
	s, err := m.classify(idempotencyKey)
	if err != nil {
		return err
	}
	err = m.begin(ctx, s)
	began = err == nil
	return err
}

// ready settles an unknown outcome, checks the key, and loads if nobody has. op
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

// classify returns the session that Begin opens with a key, or the reason why
// none is. op is held.
func (m *MultiCommitter) classify(key []byte) (*session, error) {
	retained, ok := m.history.Lookup(key)
	if !ok {
		return m.newSession(key)
	}
	isLast := retained.Seq+1 == m.history.Count()
	if isLast && m.idlePhase() == phaseLoaded && m.prev != nil && m.replayable(m.prev) {
		return m.replay(modeVerify, m.prev), nil
	}
	return nil, &AlreadyCommittedError{Session: sessionOf(&retained)}
}

// newSession returns the session that a key opens that is not retained, or the
// reason why none is. op is held.
func (m *MultiCommitter) newSession(key []byte) (*session, error) {
	s := &session{seq: m.history.Count(), key: bytes.Clone(key), parts: slices.Clone(m.parts)}
	switch {
	case m.decided != nil && bytes.Equal(key, m.decided.Key):
		return m.replay(modeFinish, m.decided), nil
	case m.decided != nil:
		return nil, fmt.Errorf("%w: %w", ErrUndecided, keyMismatch(m.decided.Key, key))
	case m.leftOpen != nil && bytes.Equal(key, m.leftOpen.Key):
		s.mode = modeReopened
	case m.leftOpen != nil && !m.opts.discardPending:
		return nil, keyMismatch(m.leftOpen.Key, key)
	case m.opts.monotonic:
		if last, ok := m.history.Last(); ok && bytes.Compare(key, last.Key) < 0 {
			return nil, fmt.Errorf("%w: key %q is below the last key %q, and keys only grow", ErrAlreadyCommitted, key, last.Key)
		}
	}
	return s, nil
}

// replay returns a session that is compared with a record.
func (m *MultiCommitter) replay(mode mode, recorded *storage.Record) *session {
	s := &session{seq: recorded.Seq, key: bytes.Clone(recorded.Key), mode: mode, recorded: recorded}
	for _, p := range m.parts {
		if _, named := recorded.Part(p.name); named {
			s.parts = append(s.parts, p)
		}
	}
	return s
}

// replayable reports whether every committable with a part in a record is
// registered. A name that was forgotten and registered again means another one.
func (m *MultiCommitter) replayable(rec *storage.Record) bool {
	manifest := m.manifest.Current()
	return !slices.ContainsFunc(rec.Parts, func(p format.RecordPart) bool {
		_, registered := m.find(p.Name)
		return !registered || !manifest.MeansMember(p.Name, rec.Seq)
	})
}

// begin opens a session; none is open. op is held, and the turn is the caller's.
// If a committable fails or panics, no session is open afterwards.
func (m *MultiCommitter) begin(ctx context.Context, s *session) (err error) {
	if s.mode.writesPending() {
		if err := m.setPending(ctx, s); err != nil {
			return fmt.Errorf("committer: begin key %q: %w", s.key, err)
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
			return fmt.Errorf("committer: begin key %q: committable %q: %w", s.key, p.name, err)
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

// begin opens the session in one committable.
func (p *participant) begin(ctx context.Context, s *session) error {
	switch {
	case !s.mode.recovery():
		return p.committable.Begin(ctx, s.key)
	case p.store == nil:
		return p.committable.BeginRecovery(ctx, s.key)
	default:
		return p.store.Replay(ctx, s.key, s.recordedJournal(p.name))
	}
}

// recordedJournal returns the journal that a replay of the store is compared
// with, nil if nothing was recorded.
func (s *session) recordedJournal(name string) []byte {
	if s.recorded == nil {
		return nil
	}
	part, _ := s.recorded.Part(name)
	return part.Journal
}

// externals returns the externals in the session, sorted by name.
func (s *session) externals() []*participant {
	var list []*participant
	for _, p := range s.parts {
		if p.store == nil {
			list = append(list, p)
		}
	}
	return list
}

// Cancel ends the open session without committing it: every committable returns
// to its state before Begin. A replay of the last session can be cancelled too;
// the session stays committed. Without an open session, Cancel discards one that
// a crash left open, or else does nothing.
//
// A cancel is not synced. After a power loss before the next commit, the key of
// the cancelled session can be pending again.
//
// Cancel returns an *AlreadyCommittedError if a Commit returned an error before,
// and the session turns out to be committed. It returns an error that wraps
// ErrUndecided if the session is decided: externals may have committed, so it
// can only be finished, by beginning its key again. After an error of the KV the
// session may still be open. After an error of a committable the session is
// over, and the state of that committable is undefined.
func (m *MultiCommitter) Cancel(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	return m.cancel(ctx)
}

// cancel is Cancel. op is held.
func (m *MultiCommitter) cancel(ctx context.Context) error {
	if err := m.settle(ctx); err != nil {
		return err
	}
	if h := m.settled; h != nil {
		m.settled = nil
		return &AlreadyCommittedError{Session: sessionOf(h)}
	}
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	case phaseLeftOpen:
		return m.discardPending(ctx)
	case phaseDecided:
		return m.undecidedError()
	case phaseInSession, phaseInRecovery, phaseStaged:
		return m.abort(ctx)
	}
	return nil
}

// abort cancels the open session. op is held, and no outcome is unknown.
func (m *MultiCommitter) abort(ctx context.Context) error {
	s := m.session
	err := m.cancelParts(ctx, s)
	m.endSession()
	switch {
	case s.mode == modeVerify || s.mode == modeFinish:
		return err // the state is as before Begin
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

func (m *MultiCommitter) undecidedError() error {
	return fmt.Errorf("%w: session %d cannot be cancelled; begin key %q again to finish it",
		ErrUndecided, m.decided.Seq, m.decided.Key)
}

// endSession closes the open session and lets the next one begin. op is held.
func (m *MultiCommitter) endSession() {
	for _, sp := range m.session.savepoints {
		sp.ended = true
	}
	m.releaseTurn()
	m.session = nil
	m.setPhase(m.idlePhase())
}

// releaseTurn returns the turn if Begin took it for the open session. op is
// held.
func (m *MultiCommitter) releaseTurn() {
	if m.session != nil && !m.session.byDo {
		<-m.turn
	}
}

type sessionKey struct{}

// inSession is what the context of a session carries.
type inSession struct {
	m *MultiCommitter
	s *session
}

// sessionContext returns the context for the code of a session and for its
// committables. It returns ctx itself if that is already the session's.
func (m *MultiCommitter) sessionContext(ctx context.Context, s *session) context.Context {
	is := inSession{m, s}
	if in, ok := ctx.Value(sessionKey{}).(inSession); ok && in == is {
		if seq, _ := committable.SequenceFromContext(ctx); seq == s.seq {
			return ctx
		}
	}
	return context.WithValue(committable.ContextWithSequence(ctx, s.seq), sessionKey{}, is)
}

// SessionFromContext returns the session that a context belongs to: the context
// of Do's or Try's function, or of a committable's method. Only its sequence and
// its key are known yet.
func SessionFromContext(ctx context.Context) (s Session, ok bool) {
	in, ok := ctx.Value(sessionKey{}).(inSession)
	if !ok {
		return Session{}, false
	}
	return Session{Seq: in.s.seq, Key: clone(in.s.key)}, true
}
