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

// Application is what is crashed. A is what a process of it consists of: most
// often a pointer to a struct with the stores and the MultiCommitter.
type Application[A any] struct {
	// Open builds the application of a process: over p.KV, and with the externals
	// that p.External and p.Engine return. It may call Load. Only the KV, and
	// data that Reset clears, may outlive the process. After an error Open is
	// called again, for the same process or for the next one.
	Open func(p *Process) (A, error)

	// Committer returns that of a process.
	Committer func(app A) *committer.MultiCommitter

	// State prints all that counts, in lines, the same for the same state: see
	// [Rows]. It is called between sessions, when all of them are finished.
	State func(app A) string

	// Sessions run in this order.
	Sessions []Session[A]

	// Reset makes empty what survives a crash beside the KV, such as the database
	// of an external. It is called before the first process of every run; nil if
	// there is nothing.
	Reset func()
}

// Session is one request of a client.
type Session[A any] struct {
	// Key is the idempotency key under which Run commits; no two are the same.
	Key string

	// Run makes the request, as the application does: it begins and commits
	// a session under Key, by Do or otherwise. It is called again when there was no
	// answer, or an error. If the application refuses the request, so that there
	// is no session, that is to be no error here: return nil then.
	Run func(ctx context.Context, app A) error
}

// KV is a KV for [WithKV].
type KV interface {
	kv.KV
	io.Closer
}

// Option is an option of [Run] and [Check].
type Option func(*options)

type options struct {
	every int
	open  func() (KV, error) // nil: in memory
	crash func(old KV) (KV, error)
}

// WithEvery disturbs one call in n; the default is 5. The calls are chosen so that
// they are not always those of the same place in a session. WithEvery(1) disturbs
// every call, and takes five times as long as the default.
func WithEvery(n int) Option { return func(o *options) { o.every = max(n, 1) } }

// WithKV runs the application over another KV than the one in memory. Open
// returns an empty KV. Crash returns what is left of old after its process, or
// its machine, has died: it closes or abandons old, and opens the KV again.
//
// Without WithKV both are tried: the death of the process, and that of the
// machine.
func WithKV(open func() (KV, error), crash func(old KV) (KV, error)) Option {
	return func(o *options) { o.open, o.crash = open, crash }
}

// Run is Check for a test: it fails the test by the first difference, and logs
// how many runs there were.
func Run[A any](t testing.TB, app Application[A], opts ...Option) {
	t.Helper()
	e, err := explore(t.Context(), app, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("committertest: %d sessions, %d calls of the KV, %d runs", len(app.Sessions), e.calls, e.runs)
}

// Check tries all that the package's doc names, and returns the first difference
// from the undisturbed run, nil if there is none.
func Check[A any](ctx context.Context, app Application[A], opts ...Option) error {
	_, err := explore(ctx, app, opts)
	return err
}

// Compare holds a process that is loaded against an undisturbed run of as many of
// the application's sessions as it has, and verifies what is stored: for tests that
// kill processes, or do to them what Run does not. It returns how many there are,
// and the first difference. Reset is called, if there is one.
//
// If a session is pending, the error says so: finish or cancel it first.
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

// valid tells what is missing.
func (a *Application[A]) valid() error {
	if a.Open == nil || a.Committer == nil || a.State == nil || len(a.Sessions) == 0 {
		return errors.New("committertest: an Application needs Open, Committer, State and Sessions")
	}
	seen := make(map[string]bool)
	for i, s := range a.Sessions {
		if s.Key == "" || s.Run == nil || seen[s.Key] {
			return fmt.Errorf("committertest: session %d, %q: each needs a Key of its own, and Run", i, s.Key)
		}
		seen[s.Key] = true
	}
	return nil
}

// Rows prints the rows of a store for State, a line for each, in the order of
// the sequence: that of a generated store's All is the same for the same rows.
func Rows[K, V any](name string, all iter.Seq2[K, V]) string {
	var b strings.Builder
	for key, row := range all {
		fmt.Fprintf(&b, "%s %v: %+v\n", name, key, row)
	}
	return b.String()
}
