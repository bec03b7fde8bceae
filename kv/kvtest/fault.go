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

// What the calls of a Fault's KV return, wrapped, where the Fault interfered.
var (
	// ErrInjected says that a call was made to fail by FailAt.
	ErrInjected = errors.New("kvtest: injected failure")
	// ErrCrashed says that the process, as far as the KV goes, is dead.
	ErrCrashed = errors.New("kvtest: crashed")
)

// When says whether an interrupted call took effect.
type When int

// A call is interrupted Before or After it took effect. For a Get, which has
// none, both are the same to whoever looks at the KV.
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

// Call is one call that a Fault's KV received.
type Call struct {
	N      int      // counted from 1
	Method string   // Get, Set, Delete, Batch, Create or Sync
	Keys   []string // the keys that it was about; several for a Batch, none for a Sync
	Err    error    // what it returned
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

// Fault wraps a KV, counts the calls that go through it, and interrupts those
// that the test chose. Every Get, Set, Delete, Batch, Create and Sync is one
// call, also those that fail; the first has number 1.
//
// Calls are let through one at a time, so that what is before and after a crash
// is well defined, and nothing reaches the KV inside once the crash was seen.
type Fault struct {
	kv kv.KV // what KV returns

	mu      sync.Mutex // held through every call; guards what follows
	calls   []Call
	fails   []outage // a later one wins over an earlier one
	crashAt int      // 0: never
	crash   When
	stopped error // set by a crash or a failed Sync; every later call returns it
}

// outage is a run of calls that are to fail.
type outage struct {
	from, count int
	when        When
}

func (o outage) has(n int) bool { return o.from <= n && n-o.from < o.count }

// NewFault returns a Fault around inner that interrupts nothing yet.
func NewFault(inner kv.KV) *Fault {
	f := &Fault{}
	f.kv = Only(faulty{fault: f, inner: inner}, Of(inner))
	return f
}

// KV returns the KV to be used in place of the one inside. It has exactly the
// same optional interfaces.
func (f *Fault) KV() kv.KV { return f.kv }

// FailAt makes call n return ErrInjected, before or after it took effect. Each
// call can be made to fail. After a Sync that failed so, every call returns
// ErrInjected, as the contract wants until the KV is opened anew: for that, go
// on with the KV inside.
func (f *Fault) FailAt(n int, when When) { f.FailFrom(n, 1, when) }

// FailFrom makes count calls fail, as FailAt does, the first of them call n: a
// KV that is out of reach for a while. If a call of Sync is among them, that
// while never ends. With n = Calls() + 1 it begins now. Where several of FailAt
// and FailFrom cover a call, the last wins.
func (f *Fault) FailFrom(n, count int, when When) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = append(f.fails, outage{from: max(n, 1), count: count, when: when})
}

// CrashAt makes call n and all later ones return ErrCrashed; call n takes effect
// before that, or does not, and the later ones do not. A later CrashAt replaces
// an earlier one. A call that has already been made is not changed.
func (f *Fault) CrashAt(n int, when When) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crashAt, f.crash = n, when
}

// Crash makes all later calls return ErrCrashed, without effect. A call that is
// under way ends first.
func (f *Fault) Crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !errors.Is(f.stopped, ErrCrashed) {
		f.stopped = fmt.Errorf("%w after call %d", ErrCrashed, len(f.calls))
	}
}

// Crashed reports whether there was a crash: by Crash, or by CrashAt once its
// call was made. A Sync that failed is none.
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

// Log returns the calls so far, the oldest first.
func (f *Fault) Log() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// call counts and logs one call, and does it unless it is to be interrupted.
func (f *Fault) call(method string, keys []string, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.calls) + 1
	err := f.interrupt(n, method, do)
	f.calls = append(f.calls, Call{N: n, Method: method, Keys: keys, Err: err})
	return err
}

// interrupt does call n, or makes it fail. It needs f.mu.
func (f *Fault) interrupt(n int, method string, do func() error) error {
	if f.stopped != nil {
		return f.stopped
	}
	when, failing := f.failing(n)
	cause := ErrInjected
	if n == f.crashAt {
		cause, when = ErrCrashed, f.crash
	} else if !failing {
		return do()
	}
	err := fmt.Errorf("%w %v call %d, %s, took effect", cause, when, n, method)
	if when == After {
		// Its own error would tell the caller what an interruption hides.
		_ = do()
	}
	if n == f.crashAt || method == "Sync" {
		f.stopped = err
	}
	return err
}

// failing reports whether call n is to fail, and when. It needs f.mu.
func (f *Fault) failing(n int) (When, bool) {
	for _, o := range slices.Backward(f.fails) {
		if o.has(n) {
			return o.when, true
		}
	}
	return Before, false
}

// faulty passes every call to its Fault. It has all methods; NewFault shows
// those that inner has.
type faulty struct {
	fault *Fault
	inner kv.KV
}

func (s faulty) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = s.fault.call("Get", []string{string(key)}, func() (err error) {
		value, err = s.inner.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

func (s faulty) Set(ctx context.Context, key, value []byte) error {
	return s.fault.call("Set", []string{string(key)}, func() error { return s.inner.Set(ctx, key, value) })
}

func (s faulty) Delete(ctx context.Context, key []byte) error {
	return s.fault.call("Delete", []string{string(key)}, func() error { return s.inner.Delete(ctx, key) })
}

func (s faulty) Batch(ctx context.Context, ops []kv.Op) error {
	keys := make([]string, len(ops))
	for i, op := range ops {
		keys[i] = string(op.Key)
	}
	return s.fault.call("Batch", keys, func() error { return s.inner.(kv.Batcher).Batch(ctx, ops) })
}

func (s faulty) Create(ctx context.Context, key, value []byte) error {
	return s.fault.call("Create", []string{string(key)}, func() error { return s.inner.(kv.Creator).Create(ctx, key, value) })
}

func (s faulty) Sync(ctx context.Context) error {
	return s.fault.call("Sync", nil, func() error { return s.inner.(kv.Syncer).Sync(ctx) })
}

func (s faulty) MaxValue() int { return s.inner.(kv.Sizer).MaxValue() }
