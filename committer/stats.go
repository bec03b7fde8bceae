package committer

import (
	"slices"
	"sync/atomic"
)

// Stats describes a MultiCommitter at one moment, for metrics. It encodes to
// JSON, as package expvar does.
type Stats struct {
	Phase           string          `json:"phase"`            // new, loaded, in session, in recovery, staged, unknown outcome, left open, decided or closed
	Loaded          bool            `json:"loaded"`           // Load has succeeded, and Close was not called
	Sessions        uint64          `json:"sessions"`         // sessions ever committed
	DurableSessions uint64          `json:"durable_sessions"` // those on stable storage
	Stores          []StoreStats    `json:"stores"`           // sorted by name
	Checkpoint      CheckpointStats `json:"checkpoint"`
}

// StoreStats describes one store.
type StoreStats struct {
	Name            string `json:"name"`
	Rows            int    `json:"rows"`             // committed rows; -1 if the store does not count them
	CheckpointBytes uint64 `json:"checkpoint_bytes"` // rows of the store in the last checkpoint
	JournalBytes    uint64 `json:"journal_bytes"`    // journals of the store since the last checkpoint was started
}

// CheckpointStats describes the last checkpoint.
type CheckpointStats struct {
	Running     bool   `json:"running"`      // another one is being written
	Sessions    uint64 `json:"sessions"`     // the checkpoint includes so many sessions
	Bytes       uint64 `json:"bytes"`        // rows of all stores in it
	RecordBytes uint64 `json:"record_bytes"` // records since the last checkpoint was started
}

// usage counts bytes of one store. Writers hold MultiCommitter.op or are the
// running checkpoint.
type usage struct {
	checkpoint atomic.Uint64 // bytes of rows in the last checkpoint
	journal    atomic.Uint64 // bytes of journals since the last one was started
}

// rowCounter is an optional method of stores. It is safe for concurrent use.
type rowCounter interface {
	CommittedLen() int
}

// Stats returns counters for metrics. It does no I/O, does not wait for a
// session, and may be called at any time, before Load and after Close too.
func (m *MultiCommitter) Stats() Stats {
	m.state.RLock()
	s := Stats{Phase: m.phase.String(), Stores: []StoreStats{}}
	if m.history == nil {
		m.state.RUnlock()
		return s
	}
	s.Loaded = m.phase != phaseNew && m.phase != phaseClosed
	s.Sessions, s.DurableSessions = m.history.Count(), m.durable
	parts, checkpoints := slices.Clone(m.parts), m.checkpoints
	m.state.RUnlock()
	for _, p := range parts {
		if p.store == nil {
			continue
		}
		stats := StoreStats{Name: p.name, Rows: -1, CheckpointBytes: p.usage.checkpoint.Load(), JournalBytes: p.usage.journal.Load()}
		if c, ok := p.store.(rowCounter); ok {
			stats.Rows = c.CommittedLen()
		}
		s.Stores = append(s.Stores, stats)
	}
	s.Checkpoint = checkpoints.usage()
	return s
}

func (p phase) String() string {
	return [...]string{
		phaseNew:        "new",
		phaseLoaded:     "loaded",
		phaseInSession:  "in session",
		phaseInRecovery: "in recovery",
		phaseStaged:     "staged",
		phaseUnknown:    "unknown outcome",
		phaseLeftOpen:   "left open",
		phaseDecided:    "decided",
		phaseClosed:     "closed",
	}[p]
}
