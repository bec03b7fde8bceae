package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/merkle"
)

// Stage seals the session and returns its commit ID before anything is decided.
// Commit it afterwards under the same key, or Cancel it. Called again, Stage
// returns the same ID.
//
// Errors: ErrNotInSession, *KeyMismatchError, ErrClosed; ErrExternal if an
// external is registered, because its id is known only after its Commit; the
// error of a check (see [WithCheck]), after which the session is open as before;
// and in a replay a *DivergenceError, after which only Cancel is left.
func (m *MultiCommitter) Stage(ctx context.Context, key []byte) (id []byte, err error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.settle(ctx); err != nil {
		return nil, err
	}
	if err := m.inSessionWith(key); err != nil {
		return nil, err
	}
	if externals := m.session.externals(); len(externals) > 0 {
		return nil, fmt.Errorf("%w: the id of %q is known only after its Commit", ErrExternal, externals[0].name)
	}
	if err := m.stage(ctx); err != nil {
		return nil, err
	}
	return bytes.Clone(m.session.staged.ID[:]), nil
}

// Commit ends the session and returns its commit ID: 32 bytes that depend only
// on the applied changes. After Commit has returned without an error, the
// session is as durable as the KV makes it.
//
// After an error, the session is not over: commit it again, or cancel it. After
// an error of the KV it is unknown whether the session is committed, and the
// next call of any method finds out. Calling Commit again is always right; Cancel
// returns an *AlreadyCommittedError if the session is committed. There are two
// exceptions. If the error wraps ErrUndecided, an external failed after the
// decision: the session is over, and its key must be begun again to finish it.
// If the error wraps ErrClosed, load a new MultiCommitter to find out.
//
// Other errors: ErrNotInSession, *KeyMismatchError, errors of checks (see
// [WithCheck]), and in a replay a *DivergenceError, after which only Cancel is
// left.
func (m *MultiCommitter) Commit(ctx context.Context, idempotencyKey []byte) (id []byte, err error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.settle(ctx); err != nil {
		return nil, err
	}
	h, err := m.commit(ctx, idempotencyKey)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(h.ID[:]), nil
}

// commit commits the open session, or returns the header of one that an earlier
// Commit committed without knowing it. The header's slices are the history's. op
// is held, and the caller has called settle.
func (m *MultiCommitter) commit(ctx context.Context, key []byte) (*format.Header, error) {
	if h := m.settled; h != nil && bytes.Equal(h.Key, key) {
		return h, nil
	}
	if err := m.inSessionWith(key); err != nil {
		return nil, err
	}
	if err := m.stage(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("committer: commit key %q: %w", key, err)
	}
	switch {
	case m.session.mode == modeVerify:
		return m.commitReplay(ctx)
	case len(m.session.externals()) > 0:
		return m.commitExternals(ctx)
	default:
		return m.commitStores(ctx)
	}
}

// inSessionWith returns an error unless a session is open under this key, and no
// outcome is unknown.
func (m *MultiCommitter) inSessionWith(key []byte) error {
	switch {
	case m.phase == phaseClosed:
		return m.closedError()
	case m.session == nil:
		return ErrNotInSession
	case m.phase == phaseUnknown:
		return fmt.Errorf("committer: the outcome of session %d with key %q is unknown", m.session.seq, m.session.key)
	case !bytes.Equal(key, m.session.key):
		return keyMismatch(m.session.key, key)
	}
	return nil
}

// stage seals the stores and makes the record. op is held.
func (m *MultiCommitter) stage(ctx context.Context) error {
	s := m.session
	if s.staged != nil {
		return nil
	}
	if s.broken != nil {
		return fmt.Errorf("committer: key %q can only be cancelled: %w", s.key, s.broken)
	}
	inner := m.sessionContext(ctx, s)
	if s.recorded == nil {
		for _, c := range m.opts.checks {
			if err := c.run(inner); err != nil {
				return fmt.Errorf("committer: check %q: %w", c.name, err)
			}
		}
	}
	parts, err := m.stageStores(inner, s)
	if err != nil {
		return err
	}
	rec := s.recorded
	if rec == nil {
		if rec, err = m.newRecord(s, parts); err != nil {
			return err
		}
	}
	for _, sp := range s.savepoints {
		sp.ended = true
	}
	s.staged = rec
	m.setPhase(phaseStaged)
	return nil
}

// newRecord returns the sealed record of a session.
func (m *MultiCommitter) newRecord(s *session, parts []format.RecordPart) (*storage.Record, error) {
	rec := &storage.Record{Record: format.Record{Epoch: m.epoch, Seq: s.seq, PrevHash: m.prevHash(), Key: s.key, Parts: parts}}
	if rec.Decided = len(s.externals()) > 0; !rec.Decided {
		var err error
		if rec.ID, err = rec.CommitID(); err != nil {
			return nil, err
		}
	}
	return rec, m.db.Seal(rec)
}

// stageStores stages every store, in parallel if there are several, and returns
// the parts of the record.
func (m *MultiCommitter) stageStores(ctx context.Context, s *session) ([]format.RecordPart, error) {
	parts := make([]format.RecordPart, len(s.parts))
	errs := make([]error, len(s.parts))
	stage := func(i int) {
		p := s.parts[i]
		id, journal, err := p.store.Stage(ctx, s.key)
		if err == nil && len(id) != len(merkle.ID{}) {
			err = fmt.Errorf("its id has %d bytes, not %d", len(id), len(merkle.ID{}))
		}
		if divergence := (*DivergenceError)(nil); errors.As(err, &divergence) {
			divergence.Store = p.name // the store's own name may differ
		}
		if err != nil {
			errs[i] = fmt.Errorf("committer: stage key %q: store %q: %w", s.key, p.name, err)
		}
		parts[i].ID, parts[i].Journal = bytes.Clone(id), journal
	}
	parallel.Do(len(s.parts), func(i int) {
		p := s.parts[i]
		parts[i].Name, parts[i].Kind = p.name, p.kind()
		if p.store != nil {
			stage(i)
		}
	})
	return parts, errors.Join(errs...)
}

// commitStores makes a session without externals durable by one write, and
// publishes it.
func (m *MultiCommitter) commitStores(ctx context.Context) (*format.Header, error) {
	s := m.session
	m.setUnknown(stepRecord)
	if err := m.records.Write(ctx, s.staged, true); err != nil {
		return nil, m.outcomeUnknown(err)
	}
	m.written = s.seq + 1
	if err := m.syncIfDue(ctx); err != nil {
		return nil, err
	}
	if err := m.checkOwner(ctx); err != nil {
		return nil, m.outcomeUnknown(err)
	}
	return m.publish(ctx)
}

// commitReplay ends a replay of the last session. It writes nothing.
func (m *MultiCommitter) commitReplay(ctx context.Context) (*format.Header, error) {
	s := m.session
	inner := m.sessionContext(ctx, s)
	for _, p := range s.externals() {
		id, err := p.committable.Commit(inner, s.key)
		if part, _ := s.recorded.Part(p.name); err == nil && !bytes.Equal(shortID(id), part.ID) {
			err = &DivergenceError{Store: p.name, Recorded: clone(part.ID), Replayed: shortID(id)}
		}
		if err != nil {
			// Some externals have ended their session, so it cannot be committed again.
			err = fmt.Errorf("committer: replay key %q: external %q: %w", s.key, p.name, err)
			cancelled := m.cancelParts(context.WithoutCancel(ctx), s)
			m.endSession()
			return nil, errors.Join(err, cancelled)
		}
	}
	for _, p := range s.parts {
		if p.store == nil {
			continue
		}
		if _, err := p.store.Commit(inner, s.key); err != nil {
			return nil, m.fail(fmt.Errorf("store %q could not end a replay: %w", p.name, err))
		}
	}
	m.endSession()
	last, _ := m.history.Last()
	return &last, nil
}

// publish makes a session visible whose record, and with externals its outcome,
// is in the KV, and ends it. op is held.
func (m *MultiCommitter) publish(ctx context.Context) (*format.Header, error) {
	s := m.session
	header := s.staged.Header()
	if err := m.publishParts(context.WithoutCancel(ctx), header); err != nil {
		return nil, m.fail(fmt.Errorf("session %d is stored but not published: %w", s.seq, err))
	}
	m.prev = s.staged
	m.prevHash = futureChainHash(s.staged.Value, s.outcome)
	m.checkpoints.recorded(len(s.staged.Value))
	m.records.Committed()
	m.endSession()
	if !m.db.Batches() || s.outcome != nil {
		m.dropPending(ctx)
	}
	if err := m.checkpointIfDue(); err != nil {
		m.opts.logger.ErrorContext(ctx, "a checkpoint was not started", "error", err)
	}
	return &header, nil
}

// publishParts publishes the stores and the header in one step for readers.
func (m *MultiCommitter) publishParts(ctx context.Context, header format.Header) error {
	s := m.session
	inner := m.sessionContext(ctx, s)
	m.pub.Lock()
	defer m.pub.Unlock()
	for _, p := range s.parts {
		if p.store == nil {
			continue
		}
		part, _ := s.staged.Part(p.name)
		p.usage.journal.Add(uint64(len(part.Journal)))
		if s.mode == modeResolve {
			if err := p.store.Redo(inner, s.key, part.Journal); err != nil {
				return fmt.Errorf("store %q: %w", p.name, err)
			}
			continue
		}
		id, err := p.store.Commit(inner, s.key)
		if err != nil {
			return fmt.Errorf("store %q: %w", p.name, err)
		}
		if !bytes.Equal(id, part.ID) {
			return fmt.Errorf("store %q published another id than it staged", p.name)
		}
	}
	m.state.Lock()
	defer m.state.Unlock()
	m.history.Append(header)
	m.decided, m.leftOpen = nil, nil
	return nil
}

// asyncHashMin is the length of records that are hashed concurrently: the hash is
// needed only when the next session is staged.
const asyncHashMin = 16 << 10

// futureChainHash returns a function that returns the chain hash, and waits for
// it if it is still being computed.
func futureChainHash(record, outcome []byte) func() format.Hash {
	future := sync.OnceValue(func() format.Hash { return format.ChainHash(record, outcome) })
	if len(record) >= asyncHashMin {
		go future()
	}
	return future
}
