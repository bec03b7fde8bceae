package committer

import (
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
)

// Sentinel errors. Compare with errors.Is: returned errors usually wrap them.
var (
	// ErrInSession: the call is not possible while a session is open.
	ErrInSession = errors.New("committer: a session is open; commit or cancel it first")
	// ErrNotInSession: the call needs an open session.
	ErrNotInSession = errors.New("committer: no session is open; call Begin first")
	// ErrNotLoaded: the call needs a loaded MultiCommitter.
	ErrNotLoaded = errors.New("committer: not loaded; call Load first")
	// ErrClosed: the MultiCommitter was closed, by Close or by a failure. After a
	// failure, load a new one over the same KV to find out what is stored.
	ErrClosed = errors.New("closed; make a new MultiCommitter over the KV and load it")
	// ErrEmptyKey: an idempotency key must have at least one byte.
	ErrEmptyKey = errors.New("committer: the idempotency key is empty; every session needs one")
	// ErrIdempotencyKeyMismatch: the key is not that of the open or pending
	// session. See KeyMismatchError.
	ErrIdempotencyKeyMismatch = errors.New("committer: idempotency keys differ")
	// ErrAlreadyCommitted: the session was committed before. See
	// AlreadyCommittedError.
	ErrAlreadyCommitted = errors.New("committer: already committed")
	// ErrDivergence: a replay made other changes than the record has. See
	// DivergenceError.
	ErrDivergence = committable.ErrDivergence
	// ErrCorrupt: a stored value is damaged. See
	// CorruptError.
	ErrCorrupt = errors.New("committer: stored data is damaged")
	// ErrSchema: the stored rows have another schema than the store. See
	// SchemaError.
	ErrSchema = committable.ErrSchema
	// ErrNotRegistered: the KV knows a committable that is not registered, or is
	// registered as another kind.
	ErrNotRegistered = errors.New("committer: committable is not registered")
	// ErrRegistered: the name is already registered.
	ErrRegistered = errors.New("committer: name is already registered")
	// ErrName: a name must have 1 to 43 bytes out of [-./0-9A-Za-z_].
	ErrName = errors.New("committer: not a valid name")
	// ErrNoSavepoint: a committable cannot make savepoints, or the savepoint
	// has ended.
	ErrNoSavepoint = committable.ErrNoSavepoint
	// ErrExternal: the call is only possible while all committables are
	// stores.
	ErrExternal = errors.New("committer: not possible with an external committable")
	// ErrFenced: another writer has written to the KV.
	ErrFenced = errors.New("committer: another writer has taken over the KV")
	// ErrPruned: records that the call needs were dropped. See PrunedError.
	ErrPruned = errors.New("committer: the records are no longer kept")
	// ErrLimit: a key, a record or a value is too large. See LimitError.
	ErrLimit = errors.New("committer: too large")
	// ErrUndecided: a session is decided but not finished. Begin its key again
	// to finish it.
	ErrUndecided = errors.New("committer: a decided session is not finished")
)

// AlreadyCommittedError says that a session was committed before, and has it.
type AlreadyCommittedError struct {
	Session Session
}

func (e *AlreadyCommittedError) Error() string {
	return fmt.Sprintf("committer: key %q was committed before, as session %d with ID %s",
		e.Session.Key, e.Session.Seq, e.Session.ID)
}

// Unwrap returns ErrAlreadyCommitted.
func (e *AlreadyCommittedError) Unwrap() error { return ErrAlreadyCommitted }

// KeyMismatchError says that the key of a call is not that of the open session,
// or of one that a crash left open.
type KeyMismatchError struct {
	Pending []byte // the key of that session
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

// CorruptError says which value in the KV is damaged.
type CorruptError struct {
	Key    string // of the KV
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("committer: the value of %s is damaged: %s; restore the KV from a backup", e.Key, e.Reason)
}

// Unwrap returns ErrCorrupt.
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// PrunedError says that records that a call needs were dropped, after a
// checkpoint, an Import or a schema change.
type PrunedError struct {
	Seq    uint64 // the sequence, or the number of sessions, of the call
	Oldest uint64 // the least possible one
}

func (e *PrunedError) Error() string {
	return fmt.Sprintf("committer: the records for %d are no longer kept; the least possible is %d (see WithRecords and WithCheckpoint)", e.Seq, e.Oldest)
}

// Unwrap returns ErrPruned.
func (e *PrunedError) Unwrap() error { return ErrPruned }

// LimitError says what is too large to be stored. Sizes are in bytes.
type LimitError struct {
	What string // a description, or the key of a value in the KV
	Size int
	Max  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("committer: %s has %d bytes, the limit is %d", e.What, e.Size, e.Max)
}

// Unwrap returns ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }

// Limits, in bytes. A record is split if the KV accepts only smaller values.
const (
	// MaxKey is the longest idempotency key.
	MaxKey = 4096
	// MaxRecord is the size of the largest record. A record has all rows that its
	// session changed.
	MaxRecord = 1 << 30
)

// DivergenceError says where a replay differs from the record: the store, the
// first differing key, the recorded and the replayed row. A nil row means that the
// key was deleted or not changed. For an external, Key is nil and the rows are
// its ids.
type DivergenceError = committable.DivergenceError

// SchemaError lists the incompatible changes of a store's schema.
type SchemaError = committable.SchemaError
