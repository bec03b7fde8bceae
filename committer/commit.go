package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// Stage seals the session and returns its commit ID before anything is
// decided; then Commit it under the same key, or Cancel it. Called again, it
// returns the same.
//
// Errors: ErrNotInSession, *KeyMismatchError, ErrClosed; ErrExternal if an
// external is registered, whose id is known only once it has committed; the
// error of a check (see WithCheck), after which the session is open as before;
// *DivergenceError in a replay, after which only Cancel is left.
func (m *MultiCommitter) Stage(ctx context.Context, key []byte) (id []byte, err error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.inSessionWith(ctx, key); err != nil {
		return nil, err
	}
	if externals := m.session.externals(); len(externals) > 0 {
		return nil, fmt.Errorf("%w: %q tells its id only at Commit", ErrExternal, externals[0].name)
	}
	if err := m.stage(ctx); err != nil {
		return nil, err
	}
	return bytes.Clone(m.session.staged.id[:]), nil
}

// Commit ends the session and returns its commit ID, 32 bytes that depend on
// the applied changes alone. When it returns without an error, the session is
// as durable as the KV makes it.
//
// After an error the session is not over: it may be committed again, or
// cancelled. An error of the KV leaves open whether the session is committed;
// the next call of any method finds out, so to call Commit again is always
// right, and Cancel tells by an *AlreadyCommittedError. The exceptions: if the
// error wraps ErrUndecided, an external failed after the decision; the session
// is over, and its key must be begun again to finish it. If it wraps
// ErrClosed, load a new MultiCommitter to learn the outcome.
//
// Other errors: ErrNotInSession, *KeyMismatchError, those of checks (see
// WithCheck), and *DivergenceError in a replay, after which only Cancel is
// left.
func (m *MultiCommitter) Commit(ctx context.Context, idempotencyKey []byte) (id []byte, err error) {
	m.op.Lock()
	defer m.op.Unlock()
	s, err := m.commit(ctx, idempotencyKey)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(s.ID[:]), nil
}

// commit returns the head of the committed session, whose slices are the
// history's. op is held.
func (m *MultiCommitter) commit(ctx context.Context, key []byte) (*Session, error) {
	if err := m.settle(ctx); err != nil {
		return nil, err
	}
	if s := m.settled; s != nil && bytes.Equal(s.Key, key) {
		return s, nil
	}
	if err := m.inSessionWith(ctx, key); err != nil {
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

// inSessionWith checks that a session is open under this key.
func (m *MultiCommitter) inSessionWith(ctx context.Context, key []byte) error {
	if err := m.settle(ctx); err != nil {
		return err
	}
	switch {
	case m.phase == phaseClosed:
		return m.closedError()
	case m.session == nil:
		return ErrNotInSession
	case !bytes.Equal(key, m.session.key):
		return &KeyMismatchError{Pending: clone(m.session.key), Got: clone(key)}
	}
	return nil
}

// stage seals the stores and builds the record.
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
		for _, c := range m.checks {
			if err := c.check(inner); err != nil {
				return fmt.Errorf("committer: check %q: %w", c.name, err)
			}
		}
	}
	parts, err := m.stageStores(inner, s)
	if err != nil {
		return err
	}
	rec := &record{epoch: m.epoch, seq: s.seq, link: m.prevLink(), key: s.key, parts: parts}
	if s.recorded != nil {
		rec = s.recorded
	} else {
		if rec.decided = len(s.externals()) > 0; !rec.decided {
			if rec.id, err = rec.commitID(); err != nil {
				return err
			}
		}
		rec.value = rec.encode()
		if len(rec.value) > MaxRecord {
			return &LimitError{What: "the record of the session", Size: len(rec.value), Max: MaxRecord}
		}
		s.pieces = m.db.split(rec)
	}
	for _, sp := range s.savepoints {
		sp.ended = true
	}
	s.staged = rec
	m.setPhase(phaseStaged)
	return nil
}

// stageStores stages every store, side by side if there are several, and
// returns what the record says of each committable.
func (m *MultiCommitter) stageStores(ctx context.Context, s *session) ([]recordPart, error) {
	parts := make([]recordPart, len(s.parts))
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
		parts[i].id, parts[i].journal = bytes.Clone(id), journal
	}
	parallel.Do(len(s.parts), func(i int) {
		p := s.parts[i]
		parts[i].name, parts[i].kind = p.name, p.kind()
		if p.store != nil {
			stage(i)
		}
	})
	return parts, errors.Join(errs...)
}

// commitStores makes the session durable by one write and publishes it.
func (m *MultiCommitter) commitStores(ctx context.Context) (*Session, error) {
	s := m.session
	m.unsure(stepRecord)
	if err := m.writeRecord(ctx, true); err != nil {
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

// commitReplay ends a replay of the last session: nothing is written.
func (m *MultiCommitter) commitReplay(ctx context.Context) (*Session, error) {
	s := m.session
	inner := m.sessionContext(ctx, s)
	for _, p := range s.externals() {
		id, err := p.committable.Commit(inner, s.key)
		if part, _ := s.recorded.part(p.name); err == nil && !bytes.Equal(shortID(id), part.id) {
			err = &DivergenceError{Store: p.name, Recorded: clone(part.id), Replayed: shortID(id)}
		}
		if err != nil {
			// Some externals have ended their session: it can't be committed again.
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
	last, _ := m.history.last()
	return &last, nil
}

// publish makes a recorded session visible and ends it. op is held; the record
// (and the final, with externals) is in the KV.
func (m *MultiCommitter) publish(ctx context.Context) (*Session, error) {
	s := m.session
	head := s.staged.session()
	if err := m.publishParts(context.WithoutCancel(ctx), head); err != nil {
		return nil, m.fail(fmt.Errorf("session %d is stored but not published: %w", s.seq, err))
	}
	m.prev = s.staged
	m.prevLink = futureLink(s.staged.value, s.finalValue)
	m.since += uint64(len(s.staged.value))
	m.attempt = nil
	m.endSession()
	if !m.batches() || s.finalValue != nil {
		m.dropPending(ctx)
	}
	if err := m.checkpointIfDue(); err != nil {
		m.logger.Error("committer: after a session", "error", err)
	}
	return &head, nil
}

// publishParts publishes the stores and the head as one step for readers.
func (m *MultiCommitter) publishParts(ctx context.Context, head Session) error {
	s := m.session
	inner := m.sessionContext(ctx, s)
	m.pub.Lock()
	defer m.pub.Unlock()
	for _, p := range s.parts {
		if p.store == nil {
			continue
		}
		part, _ := s.staged.part(p.name)
		if s.mode == modeResolve {
			if err := p.store.Redo(inner, s.key, part.journal); err != nil {
				return fmt.Errorf("store %q: %w", p.name, err)
			}
			continue
		}
		id, err := p.store.Commit(inner, s.key)
		if err != nil {
			return fmt.Errorf("store %q: %w", p.name, err)
		}
		if !bytes.Equal(id, part.id) {
			return fmt.Errorf("store %q published another id than it staged", p.name)
		}
	}
	m.state.Lock()
	defer m.state.Unlock()
	m.history.append(head)
	m.decided, m.leftOpen = nil, nil
	return nil
}

// batches tells whether the record's write also deletes the pending entry.
// Where records can be created, they are: that keeps a second writer out.
func (m *MultiCommitter) batches() bool {
	return m.db.supports.Batcher != nil && !m.shared()
}

// writeRecord writes the record, its parts first.
func (m *MultiCommitter) writeRecord(ctx context.Context, endsSession bool) error {
	s := m.session
	if len(s.pieces) > 0 {
		first, err := m.writeParts(ctx, s)
		if err != nil {
			return err
		}
		s.staged.stored = s.staged.header(first, len(s.pieces))
	}
	return m.create(ctx, recordKey(s.staged.epoch, s.seq), s.staged.stored, endsSession)
}

// writeParts writes the pieces of a record and returns the number of the first.
//
// Where another writer may be at the same, parts are created, in numbers that
// nobody has taken; what a crash or a cancelled session left goes with the
// record of that sequence. Elsewhere they are numbered from 0, and what was left
// is deleted by Load.
func (m *MultiCommitter) writeParts(ctx context.Context, s *session) (first uint64, err error) {
	epoch := s.staged.epoch
	if m.attempt != nil && m.attempt != s.staged && !m.shared() {
		// Parts of a session with this sequence that was cancelled.
		del := &deleter{database: m.db}
		if err := errors.Join(m.db.deleteParts(ctx, del, epoch, s.seq), del.flush(ctx)); err != nil {
			return 0, err
		}
		m.attempt = nil
	}
	number := uint64(0)
	for i := 0; i < len(s.pieces); {
		m.attempt = s.staged
		err := m.create(ctx, partKey(epoch, s.seq, number), sealPart(epoch, s.seq, number, s.pieces[i]), false)
		number++
		switch {
		case errors.Is(err, ErrFenced): // the number is taken
			first, i = number, 0
		case err != nil:
			return 0, err
		default:
			i++
		}
	}
	return first, nil
}

// shared tells whether another writer may have the KV open.
func (m *MultiCommitter) shared() bool {
	return m.db.supports.Creator != nil
}

// checkOwner finds out whether another writer has taken over, by the manifest.
//
// A record is created only if nobody has written one of its sequence. But that
// of another writer may have been there and gone: a checkpoint drops records,
// and Rollback and Import begin a new epoch. Whatever makes the key of a record
// free changes the manifest before. So a record counts that was created while
// the manifest is as it was.
func (m *MultiCommitter) checkOwner(ctx context.Context) error {
	if !m.shared() {
		return nil
	}
	m.manifestMu.Lock()
	defer m.manifestMu.Unlock()
	return m.readBackManifest(ctx)
}

// checkNewest finds out whether another writer has committed a session after
// the last one.
func (m *MultiCommitter) checkNewest(ctx context.Context) error {
	if !m.shared() {
		return nil
	}
	key := recordKey(m.epoch, m.history.count)
	there, err := m.db.get(ctx, key)
	if err == nil && there != nil {
		return m.fail(fmt.Errorf("%w: %s was written by somebody else", ErrFenced, key))
	}
	return err
}

// dropParts deletes the parts of a record that was never written: a crash left
// them. op is held.
func (m *MultiCommitter) dropParts(ctx context.Context, decided *record) error {
	if decided != nil || m.shared() {
		return nil
	}
	del := &deleter{database: m.db}
	return errors.Join(m.db.deleteParts(ctx, del, m.epoch, m.history.count), del.flush(ctx))
}

// create writes a value that must not be there yet. It tells a second writer by
// ErrFenced where the KV can.
func (m *MultiCommitter) create(ctx context.Context, key string, value []byte, endsSession bool) error {
	if creator := m.db.supports.Creator; creator != nil {
		err := creator.Create(ctx, []byte(key), value)
		if !errors.Is(err, kv.ErrExists) {
			return err
		}
		there, err := m.kv.Get(ctx, []byte(key))
		switch {
		case err != nil:
			return err
		case !bytes.Equal(there, value):
			return fmt.Errorf("%w: %s was written by somebody else", ErrFenced, key)
		}
		return nil
	}
	if endsSession && m.batches() {
		return m.db.supports.Batcher.Batch(ctx, []kv.Op{
			{Key: []byte(key), Value: value},
			{Key: []byte(pendingKey), Delete: true},
		})
	}
	return m.kv.Set(ctx, []byte(key), value)
}
