package committer

import (
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
)

// Sentinel errors. Compare with errors.Is; the error returned usually says
// more.
var (
	// ErrInSession: a session is open, and the call needs it to be over.
	ErrInSession = errors.New("committer: a session is open; commit or cancel it first")
	// ErrNotInSession: the call needs an open session.
	ErrNotInSession = errors.New("committer: no session is open; call Begin first")
	// ErrNotLoaded: the call needs a loaded MultiCommitter.
	ErrNotLoaded = errors.New("committer: not loaded; call Load first")
	// ErrClosed: the MultiCommitter was closed, by Close or by a failure after
	// which only a new one over the same KV can tell what is stored.
	ErrClosed = errors.New("closed; make a new MultiCommitter over the KV and Load it")
	// ErrEmptyKey: an idempotency key must have at least one byte.
	ErrEmptyKey = errors.New("committer: the idempotency key is empty; name every session")
	// ErrIdempotencyKeyMismatch: another key than that of the open or pending
	// session. See KeyMismatchError.
	ErrIdempotencyKeyMismatch = errors.New("committer: idempotency keys differ")
	// ErrAlreadyCommitted: the session was committed before. See
	// AlreadyCommittedError.
	ErrAlreadyCommitted = errors.New("committer: already committed")
	// ErrDivergence: a replay did not do what the record says. See
	// DivergenceError.
	ErrDivergence = committable.ErrDivergence
	// ErrCorrupt: something stored cannot be what was written. See
	// CorruptError.
	ErrCorrupt = errors.New("committer: stored data is damaged")
	// ErrSchema: the stored rows have another schema than the store. See
	// SchemaError.
	ErrSchema = committable.ErrSchema
	// ErrNotRegistered: the KV knows a committable that nobody registered, or
	// that was registered as another kind.
	ErrNotRegistered = errors.New("committer: committable is not registered")
	// ErrRegistered: the name is taken.
	ErrRegistered = errors.New("committer: name is already registered")
	// ErrName: names have 1 to 43 bytes out of [-./0-9A-Za-z_].
	ErrName = errors.New("committer: not a valid name")
	// ErrNoSavepoint: a committable cannot make savepoints, or the savepoint
	// has ended.
	ErrNoSavepoint = committable.ErrNoSavepoint
	// ErrExternal: the call is only possible while all committables are
	// stores.
	ErrExternal = errors.New("committer: not possible with an external committable")
	// ErrFenced: another writer has written to the KV.
	ErrFenced = errors.New("committer: another writer has taken over the KV")
	// ErrPruned: the KV does not have the records any more. See PrunedError.
	ErrPruned = errors.New("committer: the records are no longer kept")
	// ErrLimit: something is larger than can be stored. See LimitError.
	ErrLimit = errors.New("committer: too large")
	// ErrUndecided: a session is decided but not finished. Begin its key again
	// to finish it.
	ErrUndecided = errors.New("committer: a decided session is not finished")
)

// AlreadyCommittedError says that the session was committed before, and as
// what.
type AlreadyCommittedError struct {
	Session Session
}

func (e *AlreadyCommittedError) Error() string {
	return fmt.Sprintf("committer: key %q was committed before, as session %d with ID %s",
		e.Session.Key, e.Session.Seq, e.Session.ID)
}

// Unwrap returns ErrAlreadyCommitted.
func (e *AlreadyCommittedError) Unwrap() error { return ErrAlreadyCommitted }

// KeyMismatchError says that a call named another key than that of the session
// in progress, or of the one that a crash left open.
type KeyMismatchError struct {
	Pending []byte // the key that is expected
	Got     []byte // the key of the call
}

func (e *KeyMismatchError) Error() string {
	return fmt.Sprintf("committer: key %q does not match the session in progress, which has key %q", e.Got, e.Pending)
}

// keyMismatch returns a KeyMismatchError with copies of both keys.
func keyMismatch(pending, got []byte) error {
	return &KeyMismatchError{Pending: clone(pending), Got: clone(got)}
}

// Unwrap returns ErrIdempotencyKeyMismatch.
func (e *KeyMismatchError) Unwrap() error { return ErrIdempotencyKeyMismatch }

// CorruptError names the key of the KV whose value cannot be what was written.
type CorruptError struct {
	Key    string
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("committer: the value of %s is damaged: %s; restore the KV from a copy", e.Key, e.Reason)
}

// Unwrap returns ErrCorrupt.
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// PrunedError says that the records which a call needs were dropped after a
// checkpoint, an Import or a change of a schema.
type PrunedError struct {
	Seq    uint64 // what was asked for
	Oldest uint64 // the least that can be
}

func (e *PrunedError) Error() string {
	return fmt.Sprintf("committer: the records for %d are no longer kept; the least possible is %d (see WithRecords and WithCheckpoint)", e.Seq, e.Oldest)
}

// Unwrap returns ErrPruned.
func (e *PrunedError) Unwrap() error { return ErrPruned }

// LimitError says what is larger than can be stored. Sizes are in bytes.
type LimitError struct {
	What string // what is too large; a key of the KV for a value of it
	Size int
	Max  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("committer: %s has %d bytes, the limit is %d", e.What, e.Size, e.Max)
}

// Unwrap returns ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }

// Limits, in bytes. What a KV takes as a value can be less than a record: it is
// then split.
const (
	// MaxKey is the longest idempotency key.
	MaxKey = 4096
	// MaxRecord is the largest record of a session, which holds all rows that
	// the session changed.
	MaxRecord = 1 << 30
)

// DivergenceError says where a replay differs from the record: store, first
// differing key, the recorded and the replayed row. A nil row is a key that
// was deleted or not touched. For an external, Key is nil and the rows are its
// ids.
type DivergenceError = committable.DivergenceError

// SchemaError lists what is different in a store's schema.
type SchemaError = committable.SchemaError
