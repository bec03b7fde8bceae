package committable

import (
	"errors"
	"fmt"
	"strings"
)

// Errors for use with errors.Is. The errors that methods return wrap one of them,
// and add the store, the method and the reason.
var (
	// ErrNotInSession is returned by writes, Savepoint, Stage and Commit if no
	// session is open, and by writes and Savepoint after Stage.
	ErrNotInSession = errors.New("committable: no session is open")
	// ErrInSession is returned by methods that begin a session or replace the state,
	// if a session is open.
	ErrInSession = errors.New("committable: a session is open")
	// ErrEmptyKey is returned for an empty idempotency key.
	ErrEmptyKey = errors.New("committable: the idempotency key is empty")
	// ErrIdempotencyKeyMismatch is returned by Stage and Commit if the key is not the
	// one that the session began with.
	ErrIdempotencyKeyMismatch = errors.New("committable: the session has another idempotency key")
	// ErrNotFound is returned by Update if there is no row with the key.
	ErrNotFound = errors.New("committable: no such row")
	// ErrExists is returned by Insert if there is a row with the key.
	ErrExists = errors.New("committable: the row exists")
	// ErrNotUnique is wrapped by [UniqueError].
	ErrNotUnique = errors.New("committable: not unique")
	// ErrKeyChanged is returned by Update if its function changed the key.
	ErrKeyChanged = errors.New("committable: the key was changed")
	// ErrInvalid is returned for a row that cannot be stored or whose Validate method
	// returned an error.
	ErrInvalid = errors.New("committable: invalid row")
	// ErrDivergence is wrapped by [DivergenceError].
	ErrDivergence = errors.New("committable: the replay differs from the record")
	// ErrSchema is wrapped by [SchemaError].
	ErrSchema = errors.New("committable: incompatible schema")
	// ErrCommitted is returned by Begin of an [External] if the last committed session
	// has the same key.
	ErrCommitted = errors.New("committable: the session is already committed")
	// ErrUnknownOutcome is returned by an [External] until BeginRecovery has found out
	// whether its last session was committed.
	ErrUnknownOutcome = errors.New("committable: the outcome of the last session is unknown")
	// ErrReplaying is returned by CheckReadable of an [External] during a replay.
	ErrReplaying = errors.New("committable: the session is a replay")
	// ErrBroken is returned by an [External] if an operation failed that a replay
	// could not repeat. The session can only be cancelled.
	ErrBroken = errors.New("committable: the session is broken")
	// ErrNoSavepoint is returned by an [External] whose engine has no savepoints, and
	// for a savepoint that has ended.
	ErrNoSavepoint = errors.New("committable: no savepoint")
	// ErrCorrupt is returned for journals and snapshots that no table with the same
	// definition can have written.
	ErrCorrupt = errors.New("committable: corrupt")
)

// UniqueError is returned by a write that would give two rows the same components
// in a unique index.
type UniqueError struct {
	Index string // name of the index
	Key   []byte // encoded key of the existing row
}

// Error includes the index and the key of the existing row.
func (e *UniqueError) Error() string {
	return fmt.Sprintf("committable: unique index %s: the row with encoded key %q has the same components", e.Index, e.Key)
}

// Unwrap returns [ErrNotUnique].
func (e *UniqueError) Unwrap() error { return ErrNotUnique }

// DivergenceError is returned by Stage and Commit if a replayed session did not
// change the same as the first time. It describes the first difference in the order
// of the journal. An [External] compares ids instead of rows, and Key is nil.
type DivergenceError struct {
	Store    string // name of the store or external
	Key      []byte // encoded key
	Recorded []byte // encoded row of the first time; nil if no row was put
	Replayed []byte // encoded row of the replay; nil if no row was put
}

// Error includes the key and both rows, as they are encoded.
func (e *DivergenceError) Error() string {
	if e.Key == nil {
		return fmt.Sprintf("committable: external %s: the replay differs from the record: recorded id %x, replayed id %x", e.Store, e.Recorded, e.Replayed)
	}
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

// SchemaError is returned by Restore for a snapshot whose schema is incompatible
// with the schema of the store.
type SchemaError struct {
	Store string // name of the store
	// Changes are the incompatible changes, and how to resolve them. For schemas that
	// package committable/schema cannot parse, they are the lines that only the
	// snapshot's schema has, after "- ", and the lines that only the store's schema
	// has, after "+ ".
	Changes []string
}

// Error includes the changes.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("committable: store %s: the snapshot has an incompatible schema: %s", e.Store, strings.Join(e.Changes, "; "))
}

// Unwrap returns [ErrSchema].
func (e *SchemaError) Unwrap() error { return ErrSchema }

// opError is an error of a method. It wraps a sentinel and, if there is one, a
// cause.
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
