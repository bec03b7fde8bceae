package committertest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// Process is what a process of the application is built from. Its KV, and what
// External and Engine return, are disturbed: one of their calls fails, or is the
// last call of the process.
type Process struct {
	// KV is the KV to give to committer.NewCommitter.
	KV kv.KV

	fault *kvtest.Fault

	mu      sync.Mutex // guards cleanup
	cleanup []func()
}

// NewProcess returns a process whose calls go through a Fault around its KV, for
// tests that open an application by themselves. Such a test says to the Fault
// which calls to disturb, and calls End at the end.
func NewProcess(fault *kvtest.Fault) *Process { return &Process{KV: fault, fault: fault} }

// Cleanup registers a function to be called after the process has ended, by a
// crash or otherwise: to close a connection, for instance. The last registered
// function is called first.
func (p *Process) Cleanup(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cleanup = append(p.cleanup, f)
}

// End ends the process as a crash does. No later call of its KV, externals and
// engines takes effect. End then calls the functions given to Cleanup.
func (p *Process) End() {
	p.fault.Crash()
	p.mu.Lock()
	fs := p.cleanup
	p.cleanup = nil
	p.mu.Unlock()
	for _, f := range slices.Backward(fs) {
		f()
	}
}

// External returns c with its calls disturbed: Begin, BeginRecovery, Commit,
// Cancel, and, if c has savepoints, Savepoint, Rollback and Release. Register the
// result in place of c, and let the code of sessions use c itself.
//
// External panics if c is a store, that is, a committer.Journaled: the committer
// would take the wrapper for an external. A store makes no calls that can fail;
// register it as it is.
func (p *Process) External(c committer.Committable) committer.Committable {
	if _, store := c.(committer.Journaled); store {
		panic(fmt.Sprintf("committertest: External of a %T, which is a store; register it as it is", c))
	}
	e := external{Committable: c, calls: p.callsOf(c, "external")}
	if s, ok := c.(committer.Savepointer); ok {
		return savepointExternal{e, s}
	}
	return e
}

// Engine returns e with its calls disturbed: Begin, Last, SetLast, Commit,
// Rollback, and, if e is a committable.SavepointEngine, Savepoint and Rollback and
// Release of savepoints. Give the result to committable.NewExternal, and let the
// code of sessions use e itself. An external whose engine is disturbed need not be
// given to External.
func (p *Process) Engine(e committable.Engine) committable.Engine {
	d := engine{inner: e, calls: p.callsOf(e, "engine")}
	if s, ok := e.(committable.SavepointEngine); ok {
		return savepointEngine{d, s}
	}
	return d
}

// callsOf returns the calls of a value, under its name if it has a method Name.
func (p *Process) callsOf(value any, name string) calls {
	if named, ok := value.(interface{ Name() string }); ok {
		name = named.Name()
	}
	return calls{p.fault, name}
}

// calls are the calls of one external or engine.
type calls struct {
	fault *kvtest.Fault
	name  string
}

// do makes a call, unless the fault interrupts it. The key is for messages; nil
// if the call has none.
func (c calls) do(method string, key []byte, call func() error) error {
	var keys []string
	if key != nil {
		keys = []string{string(key)}
	}
	return c.fault.Call(c.name+"."+method, keys, call)
}

// savepoint makes a savepoint whose calls go the same way.
func (c calls) savepoint(ctx context.Context, make func(context.Context) (committer.Savepoint, error)) (committer.Savepoint, error) {
	var made committer.Savepoint
	err := c.do("Savepoint", nil, func() (err error) {
		made, err = make(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return savepoint{made, c}, nil
}

// external is an external whose calls are disturbed.
type external struct {
	committer.Committable
	calls calls
}

func (e external) Begin(ctx context.Context, key []byte) error {
	return e.calls.do("Begin", key, func() error { return e.Committable.Begin(ctx, key) })
}

func (e external) BeginRecovery(ctx context.Context, key []byte) error {
	return e.calls.do("BeginRecovery", key, func() error { return e.Committable.BeginRecovery(ctx, key) })
}

func (e external) Commit(ctx context.Context, key []byte) (id []byte, err error) {
	err = e.calls.do("Commit", key, func() (err error) {
		id, err = e.Committable.Commit(ctx, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return id, nil
}

func (e external) Cancel(ctx context.Context) error {
	return e.calls.do("Cancel", nil, func() error { return e.Committable.Cancel(ctx) })
}

// savepointExternal is an external with savepoints.
type savepointExternal struct {
	external
	inner committer.Savepointer
}

func (e savepointExternal) Savepoint(ctx context.Context) (committer.Savepoint, error) {
	return e.calls.savepoint(ctx, e.inner.Savepoint)
}

// engine is an engine whose calls are disturbed.
type engine struct {
	inner committable.Engine
	calls calls
}

func (e engine) Begin(ctx context.Context) error {
	return e.calls.do("Begin", nil, func() error { return e.inner.Begin(ctx) })
}

func (e engine) Last(ctx context.Context) (key, id []byte, err error) {
	err = e.calls.do("Last", nil, func() (err error) {
		key, id, err = e.inner.Last(ctx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return key, id, nil
}

func (e engine) SetLast(ctx context.Context, key, id []byte) error {
	return e.calls.do("SetLast", key, func() error { return e.inner.SetLast(ctx, key, id) })
}

func (e engine) Commit(ctx context.Context) error {
	return e.calls.do("Commit", nil, func() error { return e.inner.Commit(ctx) })
}

func (e engine) Rollback(ctx context.Context) error {
	return e.calls.do("Rollback", nil, func() error { return e.inner.Rollback(ctx) })
}

// savepointEngine is an engine with savepoints.
type savepointEngine struct {
	engine
	outer committable.SavepointEngine
}

func (e savepointEngine) Savepoint(ctx context.Context) (committable.Savepoint, error) {
	return e.calls.savepoint(ctx, e.outer.Savepoint)
}

// savepoint is a savepoint whose calls are disturbed.
type savepoint struct {
	inner committer.Savepoint
	calls calls
}

func (s savepoint) Rollback(ctx context.Context) error {
	return s.calls.do("Savepoint.Rollback", nil, func() error { return s.inner.Rollback(ctx) })
}

func (s savepoint) Release(ctx context.Context) error {
	return s.calls.do("Savepoint.Release", nil, func() error { return s.inner.Release(ctx) })
}
