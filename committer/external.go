package committer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// commitExternals commits a session in three steps, since what an external
// commits can neither be taken back nor be known before:
//
//  1. the record, without a commit ID: the session is decided;
//  2. every external commits, in the order of the names;
//  3. the final, with their ids and the commit ID; then the stores publish.
//
// A crash or a failure between 1 and 3 leaves the session decided. Only its key
// is accepted then, and its replay must come to the recorded journals before
// an external commits.
func (m *MultiCommitter) commitExternals(ctx context.Context) (*Session, error) {
	s := m.session
	if m.decided == nil {
		m.unsure(stepDecided)
		if err := m.writeRecord(ctx, false); err != nil {
			return nil, m.outcomeUnknown(err)
		}
		if err := m.sync(ctx); err != nil {
			return nil, err
		}
		if err := m.checkOwner(ctx); err != nil {
			return nil, m.outcomeUnknown(err)
		}
		m.setDecided(s.staged)
	}

	f := &final{epoch: s.staged.epoch, seq: s.seq, record: sha256.Sum256(s.staged.value), resolved: s.mode == modeResolve}
	inner := m.sessionContext(ctx, s)
	for _, p := range s.externals() {
		id, err := p.committable.Commit(inner, s.key)
		if err != nil {
			err = fmt.Errorf("%w: external %q did not commit session %d, begin key %q again to finish it: %w",
				ErrUndecided, p.name, s.seq, s.key, err)
			cancelled := m.cancelParts(context.WithoutCancel(ctx), s)
			m.endSession()
			return nil, errors.Join(err, cancelled)
		}
		f.ids = append(f.ids, Part{Name: p.name, ID: shortID(id)})
	}

	done := *s.staged
	done.parts = slices.Clone(done.parts)
	if err := done.finish(f); err != nil {
		return nil, m.fail(fmt.Errorf("session %d: %w", s.seq, err))
	}
	var err error
	if done.id, err = done.commitID(); err != nil {
		return nil, m.fail(err)
	}
	f.id = done.id
	s.staged, s.finalValue = &done, f.encode()
	return m.writeFinal(ctx)
}

// writeFinal is step 3. It is repeated until the KV has taken it.
func (m *MultiCommitter) writeFinal(ctx context.Context) (*Session, error) {
	s := m.session
	m.unsure(stepFinal)
	if err := m.create(ctx, finalKey(s.staged.epoch, s.seq), s.finalValue, false); err != nil {
		return nil, m.outcomeUnknown(err)
	}
	m.written = s.seq + 1
	if err := m.sync(ctx); err != nil {
		return nil, err
	}
	if err := m.checkOwner(ctx); err != nil {
		return nil, m.outcomeUnknown(err)
	}
	return m.publish(ctx)
}

// maxExternalID is how long the id of an external may be, in bytes: the ids of
// all externals must fit into one value, and what they have committed cannot be
// taken back when it turns out that they do not.
const maxExternalID = 256

// shortID returns a copy of an id, or the SHA-256 of one that is too long.
func shortID(id []byte) []byte {
	if len(id) <= maxExternalID {
		return clone(id)
	}
	sum := sha256.Sum256(id)
	return sum[:]
}

// setDecided notes that the open session's record is in the KV.
func (m *MultiCommitter) setDecided(rec *record) {
	m.state.Lock()
	m.decided = rec
	m.phase = phaseStaged
	m.state.Unlock()
}
