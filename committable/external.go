package committable

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// Engine is a database, file or service with transactions, of which
// [NewExternal] makes an external committable. It has one transaction at a time, and is called by
// one goroutine at a time.
//
// What it must keep to:
//
//  1. Nothing that a transaction wrote is seen outside before Commit, and all of
//     it is durable when Commit has returned nil, or none of it is. SetLast
//     writes inside the transaction like everything else.
//  2. When Begin returns, the outcome of every earlier transaction of this
//     engine is settled, also of one whose Commit returned an error, or whose
//     process died, and Last tells it. A database that works on a Commit whose
//     connection was lost needs a lock for that, which Begin waits for.
//  3. After Rollback, also after one that returned an error, the transaction
//     can't commit any more. Without a transaction Rollback does nothing.
//  4. Byte slices are neither kept nor handed out without a copy.
type Engine interface {
	// Begin opens a transaction, which outlives ctx. On an error none is open,
	// or Rollback ends it.
	Begin(ctx context.Context) error
	// Last returns what the last committed transaction gave to SetLast; a nil
	// key if there was none.
	Last(ctx context.Context) (key, id []byte, err error)
	// SetLast writes the idempotency key and id of the transaction. The id may
	// be empty.
	SetLast(ctx context.Context, key, id []byte) error
	// Commit makes the transaction durable. After an error nobody knows whether
	// it is; Rollback is called then, and a later Begin and Last find out.
	Commit(ctx context.Context) error
	// Rollback drops the transaction. It is called again after an error.
	Rollback(ctx context.Context) error
}

// SavepointEngine is an [Engine] that can go back to a point inside a
// transaction. Without it, committer's Try and Savepoint are not possible.
type SavepointEngine interface {
	Engine
	// Savepoint marks a point of the open transaction.
	Savepoint(ctx context.Context) (Savepoint, error)
}

// External is an external committable over an [Engine]: it satisfies
// committer.Committable and committer.Savepointer, and keeps an external's
// contract. A session's key and id are written in the session's own
// transaction, so they are there exactly if its changes are.
//
// Only the last key is known. That is enough, because sessions are one after
// the other: a recovery is asked for under the key of the session in progress,
// or of the last one, and nothing can be committed in between. Every other key
// is a new one here; to recognise older ones is the business of the caller,
// as committer's history does. Two committers must not share an engine.
//
// # Writing, in a replay too
//
// In the recovery of a session that the engine has committed already, the
// session's code runs again. Its writes must not be applied twice, nor fail
// because they are there, and reads would show a later state than the first
// time. So write by [External.Apply], which is skipped then, and read by
// nothing that the session depends on: the code must do the same whatever the
// engine answers. See [External.CheckReadable] for reads that serve something else.
//
// # The id
//
// The id of a session is the SHA-256 of the values that were registered, in
// their order, each with its length before it; it is empty if there were none.
// It tells what the session changed as far as the values do: what is written
// without registering it is not in the id, and a replay that registers other
// values is refused by a [DivergenceError]. See [WithID] for ids that the
// engine knows.
//
// All methods belong to one goroutine at a time, the session's.
type External struct {
	name   string
	engine Engine
	idFunc func(ctx context.Context) ([]byte, error)

	// begun says that the engine may have a transaction open. It outlives a
	// session whose Rollback failed.
	begun bool
	// unsure is the key of the session whose Commit returned an error; nil if
	// the outcome of every session is known.
	unsure []byte
	// session is nil while none is open.
	session *externalSession
}

// externalSession is what is there between Begin and Commit or Cancel.
type externalSession struct {
	key        []byte
	replaying  bool
	recorded   []byte // the id of the first time, in a replay
	values     registered
	broken     error // why only Cancel is left
	savepoints []*externalSavepoint
}

// ExternalOption sets an option of [NewExternal].
type ExternalOption func(*External)

// WithID makes fn the source of ids in place of the registered values: it is
// called at the end of a session, inside its transaction, and must return what
// depends on the session's changes alone, such as a root that the engine
// computes. In a replay of a committed session it is not called, and nothing is
// compared. The id is copied.
func WithID(fn func(ctx context.Context) (id []byte, err error)) ExternalOption {
	return func(e *External) { e.idFunc = fn }
}

// NewExternal makes an external committable of an engine. The name is the one to
// register it by.
func NewExternal(name string, engine Engine, opts ...ExternalOption) *External {
	e := &External{name: name, engine: engine}
	for _, opt := range opts {
		opt(e)
	}
	return e
}

// Name returns the name to register the external by.
func (e *External) Name() string { return e.name }

// externalDomain begins what the id of an external's session is a hash of, so
// that no other hash in this project can be the same.
const externalDomain = "gencommittable external session v1\x00"

// registered is the hash of the values of a session.
type registered struct {
	hash hash.Hash
	any  bool
}

func newRegistered() registered {
	h := sha256.New()
	h.Write([]byte(externalDomain))
	return registered{hash: h}
}

// add takes the next value. Its length comes first, so that no two sequences of
// values are hashed as the same bytes.
func (r *registered) add(value []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(value)))
	r.hash.Write(length[:])
	r.hash.Write(value)
	r.any = true
}

// id is nil if nothing was registered.
func (r *registered) id() []byte {
	if !r.any {
		return nil
	}
	return r.hash.Sum(nil)
}

// registeredMark is what was registered up to a savepoint.
type registeredMark struct {
	state []byte // of the hash
	any   bool
}

// mark and reset rely on what the documentation of sha256.New promises.
func (r *registered) mark() (registeredMark, error) {
	state, err := r.hash.(encoding.BinaryMarshaler).MarshalBinary()
	return registeredMark{state, r.any}, err
}

func (r *registered) reset(to registeredMark) error {
	r.any = to.any
	return r.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(to.state)
}
