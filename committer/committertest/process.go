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

// Process holds the KV of one process of the application, and wraps its externals.
// Calls to the KV and to the results of External and Engine are disturbed: one of
// them fails, or crashes the process.
type Process struct {
	// KV is passed to committer.NewCommitter.
	KV kv.KV

	fault *kvtest.Fault

	mu      sync.Mutex // guards cleanup
	cleanup []func()
}

// NewProcess returns a process whose calls pass through fault, which also is its
// KV. It is for tests that open an application themselves. Configure fault to
// disturb calls, and call End at the end.
func NewProcess(fault *kvtest.Fault) *Process { return &Process{KV: fault, fault: fault} }

// Cleanup registers a function to call after the process has ended, for example to
// close a connection. The last registered function is called first.
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
// result instead of c; the code of sessions uses c itself.
//
// External panics if c is a store, that is, a committer.Journaled: its wrapper
// would be an external. The calls of a store need no disturbance; register the
// store itself.
func (p *Process) External(c committer.Committable) committer.Committable {
	if _, store := c.(committer.Journaled); store {
		panic(fmt.Sprintf("committertest: External called with a store, a %T; register the store itself", c))
	}
	e := external{Committable: c, calls: p.newCaller(c, "external")}
	if s, ok := c.(committer.Savepointer); ok {
		return savepointExternal{e, s}
	}
	return e
}

// Engine returns e with its calls disturbed: Begin, Last, SetLast, Commit,
// Rollback, and, if e is a committable.SavepointEngine, Savepoint and Rollback and
// Release of savepoints. Pass the result to committable.NewExternal; the code of
// sessions uses e itself. Do not wrap the resulting external with External.
func (p *Process) Engine(e committable.Engine) committable.Engine {
	d := engine{inner: e, calls: p.newCaller(e, "engine")}
	if s, ok := e.(committable.SavepointEngine); ok {
		return savepointEngine{d, s}
	}
	return d
}

// newCaller returns a caller for value. Its name is value.Name(), if there is such a
// method.
func (p *Process) newCaller(value any, name string) caller {
	if named, ok := value.(interface{ Name() string }); ok {
		name = named.Name()
	}
	return caller{p.fault, name}
}

// caller passes the calls of one external or engine through the fault.
type caller struct {
	fault *kvtest.Fault
	name  string
}

// do makes a call, unless the fault prevents it. The key, if not nil, is logged for
// messages.
func (c caller) do(method string, key []byte, call func() error) error {
	var keys []string
	if key != nil {
		keys = []string{string(key)}
	}
	return c.fault.Call(c.name+"."+method, keys, call)
}

// savepoint creates a savepoint whose calls pass through the fault, too.
func (c caller) savepoint(ctx context.Context, make func(context.Context) (committer.Savepoint, error)) (committer.Savepoint, error) {
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

// external disturbs the calls of an external.
type external struct {
	committer.Committable
	calls caller
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

// savepointExternal disturbs the calls of an external with savepoints.
type savepointExternal struct {
	external
	savepoints committer.Savepointer
}

func (e savepointExternal) Savepoint(ctx context.Context) (committer.Savepoint, error) {
	return e.calls.savepoint(ctx, e.savepoints.Savepoint)
}

// engine disturbs the calls of an engine.
type engine struct {
	inner committable.Engine
	calls caller
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

// savepointEngine disturbs the calls of an engine with savepoints.
type savepointEngine struct {
	engine
	savepoints committable.SavepointEngine
}

func (e savepointEngine) Savepoint(ctx context.Context) (committable.Savepoint, error) {
	return e.calls.savepoint(ctx, e.savepoints.Savepoint)
}

// savepoint disturbs the calls of a savepoint.
type savepoint struct {
	inner committer.Savepoint
	calls caller
}

func (s savepoint) Rollback(ctx context.Context) error {
	return s.calls.do("Savepoint.Rollback", nil, func() error { return s.inner.Rollback(ctx) })
}

func (s savepoint) Release(ctx context.Context) error {
	return s.calls.do("Savepoint.Release", nil, func() error { return s.inner.Release(ctx) })
}
