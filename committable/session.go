package committable

import (
	"bytes"
	"context"
	"iter"
	"slices"
)

// Store is the session half of a table, for generated stores to embed. It
// satisfies committer.Journaled and committer.Savepointer. The methods of
// [Table] say more.
type Store interface {
	// Name returns the name to register the store by.
	Name() string
	// Schema returns the canonical descriptor of rows, key and indexes.
	Schema() []byte
	// CommittedLen returns the number of rows at the last commit. Any goroutine
	// may call it.
	CommittedLen() int

	// Begin opens a session under an idempotency key.
	Begin(ctx context.Context, idempotencyKey []byte) error
	// BeginRecovery opens a session whose outcome the caller does not know.
	BeginRecovery(ctx context.Context, idempotencyKey []byte) error
	// Stage seals the session and returns its change root and journal; it
	// publishes nothing.
	Stage(ctx context.Context, idempotencyKey []byte) (id, journal []byte, err error)
	// Commit makes the session's changes the committed state and returns its
	// change root, 32 bytes.
	Commit(ctx context.Context, idempotencyKey []byte) ([]byte, error)
	// Cancel drops the session; without one it does nothing.
	Cancel(ctx context.Context) error
	// Savepoint marks the point in the session that the savepoint's Rollback
	// returns to.
	Savepoint(ctx context.Context) (Savepoint, error)

	// JournalRoot returns the change root that Stage returned with a journal.
	JournalRoot(journal []byte) ([]byte, error)
	// Redo applies a recorded journal to the state it was staged on.
	Redo(ctx context.Context, idempotencyKey, journal []byte) error
	// Replay opens a recorded session again, for Stage to compare.
	Replay(ctx context.Context, idempotencyKey, journal []byte) error
	// Snapshot returns the committed state, or the one before the last session,
	// as chunks.
	Snapshot(ctx context.Context, back int) iter.Seq2[[]byte, error]
	// Restore replaces the state by a snapshot.
	Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error
}

// Begin opens a session; reads see its writes from then on. The key is copied.
// It returns an error that wraps [ErrInSession] if a session is open, or
// [ErrEmptyKey].
func (t *Table[K, V]) Begin(ctx context.Context, idempotencyKey []byte) error {
	return t.begin(ctx, "Begin", idempotencyKey)
}

// BeginRecovery opens a session whose outcome the caller does not know. If the
// key is that of the last committed session, reads show the state before it;
// Stage and Commit compare with what it changed, return a [DivergenceError] or
// the same change root as the first time, and publish nothing. With another key
// it does what Begin does.
func (t *Table[K, V]) BeginRecovery(ctx context.Context, idempotencyKey []byte) error {
	if !t.isLast(idempotencyKey) {
		return t.begin(ctx, "BeginRecovery", idempotencyKey)
	}
	return t.beginReplay(ctx, "BeginRecovery", idempotencyKey, t.committed.lastChanges())
}

// Stage seals the session: it returns the change root, 32 bytes, and the
// journal, publishes nothing and refuses writes from then on. Called again it
// returns the same. Cancel still undoes the session; Commit publishes it and
// cannot fail any more.
//
// The journal holds the net changes in the order of the change tree's leaves:
// for a put the byte 01 and the row, for a delete the byte 00 and the encoded
// key, with a uvarint length before the row or key. It is empty, not nil, if
// nothing changed.
func (t *Table[K, V]) Stage(_ context.Context, idempotencyKey []byte) (id, journal []byte, err error) {
	result, err := t.stage("Stage", idempotencyKey)
	if err != nil {
		return nil, nil, err
	}
	journal, result.journal = result.journal, nil
	if journal == nil { // given away before
		journal = t.journal(result.changes)
	}
	return slices.Clone(result.id[:]), journal, nil
}

// Commit publishes the session, staging it first if Stage was not called, and
// returns its change root, 32 bytes. It returns an error that wraps
// [ErrNotInSession] or [ErrIdempotencyKeyMismatch], or that of Stage, and then
// changes nothing; the session stays open.
func (t *Table[K, V]) Commit(_ context.Context, idempotencyKey []byte) ([]byte, error) {
	result, err := t.stage("Commit", idempotencyKey)
	if err != nil {
		return nil, err
	}
	if s := t.session; !s.again {
		t.publish(s, result.changes)
	}
	t.end()
	return slices.Clone(result.id[:]), nil
}

// Cancel drops the session and all it wrote. Without a session it does nothing.
// It always returns nil.
func (t *Table[K, V]) Cancel(context.Context) error {
	t.end()
	return nil
}

func (t *Table[K, V]) begin(ctx context.Context, op string, key []byte) error {
	if err := t.mayBegin(op, key); err != nil {
		return err
	}
	t.start(newSession[K, V](key, t.sequence(ctx), t.committed.orders))
	return nil
}

// mayBegin checks what everything that starts a session needs.
func (t *Table[K, V]) mayBegin(op string, key []byte) error {
	if len(key) == 0 {
		return t.fail(op, ErrEmptyKey, "the idempotency key is empty; name the session")
	}
	return t.noSession(op)
}

func (t *Table[K, V]) noSession(op string) error {
	if t.session != nil {
		return t.fail(op, ErrInSession, "the session %q is open; call Commit or Cancel first", t.session.key)
	}
	return nil
}

// isLast reports whether the key is that of the last committed session.
func (t *Table[K, V]) isLast(key []byte) bool {
	return len(key) > 0 && bytes.Equal(key, t.committed.lastKey)
}

// sequence is what the context says, or else what comes next.
func (t *Table[K, V]) sequence(ctx context.Context) uint64 {
	if seq, ok := SequenceFromContext(ctx); ok {
		return seq
	}
	return t.committed.seq.next()
}

// stage seals the session under the key; again, it returns what it returned the
// first time.
func (t *Table[K, V]) stage(op string, key []byte) (*staged[K, V], error) {
	s := t.session
	if s == nil {
		return nil, t.fail(op, ErrNotInSession, "no session is open; call Begin first")
	}
	if !bytes.Equal(key, s.key) {
		return nil, t.fail(op, ErrIdempotencyKeyMismatch, "the session is %q, not %q", s.key, key)
	}
	if s.sealed() {
		return s.staged, s.failed
	}
	result, err := t.result(s)
	if err == nil {
		err = t.checkReplay(s, result)
	}
	if err != nil {
		s.failed = err
		return nil, err
	}
	s.staged = result
	return result, nil
}
