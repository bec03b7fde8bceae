package committer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
)

// commitExternals commits a session with externals. What an external commits can
// neither be undone nor be known before, so this takes three steps:
//
//  1. the record is written without a commit ID: the session is decided;
//  2. every external commits, in the order of names;
//  3. the outcome is written, with their ids and the commit ID; then the stores
//     publish.
//
// A crash or a failure between steps 1 and 3 leaves the session decided. Then
// only its key is accepted, and its replay must produce the recorded journals
// before an external commits.
func (m *MultiCommitter) commitExternals(ctx context.Context) (*format.Header, error) {
	s := m.session
	if m.decided == nil {
		m.setUnknown(stepDecided)
		if err := m.records.Write(ctx, s.staged, false); err != nil {
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

	o := &format.Outcome{Epoch: s.staged.Epoch, Seq: s.seq, Record: format.HashOf(s.staged.Value), Resolved: s.mode == modeResolve}
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
		o.IDs = append(o.IDs, format.HeaderPart{Name: p.name, ID: shortID(id)})
	}

	done := *s.staged
	done.Parts = slices.Clone(done.Parts)
	if err := done.Finish(o); err != nil {
		return nil, m.fail(fmt.Errorf("session %d: %w", s.seq, err))
	}
	var err error
	if done.ID, err = done.CommitID(); err != nil {
		return nil, m.fail(err)
	}
	o.ID = done.ID
	s.staged, s.outcome = &done, o.Encode()
	return m.writeOutcome(ctx)
}

// writeOutcome is step 3. It is repeated until the KV has accepted the outcome.
func (m *MultiCommitter) writeOutcome(ctx context.Context) (*format.Header, error) {
	s := m.session
	m.setUnknown(stepOutcome)
	if err := m.db.CreateOutcome(ctx, s.staged.Epoch, s.seq, s.outcome); err != nil {
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

// maxExternalID bounds the id of an external, in bytes. The ids of all externals
// must fit into one value, and when they are known, the externals have
// committed.
const maxExternalID = 256

// shortID returns a copy of an id, or the SHA-256 of an id that is too long.
func shortID(id []byte) []byte {
	if len(id) <= maxExternalID {
		return clone(id)
	}
	sum := sha256.Sum256(id)
	return sum[:]
}

// setDecided notes that the open session's record is in the KV.
func (m *MultiCommitter) setDecided(rec *storage.Record) {
	m.state.Lock()
	m.decided = rec
	m.phase = phaseStaged
	m.state.Unlock()
}
