package committer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// A MultiCommitter commits changes of many committables as one session under an
// idempotency key. Make one with [NewCommitter]; the zero value is not usable.
//
// Its methods are safe for concurrent use. Inside a session, one goroutine
// writes to the committables, and others read through views. At most one
// MultiCommitter may use a KV at a time.
type MultiCommitter struct {
	kv     kv.KV
	opts   options
	optErr error // a bad name or a nil KV; Load and Begin return it

	// turn holds a token while a caller drives a session. Do waits for it.
	turn chan struct{}

	// op is held through every call that moves the state machine, I/O included,
	// but not while the code of a session runs. It guards the fields up to pub.
	op             sync.Mutex
	db             *storage.DB // this and the next two are nil before Load
	manifest       *storage.ManifestOwner
	records        *storage.RecordWriter
	epoch          uint64
	session        *session           // the open session
	settled        *format.Header     // committed after its Commit returned an error; not reported yet
	prev           *storage.Record    // of the last session, for a verified replay; nil if its undo is gone
	prevHash       func() format.Hash // for the next record
	written        uint64             // sessions whose records are written
	pendingUnknown bool               // the last write of the pending entry returned an error

	// pub is locked for writing while a session is published, and for reading
	// during View: a View delays a publish and nothing else. Lock it before state.
	pub sync.RWMutex

	// state guards the fields below for goroutines that do not hold op; it is held
	// for moments. Writers hold op too, so op alone is enough to read.
	state       sync.RWMutex
	phase       phase
	parts       []*participant   // sorted by name
	history     *storage.History // nil before Load, as is checkpoints
	checkpoints *checkpointer
	durable     uint64          // sessions on stable storage
	leftOpen    *format.Pending // a session that a crash left open
	decided     *storage.Record // a decided session that is not finished
	closeErr    error           // why phase is closed, unless by Close
}

// participant is a registered committable.
type participant struct {
	name        string
	committable Committable
	store       Journaled // nil for an external
	usage       usage
}

func (p *participant) kind() merkle.Kind {
	if p.store != nil {
		return merkle.Store
	}
	return merkle.External
}

// phase is the state of the state machine in the package documentation.
type phase int

const (
	phaseNew phase = iota
	phaseLoaded
	phaseInSession
	phaseInRecovery
	phaseStaged
	phaseUnknown // a write returned an error: its outcome is unknown
	phaseLeftOpen
	phaseDecided
	phaseClosed
)

// NewCommitter returns a MultiCommitter over a KV, for committables by name.
// Names have 1 to 43 bytes out of [-./0-9A-Za-z_]; use the name that the Name
// method of a generated store returns. Load and Begin return an error for a bad
// name, a nil committable or a nil KV.
//
// NewCommitter neither reads nor writes. Call Load next, or Begin or Do, which
// call it.
func NewCommitter(kv KV, committables map[string]Committable, opts ...CommitterOpt) *MultiCommitter {
	m := &MultiCommitter{
		kv:   kv,
		opts: options{logger: slog.New(slog.DiscardHandler), records: defaultRecords, syncEvery: 1},
		turn: make(chan struct{}, 1),
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

// Register adds a committable. Before Load, register every committable that the
// KV knows. After Load, Register accepts a committable that the KV does not know
// yet, between sessions; a store must then be empty.
//
// The error wraps ErrName, ErrRegistered, ErrInSession, ErrUndecided, ErrFenced
// or ErrClosed. After an error of the KV, the KV may or may not know the name:
// call Register again.
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
		m.remove(name)
		return err
	}
	return nil
}

// join adds a committable that was registered after Load to the manifest.
func (m *MultiCommitter) join(ctx context.Context, name string) error {
	i, _ := m.find(name)
	if err := checkNewcomer(ctx, m.parts[i]); err != nil {
		return err
	}
	members := m.members()
	if err := m.manifest.Change(ctx, func(e storage.Edit) { e.Members = members }); err != nil {
		return m.failIfFenced(err)
	}
	if err := m.db.Sync(ctx); err != nil {
		return m.fail(err)
	}
	return nil
}

// add inserts a committable into the sorted list.
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
	m.state.Lock()
	m.parts = slices.Insert(m.parts, i, &participant{name: name, committable: committable, store: store})
	m.state.Unlock()
	return nil
}

func (m *MultiCommitter) remove(name string) {
	m.state.Lock()
	m.parts = slices.DeleteFunc(m.parts, func(p *participant) bool { return p.name == name })
	m.state.Unlock()
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

// idlePhase returns the phase outside a session. op is held.
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

// idle returns an error unless members and state can be changed now. op is held,
// and no outcome is unknown.
func (m *MultiCommitter) idle() error {
	switch m.phase {
	case phaseNew, phaseLoaded:
		return nil
	case phaseClosed:
		return m.closedError()
	case phaseLeftOpen:
		return fmt.Errorf("%w: a crash left key %q open", ErrInSession, m.leftOpen.Key)
	case phaseDecided:
		return fmt.Errorf("%w: begin key %q again first", ErrUndecided, m.decided.Key)
	default:
		return ErrInSession
	}
}
