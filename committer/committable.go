package committer

import (
	"context"
	"iter"

	"github.com/gencommittable/gencommittable/kv"
)

// Committable takes part in sessions. A type with only these four methods is an
// external: it keeps its own durable state, in a database or a file. A type that
// also implements [Journaled] is a store, which the MultiCommitter makes durable.
//
// An external MUST keep these rules; committable.NewExternal keeps them over
// anything that has transactions:
//
//  1. Changes of a session are not visible outside it before Commit returns. When
//     Commit returns, they are durable, together with the idempotency key.
//  2. Commit is called with the key of Begin, and returns an id that depends only
//     on the changes of the session. An empty id is left out of the commit ID. An
//     id of more than 256 bytes counts as its SHA-256.
//  3. BeginRecovery finds out whether the key was committed before. If it was,
//     reads show the state before that session or are refused, and Commit changes
//     nothing and returns the id of the first time. If it was not, BeginRecovery
//     is Begin.
//  4. Cancel returns to the state before Begin. Without a session it does
//     nothing. A session that was open when the process ended counts as cancelled.
//  5. Byte slices are copied, both those received and those returned.
//
// The code of a session must not depend on reads of an external: in a replay they
// can be refused.
type Committable interface {
	Begin(ctx context.Context, idempotencyKey []byte) error
	BeginRecovery(ctx context.Context, idempotencyKey []byte) error
	Commit(ctx context.Context, idempotencyKey []byte) ([]byte, error)
	Cancel(ctx context.Context) error
}

// Journaled is the interface of stores. It uses basic types only, so that a store
// need not import this package. A wrapper of a store must forward all of these
// methods, or the store counts as an external.
//
// A store may also have these methods:
//
//	// JournalRoot returns the id that Stage returned with a journal. Verify uses it.
//	JournalRoot(journal []byte) (id []byte, err error)
//	// CommittedLen returns the number of committed rows. Any goroutine may call it. Stats uses it.
//	CommittedLen() int
//
// After Stage, Commit publishes the session and returns the staged id; it does no
// I/O and cannot fail. Without Stage, Commit stages and publishes. BeginRecovery
// with the key of the last session shows the state before that session.
type Journaled interface {
	Committable

	// Stage seals the session: later writes are refused. It publishes nothing, and
	// Cancel still undoes everything. Called again, it returns the same. The id is
	// the 32-byte change root of the session.
	Stage(ctx context.Context, idempotencyKey []byte) (id, journal []byte, err error)

	// Redo applies a recorded journal to the state on which it was staged, and
	// publishes it, without a session. It checks no constraints. After an error
	// the store is unchanged.
	Redo(ctx context.Context, idempotencyKey, journal []byte) error

	// Replay is BeginRecovery with the recorded journal: Stage then returns a
	// *DivergenceError if its own journal differs. A nil journal means that nothing
	// was recorded; Replay is then Begin.
	Replay(ctx context.Context, idempotencyKey, journal []byte) error

	// Snapshot yields the state 0 or 1 sessions back in canonical chunks. The state
	// is pinned before Snapshot returns, so sessions may go on while the chunks are
	// read.
	Snapshot(ctx context.Context, back int) iter.Seq2[[]byte, error]

	// Restore replaces the state by that of the chunks, all or nothing. No chunks
	// are the empty state. The rows in the chunks, and in the journals that are
	// redone until a session begins, have the given schema. If the store cannot
	// read such rows, it returns an error.
	Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error

	// Schema returns the canonical descriptor of the store's rows.
	Schema() []byte
}

// Savepointer is the interface of committables that can return to a point inside
// a session. [MultiCommitter.Savepoint] and [MultiCommitter.Try] need it of every
// registered committable.
type Savepointer interface {
	Savepoint(ctx context.Context) (Savepoint, error)
}

// Savepoint is a point inside a session. Rollback returns to it, and ends the
// savepoints made after it, but not the savepoint itself. Release ends it and
// those made after it, and keeps the changes.
//
// It is an alias of an unnamed interface, so that a committable can return it
// without importing this package.
type Savepoint = interface {
	Rollback(ctx context.Context) error
	Release(ctx context.Context) error
}

// KV is where the MultiCommitter keeps its database. Package kv has the contract,
// and package memkv a KV in memory.
type KV = kv.KV
