package committer

import (
	"context"
	"log/slog"
)

// defaultHistory is how many sessions are retained without WithHistory.
const defaultHistory = 65_536

// CommitterOpt is an option of NewCommitter.
type CommitterOpt func(*MultiCommitter)

// WithLogger makes the MultiCommitter log to logger; without it, it is silent.
// Long work (Load, checkpoints, Export, Import, Verify) reports its progress at
// level Info; what went wrong without changing an
// answer is logged at level Warn.
func WithLogger(logger *slog.Logger) CommitterOpt {
	return func(m *MultiCommitter) {
		if logger != nil {
			m.logger = logger
		}
	}
}

// WithHistory sets for how many of the last sessions a key is recognised; the
// default is 65,536, the least is 1. An older key counts as new. The number is
// kept in the KV: without the option, the number of the last time stays.
func WithHistory(n int) CommitterOpt {
	return func(m *MultiCommitter) { m.historyOpt = int(min(uint64(max(n, 1)), maxCount)) }
}

// defaultRecords is how many records are kept without WithRecords.
const defaultRecords = 1024

// WithRecords sets how many records before the checkpoint are kept, for proofs,
// for programs that read them (see Inspect) and, as long as the records from the
// first one on are there, for Rollback; the default is 1024, the least is 0.
// Those after the checkpoint always are.
func WithRecords(n int) CommitterOpt {
	return func(m *MultiCommitter) { m.recordsKept = uint64(max(n, 0)) }
}

// WithCheckpoint sets when checkpoints are made. They are written in the
// background; Commit does not wait for them.
func WithCheckpoint(policy CheckpointPolicy) CommitterOpt {
	return func(m *MultiCommitter) { m.policy = policy }
}

// WithSyncEvery makes only every n-th session wait until it is on stable
// storage, where the KV tells when that is (kv.Syncer); the default is 1, every
// session. After a power loss, or with some KVs the end of the process, the
// last n-1 sessions may then be gone, the newest first: DurableSeq tells which
// are not. Sessions with externals are always synced.
func WithSyncEvery(n int) CommitterOpt {
	return func(m *MultiCommitter) { m.syncEvery = uint64(max(n, 1)) }
}

// WithMonotonicKeys is for callers whose keys only grow when compared as
// bytes: heights, log indexes or offsets in a fixed-width big-endian encoding.
// A new key must then be above that of the last session, else the error wraps
// ErrAlreadyCommitted; so no key is ever applied twice, however old.
func WithMonotonicKeys() CommitterOpt {
	return func(m *MultiCommitter) { m.monotonic = true }
}

// WithDiscardPending lets Begin and Do with a new key replace a session that a
// crash left open. Without it they return a *KeyMismatchError. A decided
// session is never discarded.
func WithDiscardPending() CommitterOpt {
	return func(m *MultiCommitter) { m.discardPending = true }
}

// WithCheck adds an invariant over all stores. It runs at Stage, on the
// session's goroutine and before the stores are sealed, and sees the session's
// writes. Its error becomes that of Stage or Commit; the session stays open
// and unsealed, and Do cancels it. It must not call the MultiCommitter, and its
// writes count as the session's. It is not run in a replay of a recorded
// session, which is compared with its record instead.
func WithCheck(name string, check func(ctx context.Context) error) CommitterOpt {
	return func(m *MultiCommitter) { m.checks = append(m.checks, invariant{name, check}) }
}

// invariant is what WithCheck adds.
type invariant struct {
	name  string
	check func(ctx context.Context) error
}
