package committable

import (
	"bytes"
	"context"
	"iter"
	"slices"
)

// Store is the part of a table that a MultiCommitter uses. Generated stores embed
// it. It includes the methods of committer.Journaled and committer.Savepointer;
// the methods of [Table] document them.
type Store interface {
	// Name returns the name to register the store with.
	Name() string
	// Schema returns the schema of the rows, the key and the indexes.
	Schema() []byte
	// CommittedLen returns the number of committed rows. Any goroutine may call it.
	CommittedLen() int

	// Begin opens a session under an idempotency key.
	Begin(ctx context.Context, idempotencyKey []byte) error
	// BeginRecovery opens a session that may be committed already.
	BeginRecovery(ctx context.Context, idempotencyKey []byte) error
	// Stage seals the session and returns its change root and its journal. It does
	// not publish the session.
	Stage(ctx context.Context, idempotencyKey []byte) (id, journal []byte, err error)
	// Commit publishes the session and returns its change root, 32 bytes.
	Commit(ctx context.Context, idempotencyKey []byte) ([]byte, error)
	// Cancel drops the session. Without a session it does nothing.
	Cancel(ctx context.Context) error
	// Savepoint returns a savepoint at this point of the session.
	Savepoint(ctx context.Context) (Savepoint, error)

	// JournalRoot returns the change root of a journal.
	JournalRoot(journal []byte) ([]byte, error)
	// Redo applies a journal to the state that its session began on.
	Redo(ctx context.Context, idempotencyKey, journal []byte) error
	// Replay opens a session again that was recorded with a journal. Stage and
	// Commit compare the changes with the journal.
	Replay(ctx context.Context, idempotencyKey, journal []byte) error
	// Snapshot returns the committed state, or the state before the last session,
	// as chunks.
	Snapshot(ctx context.Context, back int) iter.Seq2[[]byte, error]
	// Restore replaces the state with a snapshot.
	Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error
}

// Begin opens a session; from then on reads see its writes. It copies the key. The
// error wraps [ErrInSession] if a session is open, or [ErrEmptyKey].
func (t *Table[K, V]) Begin(ctx context.Context, idempotencyKey []byte) error {
	return t.begin(ctx, "Begin", idempotencyKey)
}

// BeginRecovery opens a session that may be committed already. If the key is that
// of the last committed session, the session is a replay: reads show the state
// before that session, and Stage and Commit publish nothing. They return the same
// change root as the first time, or a [DivergenceError] if the changes differ.
// Otherwise BeginRecovery does the same as Begin.
func (t *Table[K, V]) BeginRecovery(ctx context.Context, idempotencyKey []byte) error {
	if !t.isLast(idempotencyKey) {
		return t.begin(ctx, "BeginRecovery", idempotencyKey)
	}
	return t.beginReplay(ctx, "BeginRecovery", idempotencyKey, t.committed.lastChanges())
}

// Stage seals the session and returns its change root, 32 bytes, and its journal.
// It does not publish the session, and the session refuses writes from then on.
// Cancel still drops the session; Commit publishes it and cannot fail. If it is
// called again, Stage returns the same results.
//
// The journal holds the net changes in the order of their paths in the change
// tree. An entry is the byte 01 and the encoded row for a put, or the byte 00 and
// the encoded key for a delete, with a uvarint length in front of the row or key.
// Without changes the journal is empty, not nil.
func (t *Table[K, V]) Stage(_ context.Context, idempotencyKey []byte) (id, journal []byte, err error) {
	result, err := t.stage("Stage", idempotencyKey)
	if err != nil {
		return nil, nil, err
	}
	journal, result.journal = result.journal, nil
	if journal == nil { // an earlier call returned it
		journal = t.encodeJournal(result.changes)
	}
	return slices.Clone(result.root[:]), journal, nil
}

// Commit publishes the session and returns its change root, 32 bytes. It stages
// the session first if necessary. The error wraps [ErrNotInSession] or
// [ErrIdempotencyKeyMismatch], or is an error of Stage; the session then stays open
// and nothing has changed.
func (t *Table[K, V]) Commit(_ context.Context, idempotencyKey []byte) ([]byte, error) {
	result, err := t.stage("Commit", idempotencyKey)
	if err != nil {
		return nil, err
	}
	if s := t.session; !s.replay.published {
		t.publish(s, result.changes)
	}
	t.endSession()
	return slices.Clone(result.root[:]), nil
}

// Cancel drops the session and everything it wrote. Without a session it does
// nothing. The error is always nil.
func (t *Table[K, V]) Cancel(context.Context) error {
	t.endSession()
	return nil
}

func (t *Table[K, V]) begin(ctx context.Context, op string, key []byte) error {
	if err := t.checkBegin(op, key); err != nil {
		return err
	}
	t.startSession(newSession[K, V](key, t.sequence(ctx), t.committed.orders))
	return nil
}

// checkBegin returns an error if a session with this key cannot begin.
func (t *Table[K, V]) checkBegin(op string, key []byte) error {
	if len(key) == 0 {
		return t.fail(op, ErrEmptyKey, "the idempotency key is empty; every session needs one")
	}
	return t.checkNoSession(op)
}

func (t *Table[K, V]) checkNoSession(op string) error {
	if t.session != nil {
		return t.fail(op, ErrInSession, "the session %q is open; call Commit or Cancel first", t.session.key)
	}
	return nil
}

// isLast reports whether key is that of the last committed session.
func (t *Table[K, V]) isLast(key []byte) bool {
	return len(key) > 0 && bytes.Equal(key, t.committed.lastKey)
}

// stage seals the session. If it is sealed already, stage returns the result of
// the first call.
func (t *Table[K, V]) stage(op string, key []byte) (*stageResult[K, V], error) {
	s := t.session
	if s == nil {
		return nil, t.fail(op, ErrNotInSession, "no session is open; call Begin first")
	}
	if !bytes.Equal(key, s.key) {
		return nil, t.fail(op, ErrIdempotencyKeyMismatch, "the session has the key %q, not %q", s.key, key)
	}
	if s.sealed() {
		return s.result, s.failed
	}
	result, err := t.stageChanges(s)
	if err == nil {
		err = t.checkReplay(s, result)
	}
	if err != nil {
		s.failed = err
		return nil, err
	}
	s.result = result
	return result, nil
}
