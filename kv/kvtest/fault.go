package kvtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gencommittable/gencommittable/kv"
)

// The errors of a Fault. Its calls return them wrapped.
var (
	// ErrInjected is the error of a call that FailAt or FailFrom chose, and of
	// every call after a Sync that they chose.
	ErrInjected = errors.New("kvtest: injected failure")
	// ErrCrashed is the error of every call from the crash on.
	ErrCrashed = errors.New("kvtest: crashed")
)

// When selects whether an interrupted call takes effect.
type When int

// A call is interrupted Before or After it takes effect. For a Get, which has no
// effect, both are the same.
const (
	Before When = iota
	After
)

// String returns "before" or "after".
func (w When) String() string {
	if w == After {
		return "after"
	}
	return "before"
}

// Call is one call of a Fault.
type Call struct {
	N      int      // its number; the first call is 1
	Method string   // Get, Set, Delete, Batch, Create, Sync, or what Fault.Call was given
	Keys   []string // its keys: several for a Batch, none for a Sync
	Err    error    // the error that it returned
}

// String returns the call in one line, for example `#3 Set "a": kvtest: crashed`.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s", c.N, c.Method)
	for _, key := range c.Keys {
		fmt.Fprintf(&b, " %q", key)
	}
	if c.Err != nil {
		fmt.Fprintf(&b, ": %v", c.Err)
	}
	return b.String()
}

// Fault is a KV around another KV. It counts its calls, and interrupts those
// that the test chose. It supports the optional methods that the inner KV
// supports.
//
// Every Get, Set, Delete, Batch, Create and Sync is a call, whether it fails or
// not; the first has number 1. Three kinds of calls are passed on but neither
// counted nor interrupted, because they have no effect: a Batch without
// operations, a Create of the empty key, and a Sync whose context has ended. So
// kv.Resolve does not change the numbers of other calls. Calls of a method that
// the inner KV does not support are not counted either.
//
// Calls go through one at a time, so that there is a definite state before and
// after each of them. After a crash no call reaches the inner KV.
type Fault struct {
	inner    kv.KV
	supports kv.Capabilities // what inner does

	mu      sync.Mutex // held through every call; guards the fields below
	calls   []Call
	fails   []outage // a later one wins over an earlier one
	crashAt int      // 0: never
	crash   When
	stopped error // set by a crash or a failed Sync; every later call returns it
}

var (
	_ kv.KV        = (*Fault)(nil)
	_ kv.Batcher   = (*Fault)(nil)
	_ kv.Creator   = (*Fault)(nil)
	_ kv.Syncer    = (*Fault)(nil)
	_ kv.MaxValuer = (*Fault)(nil)
)

// outage is a run of calls that fail.
type outage struct {
	from, count int
	when        When
}

func (o outage) has(n int) bool { return o.from <= n && n-o.from < o.count }

// NewFault returns a Fault around inner that interrupts no call yet.
func NewFault(inner kv.KV) *Fault {
	return &Fault{inner: inner, supports: kv.Resolve(context.Background(), inner)}
}

// FailAt makes call n return ErrInjected, before or after it took effect. It may
// be called for several calls.
//
// If call n is a Sync, every later call returns ErrInjected too, because after a
// failed Sync a KV must be opened again. To do that, continue with the inner KV.
func (f *Fault) FailAt(n int, when When) { f.FailFrom(n, 1, when) }

// FailFrom makes count calls fail as FailAt does, beginning with call n: a KV
// that cannot be reached for a while. If one of them is a Sync, all calls after
// it fail. With n = Calls() + 1 the next call is the first to fail. If several
// FailAt and FailFrom include the same call, the last of them counts.
func (f *Fault) FailFrom(n, count int, when When) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = append(f.fails, outage{from: max(n, 1), count: count, when: when})
}

// CrashAt makes call n and all later calls return ErrCrashed. Call n takes
// effect if when is After; later calls have no effect. A later CrashAt replaces
// an earlier one. CrashAt of a call that was already made does nothing.
func (f *Fault) CrashAt(n int, when When) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crashAt, f.crash = n, when
}

// Crash makes all later calls return ErrCrashed, without effect. It waits for
// the call under way.
func (f *Fault) Crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !errors.Is(f.stopped, ErrCrashed) {
		f.stopped = fmt.Errorf("%w after call %d", ErrCrashed, len(f.calls))
	}
}

// Crashed reports whether there was a crash: by Crash, or by CrashAt once its
// call was made. A failed Sync is not a crash.
func (f *Fault) Crashed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Is(f.stopped, ErrCrashed)
}

// Calls returns the number of calls so far.
func (f *Fault) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// Log returns the calls so far, oldest first.
func (f *Fault) Log() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Get calls Get of the inner KV.
func (f *Fault) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = f.call("Get", []string{string(key)}, func() (err error) {
		value, err = f.inner.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// Set calls Set of the inner KV.
func (f *Fault) Set(ctx context.Context, key, value []byte) error {
	return f.call("Set", []string{string(key)}, func() error { return f.inner.Set(ctx, key, value) })
}

// Delete calls Delete of the inner KV.
func (f *Fault) Delete(ctx context.Context, key []byte) error {
	return f.call("Delete", []string{string(key)}, func() error { return f.inner.Delete(ctx, key) })
}

// Batch calls Batch of the inner KV. If the inner KV does not support it, the
// error is errors.ErrUnsupported.
func (f *Fault) Batch(ctx context.Context, ops []kv.Op) error {
	if f.supports.Batcher == nil {
		return unsupported(Batch)
	}
	do := func() error { return f.supports.Batcher.Batch(ctx, ops) }
	if len(ops) == 0 {
		return f.pass(do)
	}
	keys := make([]string, len(ops))
	for i, op := range ops {
		keys[i] = string(op.Key)
	}
	return f.call("Batch", keys, do)
}

// Create calls Create of the inner KV. If the inner KV does not support it, the
// error is errors.ErrUnsupported.
func (f *Fault) Create(ctx context.Context, key, value []byte) error {
	if f.supports.Creator == nil {
		return unsupported(Create)
	}
	do := func() error { return f.supports.Creator.Create(ctx, key, value) }
	if len(key) == 0 {
		return f.pass(do)
	}
	return f.call("Create", []string{string(key)}, do)
}

// Sync calls Sync of the inner KV. If the inner KV does not support it, the
// error is errors.ErrUnsupported.
func (f *Fault) Sync(ctx context.Context) error {
	if f.supports.Syncer == nil {
		return unsupported(Sync)
	}
	do := func() error { return f.supports.Syncer.Sync(ctx) }
	if ctx.Err() != nil {
		return f.pass(do)
	}
	return f.call("Sync", nil, do)
}

// MaxValue returns that of the inner KV, or 0. It is not a call.
func (f *Fault) MaxValue() int { return f.supports.MaxValue }

// pass makes a call that is neither counted nor interrupted.
func (f *Fault) pass(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped != nil {
		return f.stopped
	}
	return do()
}

// call counts and logs one call, and makes it unless it is to be interrupted.
func (f *Fault) call(method string, keys []string, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.calls) + 1
	err := f.interrupt(n, method, do)
	f.calls = append(f.calls, Call{N: n, Method: method, Keys: keys, Err: err})
	return err
}

// interrupt makes call n, or makes it fail. f.mu is held.
func (f *Fault) interrupt(n int, method string, do func() error) error {
	if f.stopped != nil {
		return f.stopped
	}
	when, err := f.planned(n, method)
	if err == nil {
		return do()
	}
	if when == After {
		_ = do() // its own error is lost, like the answer of an interrupted call
	}
	if n == f.crashAt || method == "Sync" {
		f.stopped = err
	}
	return err
}

// Call makes a call of something other than the KV, such as a database that takes
// part in the same sessions. It counts and interrupts the call like one of the
// KV: do makes the call; method and keys are for Log. Calls that do makes have
// later numbers. After a failed Sync these calls still take effect; after a crash
// they do not.
//
// Unlike calls of the KV, do runs without a lock. If there is a crash in the
// meantime, do ends, and Call returns ErrCrashed.
func (f *Fault) Call(method string, keys []string, do func() error) error {
	n, when, err := f.begin(method, keys)
	var done error
	if err == nil || when == After {
		done = do()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch crashed := errors.Is(f.stopped, ErrCrashed); {
	case err == nil && crashed:
		err = f.stopped
	case err == nil:
		err = done
	case n == f.crashAt && !crashed:
		f.stopped = err
	}
	f.calls[n-1].Err = err
	return err
}

// begin counts a call of Call. It returns the error by which the call is
// interrupted, and when.
func (f *Fault) begin(method string, keys []string) (n int, when When, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = len(f.calls) + 1
	f.calls = append(f.calls, Call{N: n, Method: method, Keys: keys})
	if errors.Is(f.stopped, ErrCrashed) {
		return n, Before, f.stopped
	}
	when, err = f.planned(n, method)
	if err != nil && n == f.crashAt && when == Before {
		f.stopped = err
	}
	return n, when, err
}

// planned returns the error by which call n is to be interrupted, and when. The
// error is nil if call n is not to be interrupted. f.mu is held.
func (f *Fault) planned(n int, method string) (When, error) {
	when, failing := f.failing(n)
	cause := ErrInjected
	if n == f.crashAt {
		cause, when = ErrCrashed, f.crash
	} else if !failing {
		return Before, nil
	}
	return when, fmt.Errorf("%w %v call %d, %s, took effect", cause, when, n, method)
}

// failing reports whether call n is to fail, and when. f.mu is held.
func (f *Fault) failing(n int) (When, bool) {
	for _, o := range slices.Backward(f.fails) {
		if o.has(n) {
			return o.when, true
		}
	}
	return Before, false
}
