package committable

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// Engine is a database, file or service with transactions. [NewExternal] makes an
// external committable of it. An engine has one transaction at a time, and is
// called by one goroutine at a time.
//
// An engine must satisfy these rules:
//
//  1. Commit is atomic and durable: if it returns nil, all writes of the
//     transaction are durable. Until Commit, no write is visible outside the
//     transaction. This includes the write of SetLast.
//  2. When Begin returns, every earlier transaction of the engine is either
//     committed or rolled back, and Last returns the last committed one. This
//     includes transactions whose Commit returned an error, and those of processes
//     that have died. If a database may still be committing after its connection
//     was lost, the engine needs a lock in the database that Begin waits for.
//  3. After Rollback the transaction can no longer commit, even if Rollback returned
//     an error. Without a transaction, Rollback does nothing.
//  4. The engine does not keep byte slices that it receives, and does not return
//     byte slices that it keeps.
type Engine interface {
	// Begin opens a transaction, which outlives ctx. After an error no transaction is
	// open, or Rollback ends it.
	Begin(ctx context.Context) error
	// Last returns the arguments of SetLast in the last committed transaction, or a
	// nil key if there was none.
	Last(ctx context.Context) (key, id []byte, err error)
	// SetLast stores the idempotency key and the id of the session in the
	// transaction. The id may be empty.
	SetLast(ctx context.Context, key, id []byte) error
	// Commit makes the transaction durable. After an error its outcome is unknown: the
	// external calls Rollback, and later Begin and Last.
	Commit(ctx context.Context) error
	// Rollback drops the transaction. The external calls it again after an error.
	Rollback(ctx context.Context) error
}

// SavepointEngine is an [Engine] with savepoints. Sessions with any other engine
// cannot use the committer's Try and Savepoint.
type SavepointEngine interface {
	Engine
	// Savepoint returns a savepoint at this point of the open transaction.
	Savepoint(ctx context.Context) (Savepoint, error)
}

// External is an external committable: it keeps its own durable state in an
// [Engine]. It satisfies committer.Committable and committer.Savepointer. The key
// and the id of a session are stored in the session's own transaction, so they are
// durable exactly if its changes are.
//
// An External only knows the key of the last session. That is enough, because
// sessions do not overlap, and a committer only recovers the last session or the
// one in progress. A committer recognises older keys by its history. Two committers
// must not share an engine.
//
// # Writes and reads
//
// When a session is recovered that the engine has already committed, its code runs
// again as a replay. Its writes must then not be applied a second time, and its
// reads would see a later state than the first time. So write with
// [External.Apply], which skips the write in a replay, and do not let the session
// depend on what it reads from the engine. [External.CheckReadable] is for all
// other reads.
//
// # Ids
//
// The id of a session is the SHA-256 hash of all values that were passed to Apply
// and AddToID, in order, each with its length in front. Without values the id is
// empty. The values should describe the changes: changes that no value describes
// are not part of the id. A replay with other values fails with a
// [DivergenceError]. With [WithID] the engine computes the ids itself.
//
// All methods belong to one goroutine at a time, the session's.
type External struct {
	name   string
	engine Engine
	idFunc func(ctx context.Context) ([]byte, error)

	// begun is set if the engine may have an open transaction, which may be that of an
	// earlier session whose Rollback failed.
	begun bool
	// unsure is the key of the last session if its Commit returned an error, until its
	// outcome is known.
	unsure []byte
	// session is the open session, or nil.
	session *externalSession
}

// externalSession is the state of an open session.
type externalSession struct {
	key        []byte
	replaying  bool
	recorded   []byte // in a replay, the id of the first time
	values     valueHash
	broken     error // why the session can only be cancelled; nil if it is not broken
	savepoints []*externalSavepoint
}

// ExternalOption is an option of [NewExternal].
type ExternalOption func(*External)

// WithID makes fn the source of ids, instead of the values that are passed to Apply
// and AddToID. fn is called inside the transaction at the end of a session. The id
// must depend on the changes of the session only; it can be a root that the engine
// computes. The external copies it. In a replay fn is not called, and the id is not
// compared.
func WithID(fn func(ctx context.Context) (id []byte, err error)) ExternalOption {
	return func(e *External) { e.idFunc = fn }
}

// NewExternal returns an external committable over an engine, to be registered with
// the given name.
func NewExternal(name string, engine Engine, opts ...ExternalOption) *External {
	e := &External{name: name, engine: engine}
	for _, opt := range opts {
		opt(e)
	}
	return e
}

// Name returns the name to register the external with.
func (e *External) Name() string { return e.name }

// idDomain starts the preimage of every id, so that an id differs from all other
// hashes of this project.
const idDomain = "gencommittable external session v1\x00"

// valueHash computes the id of a session from its values.
type valueHash struct {
	hash hash.Hash
	any  bool // there was a value
}

func newValueHash() valueHash {
	h := sha256.New()
	h.Write([]byte(idDomain))
	return valueHash{hash: h}
}

// add adds the next value. Its length comes first, so that different sequences of
// values have different preimages.
func (v *valueHash) add(value []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(value)))
	v.hash.Write(length[:])
	v.hash.Write(value)
	v.any = true
}

// id returns the id, or nil if there were no values.
func (v *valueHash) id() []byte {
	if !v.any {
		return nil
	}
	return v.hash.Sum(nil)
}

// valueMark is a position among the values, for a savepoint.
type valueMark struct {
	state []byte // of the hash
	any   bool
}

// mark returns the current position. The hash of sha256.New is documented to
// implement encoding.BinaryMarshaler and encoding.BinaryUnmarshaler.
func (v *valueHash) mark() (valueMark, error) {
	state, err := v.hash.(encoding.BinaryMarshaler).MarshalBinary()
	return valueMark{state, v.any}, err
}

// reset removes the values after a position.
func (v *valueHash) reset(to valueMark) error {
	v.any = to.any
	return v.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(to.state)
}
