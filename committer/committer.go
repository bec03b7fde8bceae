package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// MultiCommitter commits many committables as one session under an idempotency
// key. Make one with [NewCommitter]; the zero value is not usable.
//
// Its methods are safe for concurrent use. Inside a session one goroutine
// writes to the committables; others read through views. There must be one
// MultiCommitter to a KV at a time.
type MultiCommitter struct {
	kv     kv.KV
	db     database
	logger *slog.Logger

	// What the options said.
	historyOpt     int // 0: as in the manifest
	recordsKept    uint64
	policy         CheckpointPolicy
	syncEvery      uint64
	inline         bool // checkpoints are written before Commit returns; tests use it
	monotonic      bool
	discardPending bool
	checks         []invariant
	optErr         error // a bad name or a missing KV; Load and Begin return it

	// turn holds a token while somebody drives a session, so that Do can wait
	// for its turn.
	turn chan struct{}

	// op is held through every call that moves the state machine, the I/O
	// included, but not while a session's own code runs. It guards what
	// follows.
	op            sync.Mutex
	parts         []*participant // sorted by name
	epoch         uint64
	session       *session    // the open one
	settled       *Session    // committed after its Commit had failed; nobody was told yet
	prev          *record     // the last session's, for a verified replay; nil if its undo is gone
	prevLink      func() link // what the next record's link is
	written       uint64      // sessions whose records are written
	attempt       *record     // whose parts were written last
	unsurePending bool        // whether the last write of the pending entry took effect is not known

	running        *background // a checkpoint
	since          uint64      // bytes of records since the last one was begun
	checkpointNext uint64      // of the last one that is whole
	checkpointSize uint64

	// manifestMu is held through every change of the manifest, the I/O
	// included: a checkpoint in the background makes some. Taken after op.
	manifestMu sync.Mutex
	manifest   *manifest // what is in the KV
	tried      *manifest // unless this is: a write of it failed

	// pub is written under while a session is published, and read under by
	// View: so a View delays a publish and nothing else. Taken before state.
	pub sync.RWMutex

	// state guards what every goroutine may ask for; it is held for moments.
	// Writers hold op as well, so that op alone is enough to read.
	state    sync.RWMutex
	phase    phase
	history  *history
	durable  uint64   // sessions that are on stable storage
	leftOpen *pending // a session that a crash left open
	decided  *record  // a session whose record is decided, not finished
	closeErr error    // why phase is closed, if it was not Close
}

// participant is a registered committable.
type participant struct {
	name        string
	committable Committable
	store       Journaled // nil for an external
}

func (p *participant) kind() merkle.Kind {
	if p.store != nil {
		return merkle.Store
	}
	return merkle.External
}

// phase is where the state machine stands. The package doc has the table.
type phase int

const (
	phaseNew phase = iota
	phaseLoaded
	phaseInSession
	phaseInRecovery
	phaseStaged
	phaseUnknown
	phaseLeftOpen
	phaseDecided
	phaseClosed
)

// NewCommitter returns a MultiCommitter over the KV for the committables, by
// name. Names have 1 to 43 bytes out of [-./0-9A-Za-z_]; a generated store has
// a method Name that returns the one to use. A bad name, a nil committable or
// a nil KV is reported by Load and Begin.
//
// Nothing is read or written before Load, or the first Begin or Do.
func NewCommitter(kv KV, committables map[string]Committable, opts ...CommitterOpt) *MultiCommitter {
	m := &MultiCommitter{
		kv:          kv,
		db:          database{kv: kv},
		logger:      slog.New(slog.DiscardHandler),
		turn:        make(chan struct{}, 1),
		recordsKept: defaultRecords,
		syncEvery:   1,
	}
	for _, opt := range opts {
		opt(m)
	}
	if kv == nil {
		m.optErr = errors.New("committer: the KV is nil; use memkv.New() for one in memory")
	}
	names := make([]string, 0, len(committables))
	for name := range committables {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		m.optErr = errors.Join(m.optErr, m.add(name, committables[name]))
	}
	return m
}

// Register adds a committable. Register everything before Load; later it is
// possible between sessions, for what the KV does not know yet. A store must
// then be empty.
//
// The error wraps ErrName, ErrRegistered, ErrInSession, ErrUndecided, ErrFenced
// or ErrClosed. An error of the KV leaves open whether the KV knows the name: call
// Register again.
func (m *MultiCommitter) Register(name string, committable Committable) error {
	m.op.Lock()
	defer m.op.Unlock()
	ctx := context.Background()
	if err := m.settle(ctx); err != nil {
		return err
	}
	if err := m.idle(); err != nil {
		return err
	}
	if err := m.add(name, committable); err != nil || m.phase == phaseNew {
		return err
	}
	if err := m.join(ctx, name); err != nil {
		m.parts = slices.DeleteFunc(m.parts, func(p *participant) bool { return p.name == name })
		return err
	}
	return nil
}

// join makes a committable that was added after Load known to the KV.
func (m *MultiCommitter) join(ctx context.Context, name string) error {
	i, _ := m.find(name)
	if err := checkNewcomer(ctx, m.parts[i]); err != nil {
		return err
	}
	members := m.members()
	if err := m.changeManifest(ctx, func(d *manifest) { d.members = members }); err != nil {
		return m.failIfFenced(err)
	}
	if err := m.db.sync(ctx); err != nil {
		return m.fail(err)
	}
	return nil
}

// add puts a committable into the sorted list.
func (m *MultiCommitter) add(name string, committable Committable) error {
	if err := merkle.CheckName(name); err != nil {
		return fmt.Errorf("%w: %w", ErrName, err)
	}
	if committable == nil {
		return fmt.Errorf("committer: the committable %q is nil", name)
	}
	i, taken := m.find(name)
	if taken {
		return fmt.Errorf("%w: %q", ErrRegistered, name)
	}
	store, _ := committable.(Journaled)
	m.parts = slices.Insert(m.parts, i, &participant{name: name, committable: committable, store: store})
	return nil
}

func (m *MultiCommitter) find(name string) (int, bool) {
	return slices.BinarySearchFunc(m.parts, name, func(p *participant, name string) int {
		return strings.Compare(p.name, name)
	})
}

// setPhase moves the state machine. op is held.
func (m *MultiCommitter) setPhase(p phase) {
	m.state.Lock()
	m.phase = p
	m.state.Unlock()
}

// idlePhase is the phase outside a session. op is held.
func (m *MultiCommitter) idlePhase() phase {
	switch {
	case m.decided != nil:
		return phaseDecided
	case m.leftOpen != nil:
		return phaseLeftOpen
	default:
		return phaseLoaded
	}
}

// fail closes the MultiCommitter: what the KV holds can only be told by
// loading it anew. It returns the error to answer with.
func (m *MultiCommitter) fail(cause error) error {
	m.state.Lock()
	m.phase, m.closeErr = phaseClosed, cause
	m.state.Unlock()
	m.releaseTurn()
	m.session = nil
	m.logger.Error("committer: closed", "cause", cause)
	if m.running != nil { // it must not write beside the next MultiCommitter
		m.running.cancel()
		<-m.running.done
		m.running = nil
	}
	return m.closedError()
}

// closedError is the answer of every call once closed. op or state is held.
func (m *MultiCommitter) closedError() error {
	if m.closeErr != nil {
		return fmt.Errorf("%w: %w", ErrClosed, m.closeErr)
	}
	return ErrClosed
}

// Sync returns when everything committed is on stable storage. It does nothing
// if the KV has no Sync, for then every write is. After an error the
// MultiCommitter is closed.
func (m *MultiCommitter) Sync(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("committer: sync: %w", err)
	}
	return m.sync(ctx)
}

// DurableSeq returns the sequence of the newest session that is on stable
// storage; ok is false if there is none. It is that of the last session, or
// with WithSyncEvery one before it. Before Load the error is ErrNotLoaded.
func (m *MultiCommitter) DurableSeq() (seq uint64, ok bool, err error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return 0, false, err
	}
	if m.durable == 0 {
		return 0, false, nil
	}
	return m.durable - 1, true, nil
}

// sync puts everything written on stable storage. op is held.
func (m *MultiCommitter) sync(ctx context.Context) error {
	if err := m.db.sync(ctx); err != nil {
		return m.fail(err)
	}
	m.state.Lock()
	m.durable = m.written
	m.state.Unlock()
	return nil
}

// syncIfDue syncs after a session, as WithSyncEvery says. op is held.
func (m *MultiCommitter) syncIfDue(ctx context.Context) error {
	if m.db.supports.Syncer != nil && m.written-m.durable < m.syncEvery {
		return nil
	}
	return m.sync(ctx)
}

// Close syncs and ends the use of the MultiCommitter; the KV stays open. It
// returns ErrInSession while a session is open: cancel that first. Closed
// twice is no error.
//
// A checkpoint in the background is finished first, so that programs which run a
// few sessions at a time have some, too. A program that cannot wait may just end:
// nothing that was committed depends on Close, but for [WithSyncEvery].
func (m *MultiCommitter) Close() error {
	m.op.Lock()
	defer m.op.Unlock()
	ctx := context.Background()
	settled := m.settle(ctx)
	switch m.phase {
	case phaseClosed:
		return settled
	case phaseInSession, phaseInRecovery, phaseStaged:
		return ErrInSession
	case phaseUnknown:
		// The KV does not answer. The next Load tells the outcome.
		stopped := m.stopCheckpoint()
		settled = errors.Join(settled, stopped)
		m.setPhase(phaseClosed)
		m.releaseTurn()
		m.session = nil
		return settled
	case phaseNew:
		m.setPhase(phaseClosed)
		return nil
	}
	if err := m.finishCheckpoint(); err != nil {
		return err
	}
	if err := m.sync(ctx); err != nil {
		return err
	}
	m.setPhase(phaseClosed)
	return nil
}

// clone copies bytes; the copy of an empty slice is nil.
func clone(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}
