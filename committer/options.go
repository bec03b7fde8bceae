package committer

import (
	"context"
	"log/slog"

	"github.com/gencommittable/gencommittable/internal/format"
)

// The values of options that are not given.
const (
	defaultHistory = 65_536
	defaultRecords = 1024
)

// options is what NewCommitter was told.
type options struct {
	logger         *slog.Logger
	history        uint64 // 0: as in the manifest
	records        uint64
	policy         CheckpointPolicy
	syncEvery      uint64
	inline         bool // checkpoints are written before Commit returns; tests use it
	monotonic      bool
	discardPending bool
	checks         []check
}

// check is an invariant that WithCheck added.
type check struct {
	name string
	run  func(ctx context.Context) error
}

// CommitterOpt is an option of NewCommitter.
type CommitterOpt func(*MultiCommitter)

// WithLogger makes the MultiCommitter log to logger; by default it is silent.
// The progress of long work (Load, checkpoints, Export, Import, Verify) is logged
// at level Info. Failures that do not change the result of a call are logged at
// level Warn, and those that close the MultiCommitter at level Error.
func WithLogger(logger *slog.Logger) CommitterOpt {
	return func(m *MultiCommitter) {
		if logger != nil {
			m.opts.logger = logger
		}
	}
}

// WithHistory sets for how many of the last sessions a key is recognised; the
// default is 65,536, and the least is 1. An older key counts as new. The number
// is kept in the KV: without the option, the previous number stays.
func WithHistory(n int) CommitterOpt {
	return func(m *MultiCommitter) { m.opts.history = min(uint64(max(n, 1)), format.MaxCount) }
}

// WithRecords sets how many records before the checkpoint are kept; the default
// is 1024, and the least is 0. Records after the checkpoint are always kept.
// Kept records are there for programs that read them, see package inspect. As
// long as all of them back to the first one are kept, Rollback reaches back
// behind the checkpoint.
func WithRecords(n int) CommitterOpt {
	return func(m *MultiCommitter) { m.opts.records = uint64(max(n, 0)) }
}

// WithCheckpoint sets when checkpoints are written. Commit does not wait for
// them.
func WithCheckpoint(policy CheckpointPolicy) CommitterOpt {
	return func(m *MultiCommitter) { m.opts.policy = policy }
}

// WithSyncEvery makes only every n-th session wait until it is on stable
// storage; the default is 1, every session. After a power loss the newest
// sessions, up to n-1, may be missing; with some KVs after the end of the process
// too. [MultiCommitter.DurableSeq] returns the last session that cannot be
// missing. Sessions with externals are always synced. The option has no effect
// on a KV without kv.Syncer.
func WithSyncEvery(n int) CommitterOpt {
	return func(m *MultiCommitter) { m.opts.syncEvery = uint64(max(n, 1)) }
}

// WithMonotonicKeys is for callers whose keys only grow when they are compared
// as bytes, such as heights, log indexes or offsets in a fixed-width big-endian
// encoding. A new key that is not above that of the last session is then refused
// with an error that wraps ErrAlreadyCommitted, so no key is ever applied twice,
// however old it is.
func WithMonotonicKeys() CommitterOpt {
	return func(m *MultiCommitter) { m.opts.monotonic = true }
}

// WithDiscardPending lets Begin and Do with a new key replace a session that a
// crash left open. Without the option they return a *KeyMismatchError. A decided
// session is never discarded.
func WithDiscardPending() CommitterOpt {
	return func(m *MultiCommitter) { m.opts.discardPending = true }
}

// WithCheck adds an invariant over all stores. Stage and Commit call it on the
// session's goroutine before the stores are sealed, so it sees the writes of the
// session. If it returns an error, Stage or Commit returns that error, and the
// session stays open; Do cancels the session.
//
// The check must not call the MultiCommitter. What it writes belongs to the
// session. It is not called in a replay of a recorded session, which is compared
// with its record instead.
func WithCheck(name string, run func(ctx context.Context) error) CommitterOpt {
	return func(m *MultiCommitter) { m.opts.checks = append(m.opts.checks, check{name, run}) }
}
