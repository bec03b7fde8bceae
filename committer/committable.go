package committer

import (
	"context"
	"iter"

	"github.com/gencommittable/gencommittable/kv"
)

// Committable takes part in sessions. What implements only these four methods
// is an external committable: it keeps its own durable state, in a database or
// a file. What also implements [Journaled] is a store, which the
// MultiCommitter makes durable itself.
//
// The MUSTs of an external committable:
//
//  1. Nothing that a session did is visible outside it before Commit returned,
//     and everything is durable when it did, together with the idempotency key.
//  2. Commit is called with the key of Begin and returns an id that depends on
//     the session's changes alone. An empty id is left out of the commit ID; one
//     of more than 256 bytes counts as its SHA-256.
//  3. BeginRecovery tells whether the key was committed before. If it was,
//     reads show the state before that session or are refused, and Commit
//     changes nothing and returns the id of the first time. If it was not,
//     BeginRecovery is Begin.
//  4. Cancel goes back to the state before Begin. Without a session it does
//     nothing. A session that was open when the process died is cancelled.
//  5. Byte slices are neither kept nor handed out without a copy.
//
// Code inside a session must not depend on what it reads from an external: a
// replay may be refused the read.
//
// committable.New keeps all of that over anything that has transactions.
type Committable interface {
	Begin(ctx context.Context, idempotencyKey []byte) error
	BeginRecovery(ctx context.Context, idempotencyKey []byte) error
	Commit(ctx context.Context, idempotencyKey []byte) ([]byte, error)
	Cancel(ctx context.Context) error
}

// Journaled is what a store implements beyond [Committable]. It has basic
// types only, so that a store need not import this package. A wrapper around a
// store must forward these methods, or the store counts as an external. A store
// may also have
//
//	JournalRoot(journal []byte) (id []byte, err error)
//
// which returns the id that Stage returned with a journal; Verify then
// recomputes those.
//
// After Stage, Commit publishes the session and returns the staged id; it does
// no I/O and cannot fail. Without Stage, Commit stages and publishes.
// BeginRecovery alone shows the state before the session if the key is that of
// the last one.
type Journaled interface {
	Committable

	// Stage seals the session: no write is accepted after it. It publishes
	// nothing, and Cancel still undoes everything. Called again, it returns
	// the same. The id is the 32-byte change root of the session.
	Stage(ctx context.Context, idempotencyKey []byte) (id, journal []byte, err error)

	// Redo applies a recorded journal to the state it was staged on and
	// publishes it, without a session. It checks no constraint. On an error
	// the store is unchanged.
	Redo(ctx context.Context, idempotencyKey, journal []byte) error

	// Replay is BeginRecovery with the recorded journal: Stage then returns a
	// *DivergenceError if its own journal differs. A nil journal says that
	// nothing was recorded; Replay is then Begin.
	Replay(ctx context.Context, idempotencyKey, journal []byte) error

	// Snapshot yields the state of 0 or 1 sessions back in canonical chunks.
	// The state is pinned before Snapshot returns; the chunks may be read
	// while sessions go on.
	Snapshot(ctx context.Context, back int) iter.Seq2[[]byte, error]

	// Restore replaces the state by that of the chunks, all or nothing. No
	// chunk at all is the empty state. The schema is that of the rows in the
	// chunks, and in the journals that are redone until a session begins; one
	// whose rows the store cannot read is refused.
	Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error

	// Schema returns the canonical descriptor of the store's rows.
	Schema() []byte
}

// Savepointer is implemented by committables that can go back to a point
// inside a session. [MultiCommitter.Savepoint] and [MultiCommitter.Try] need
// it of every registered committable.
type Savepointer interface {
	Savepoint(ctx context.Context) (Savepoint, error)
}

// Savepoint is a point inside a session. Rollback goes back to it and ends the
// savepoints made after it, not the savepoint itself; Release ends it and
// those after it and keeps the changes.
//
// It is an alias of an unnamed interface, so that a committable can return it
// without importing this package.
type Savepoint = interface {
	Rollback(ctx context.Context) error
	Release(ctx context.Context) error
}

// KV is where the MultiCommitter keeps its records. See package kv for what it
// must guarantee, and memkv for one that is always at hand.
type KV = kv.KV
