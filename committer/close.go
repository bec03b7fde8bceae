package committer

import (
	"context"
	"errors"
	"fmt"
)

// Sync returns when everything committed is on stable storage. It does nothing
// if the KV has no Sync, because such a KV syncs every write. After an error of
// the KV the MultiCommitter is closed. Other errors: ErrNotLoaded, ErrClosed and
// that of ctx.
func (m *MultiCommitter) Sync(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("committer: sync: %w", err)
	}
	return m.sync(ctx)
}

// DurableSeq returns the sequence of the newest session on stable storage; ok is
// false if there is none. Without WithSyncEvery it is the sequence of the last
// session. Before Load the error is ErrNotLoaded.
func (m *MultiCommitter) DurableSeq() (seq uint64, ok bool, err error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return 0, false, err
	}
	if m.durable == 0 {
		return 0, false, nil
	}
	return m.durable - 1, true, nil
}

// sync puts everything written on stable storage. op is held.
func (m *MultiCommitter) sync(ctx context.Context) error {
	if err := m.db.Sync(ctx); err != nil {
		return m.fail(err)
	}
	m.state.Lock()
	m.durable = m.written
	m.state.Unlock()
	return nil
}

// syncIfDue syncs after a session, as WithSyncEvery demands. op is held.
func (m *MultiCommitter) syncIfDue(ctx context.Context) error {
	if m.db.Syncs() && m.written-m.durable < m.opts.syncEvery {
		return nil
	}
	return m.sync(ctx)
}

// Close waits for a running checkpoint, syncs, and ends the use of the
// MultiCommitter. The KV stays open. While a session is open, Close returns
// ErrInSession: commit or cancel the session first. Closing twice is no error.
//
// The wait for a checkpoint takes as long as writing all rows can take. To bound
// it, use [MultiCommitter.CloseContext]. Only sessions that WithSyncEvery left
// unsynced depend on Close; a program may also end without it.
func (m *MultiCommitter) Close() error { return m.CloseContext(context.Background()) }

// CloseContext is Close with a bound on the wait for a running checkpoint: when
// ctx ends, the checkpoint is stopped. The state stays whole without it, and the
// next MultiCommitter writes another one.
//
// CloseContext still waits for the current call of the KV and for the last sync.
func (m *MultiCommitter) CloseContext(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	unbounded := context.WithoutCancel(ctx)
	settled := m.settle(unbounded)
	switch m.phase {
	case phaseClosed:
		return settled
	case phaseInSession, phaseInRecovery, phaseStaged:
		return ErrInSession
	case phaseUnknown:
		// The KV does not answer. The next Load finds out the outcome.
		settled = errors.Join(settled, m.failIfFenced(m.checkpoints.stop()))
		m.setPhase(phaseClosed)
		m.releaseTurn()
		m.session = nil
		return settled
	case phaseNew:
		m.setPhase(phaseClosed)
		return nil
	}
	if err := m.checkpoints.finish(ctx); err != nil {
		return m.failIfFenced(err)
	}
	if err := m.sync(unbounded); err != nil {
		return err
	}
	m.setPhase(phaseClosed)
	return nil
}

// fail closes the MultiCommitter after a failure that makes the contents of the
// KV uncertain: only a new MultiCommitter can read them. It returns the error
// for the caller. op is held.
func (m *MultiCommitter) fail(cause error) error {
	m.state.Lock()
	m.phase, m.closeErr = phaseClosed, cause
	m.state.Unlock()
	m.releaseTurn()
	m.session = nil
	m.opts.logger.Error("closed after a failure", "error", cause)
	if m.checkpoints != nil { // it must not write beside the next MultiCommitter
		_ = m.checkpoints.stop()
	}
	return m.closedError()
}

// failIfFenced closes the MultiCommitter if another writer has taken over the
// KV. It returns the error for the caller. op is held.
func (m *MultiCommitter) failIfFenced(err error) error {
	if errors.Is(err, ErrFenced) && m.phase != phaseClosed {
		return m.fail(err)
	}
	return err
}

// closedError returns the error of every call after the MultiCommitter was
// closed. op or state is held.
func (m *MultiCommitter) closedError() error {
	if m.closeErr != nil {
		return fmt.Errorf("%w: %w", ErrClosed, m.closeErr)
	}
	return ErrClosed
}
