package committable

import (
	"errors"
	"fmt"
	"strings"
)

// Errors to test for with errors.Is. What a method returns wraps one of them
// and says which store, what and why.
var (
	// ErrNotInSession is returned by writes, savepoints, Stage and Commit when
	// no session is open, or when the one that is open was sealed by Stage.
	ErrNotInSession = errors.New("committable: no session is open")
	// ErrInSession is returned by what starts a session, or replaces the state,
	// while a session is open.
	ErrInSession = errors.New("committable: a session is open")
	// ErrEmptyKey is returned for an empty idempotency key.
	ErrEmptyKey = errors.New("committable: the idempotency key is empty")
	// ErrIdempotencyKeyMismatch is returned by Stage and Commit for another key
	// than the session's.
	ErrIdempotencyKeyMismatch = errors.New("committable: the idempotency key is not the session's")
	// ErrNotFound is returned by Update when there is no row with the key.
	ErrNotFound = errors.New("committable: no such row")
	// ErrExists is returned by Insert when there is a row with the key.
	ErrExists = errors.New("committable: the row exists")
	// ErrNotUnique is wrapped by [UniqueError].
	ErrNotUnique = errors.New("committable: not unique")
	// ErrKeyChanged is returned by Update when the function changed the row's
	// key.
	ErrKeyChanged = errors.New("committable: the key changed")
	// ErrInvalid is returned for a row that cannot be stored or that its own
	// Validate refuses.
	ErrInvalid = errors.New("committable: invalid row")
	// ErrDivergence is wrapped by [DivergenceError].
	ErrDivergence = errors.New("committable: the replay differs from the record")
	// ErrSchema is wrapped by [SchemaError].
	ErrSchema = errors.New("committable: another schema")
	// ErrCommitted is returned by Begin of an [External] for the key of the last
	// committed session.
	ErrCommitted = errors.New("committable: the key is committed")
	// ErrUnknownOutcome is returned by an [External] while nobody knows whether
	// its last session is committed.
	ErrUnknownOutcome = errors.New("committable: the outcome of a session is not known")
	// ErrReplaying is returned for a read from an [External] whose session was
	// committed before.
	ErrReplaying = errors.New("committable: the session is a replay")
	// ErrBroken is returned in a session of an [External] in which something
	// failed that a replay could not repeat. Cancel it.
	ErrBroken = errors.New("committable: the session is broken")
	// ErrNoSavepoint is returned by what cannot make savepoints, and for one
	// that has ended.
	ErrNoSavepoint = errors.New("committable: no savepoint")
	// ErrCorrupt is returned for journals and snapshots that no table of this
	// definition wrote.
	ErrCorrupt = errors.New("committable: corrupt")
)

// UniqueError is returned by a write that would give two rows the same
// components in a unique index.
type UniqueError struct {
	Index string // name of the index
	Key   []byte // encoded key of the row in the way
}

// Error names the index and the row in the way.
func (e *UniqueError) Error() string {
	return fmt.Sprintf("committable: unique index %s: the row with encoded key %q has these components already", e.Index, e.Key)
}

// Unwrap returns [ErrNotUnique].
func (e *UniqueError) Unwrap() error { return ErrNotUnique }

// DivergenceError is returned by Stage and Commit when a replayed session
// changed something else than was recorded. It describes the first differing
// key in the order of the journal.
type DivergenceError struct {
	Store    string // name of the store
	Key      []byte // encoded key
	Recorded []byte // encoded row that was put; nil: deleted, or not changed
	Replayed []byte // encoded row that was put; nil: deleted, or not changed
}

// Error shows the key and both rows, as encoded.
func (e *DivergenceError) Error() string {
	show := func(row []byte) string {
		if row == nil {
			return "no put"
		}
		return fmt.Sprintf("row %q", row)
	}
	return fmt.Sprintf("committable: store %s: the replay differs from the record at encoded key %q: recorded %s, replayed %s",
		e.Store, e.Key, show(e.Recorded), show(e.Replayed))
}

// Unwrap returns [ErrDivergence].
func (e *DivergenceError) Unwrap() error { return ErrDivergence }

// SchemaError is returned by Restore for a snapshot of a schema whose rows the
// store cannot take over.
type SchemaError struct {
	Store string // name of the store
	// Changes are what stands in the way, with what to do about it; for schemas
	// that package committable/schema cannot read, the lines only in the given
	// one after "- " and those only in the store's own after "+ ".
	Changes []string
}

// Error lists the changes.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("committable: store %s: the snapshot has another schema: %s", e.Store, strings.Join(e.Changes, "; "))
}

// Unwrap returns [ErrSchema].
func (e *SchemaError) Unwrap() error { return ErrSchema }

// opError is what a method returns around a sentinel.
type opError struct {
	kind, store, op string
	reason          string
	cause           error
	sentinel        error
}

func (e *opError) Error() string {
	text := fmt.Sprintf("committable: %s %s: %s: %s", e.kind, e.store, e.op, e.reason)
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *opError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.sentinel}
	}
	return []error{e.sentinel, e.cause}
}

func (t *Table[K, V]) fail(op string, sentinel error, format string, args ...any) error {
	return &opError{kind: "store", store: t.name, op: op, sentinel: sentinel, reason: fmt.Sprintf(format, args...)}
}

func (t *Table[K, V]) failBecause(op string, sentinel, cause error, format string, args ...any) error {
	return &opError{kind: "store", store: t.name, op: op, sentinel: sentinel, cause: cause, reason: fmt.Sprintf(format, args...)}
}
