package committertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
)

// Application describes the application to crash. A is the type of its state in a
// process, usually a pointer to a struct with the stores and the MultiCommitter.
type Application[A any] struct {
	// Open builds the application in a new process. It uses p.KV, and wraps
	// externals with p.External or p.Engine. It may call Load. Only the KV and the
	// data that Reset clears may outlive the process. After an error Open is called
	// again, for the same process or for the next one.
	Open func(p *Process) (A, error)

	// Committer returns the MultiCommitter of a process.
	Committer func(app A) *committer.MultiCommitter

	// State prints all data that must survive a crash, in lines, for example with
	// [Rows]. Equal states must print equal lines. It is called between sessions.
	State func(app A) string

	// Sessions run in this order.
	Sessions []Session[A]

	// Reset clears the data outside the KV that survives a crash, such as the
	// database of an external. It is called before the first process of every run.
	// It may be nil.
	Reset func()
}

// Session is a request of a client.
type Session[A any] struct {
	// Key is the idempotency key under which Run commits. It must be unique.
	Key string

	// Run begins and commits a session under Key, for example with Do. It is called
	// again after an error or a crash. If the application refuses the request, Run
	// commits no session and returns nil.
	Run func(ctx context.Context, app A) error
}

// KV is the type of KV that [WithKV] opens.
type KV interface {
	kv.KV
	io.Closer
}

// Option is an option of [Run] and [Check].
type Option func(*options)

type options struct {
	every int
	open  func() (KV, error) // nil: use a KV in memory
	crash func(old KV) (KV, error)
}

// WithEvery disturbs one call in n; the default is 5. The position of the disturbed
// call varies. WithEvery(1) disturbs every call, and takes five times as long as the
// default.
func WithEvery(n int) Option { return func(o *options) { o.every = max(n, 1) } }

// WithKV replaces the KV in memory. Open returns an empty KV. Crash simulates the
// crash of the process or of the machine: it closes or abandons old, and returns
// the KV reopened.
//
// Without WithKV both crashes are tested: that of the process, and that of the
// machine, which loses unsynced writes.
func WithKV(open func() (KV, error), crash func(old KV) (KV, error)) Option {
	return func(o *options) { o.open, o.crash = open, crash }
}

// Run is Check for a test. It fails the test at the first difference, and logs the
// number of runs.
func Run[A any](t testing.TB, app Application[A], opts ...Option) {
	t.Helper()
	e, err := explore(t.Context(), app, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("committertest: %d sessions, %d calls, %d runs", len(app.Sessions), e.calls, e.runs)
}

// Check disturbs the application in every way that the package documentation
// lists. It returns the first difference from the undisturbed run, or nil.
func Check[A any](ctx context.Context, app Application[A], opts ...Option) error {
	_, err := explore(ctx, app, opts)
	return err
}

// Compare compares a loaded process with an undisturbed run of its sessions, and
// verifies the KV. It is for tests that kill processes themselves. It returns the
// number of sessions that the process has, and the first difference. Compare calls
// Reset, unless it is nil.
//
// If a session is pending, Compare returns an error: finish or cancel it first.
func Compare[A any](ctx context.Context, app Application[A], process A) (sessions int, err error) {
	if err := app.valid(); err != nil {
		return 0, err
	}
	sessions, err = compare(ctx, app, process)
	if err != nil {
		return 0, fmt.Errorf("committertest: %w", err)
	}
	return sessions, nil
}

// valid returns an error if a field is missing or a Key is used twice.
func (a *Application[A]) valid() error {
	if a.Open == nil || a.Committer == nil || a.State == nil || len(a.Sessions) == 0 {
		return errors.New("committertest: an Application needs Open, Committer, State and Sessions")
	}
	seen := make(map[string]bool)
	for i, s := range a.Sessions {
		if s.Key == "" || s.Run == nil || seen[s.Key] {
			return fmt.Errorf("committertest: session %d, %q: each session needs a unique Key, and Run", i, s.Key)
		}
		seen[s.Key] = true
	}
	return nil
}

// Rows prints the rows of a store for State: one line for each row, in the order
// of the sequence. The method All of a generated store yields its rows in a fixed
// order.
func Rows[K, V any](name string, all iter.Seq2[K, V]) string {
	var b strings.Builder
	for key, row := range all {
		fmt.Fprintf(&b, "%s %v: %+v\n", name, key, row)
	}
	return b.String()
}
