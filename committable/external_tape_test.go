package committable

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// tape is an engine over a list of lines. It records its calls, and fails on demand.
type tape struct {
	lines         []string // committed
	lastKey, last []byte
	next          *tape // the open transaction

	calls []string
	fail  map[string]error // by method, before it takes effect
	lost  map[string]error // by method, after it took effect
}

var errTape = errors.New("tape: torn")

func newTape() *tape {
	return &tape{fail: make(map[string]error), lost: make(map[string]error)}
}

func (t *tape) call(method string, do func() error) error {
	t.calls = append(t.calls, method)
	if err := t.fail[method]; err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return t.lost[method]
}

func (t *tape) Begin(context.Context) error {
	return t.call("Begin", func() error {
		if t.next != nil {
			return errors.New("tape: a transaction is open")
		}
		t.next = &tape{lines: slices.Clone(t.lines), lastKey: t.lastKey, last: t.last}
		return nil
	})
}

func (t *tape) Last(context.Context) (key, id []byte, err error) {
	err = t.call("Last", func() error {
		key, id = t.next.lastKey, t.next.last
		return nil
	})
	return key, id, err
}

func (t *tape) SetLast(_ context.Context, key, id []byte) error {
	return t.call("SetLast", func() error {
		t.next.lastKey, t.next.last = key, id
		return nil
	})
}

func (t *tape) Commit(context.Context) error {
	return t.call("Commit", func() error {
		t.lines, t.lastKey, t.last = t.next.lines, t.next.lastKey, t.next.last
		t.next = nil
		return nil
	})
}

func (t *tape) Rollback(context.Context) error {
	return t.call("Rollback", func() error {
		t.next = nil
		return nil
	})
}

// savingTape is a tape with savepoints.
type savingTape struct{ *tape }

func (t savingTape) Savepoint(context.Context) (Savepoint, error) {
	sp := &tapeSavepoint{t.tape, nil}
	return sp, t.call("Savepoint", func() error {
		sp.lines = slices.Clone(t.next.lines)
		return nil
	})
}

type tapeSavepoint struct {
	t     *tape
	lines []string
}

func (sp *tapeSavepoint) Rollback(context.Context) error {
	return sp.t.call("RollbackTo", func() error {
		sp.t.next.lines = slices.Clone(sp.lines)
		return nil
	})
}

func (sp *tapeSavepoint) Release(context.Context) error {
	return sp.t.call("Release", func() error { return nil })
}

// onTape is an external over a tape.
type onTape struct {
	*External
	t    *testing.T
	tape *tape
}

func newOnTape(t *testing.T, opts ...ExternalOption) *onTape {
	tape := newTape()
	return &onTape{NewExternal("tape", savingTape{tape}, opts...), t, tape}
}

// reopen replaces the external, as a new process does.
func (o *onTape) reopen() {
	o.tape.next = nil
	o.External = NewExternal("tape", savingTape{o.tape})
}

func (o *onTape) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *onTape) write(line string) error {
	return o.Apply(ctx, []byte(line), func(context.Context) error {
		o.tape.next.lines = append(o.tape.next.lines, line)
		return nil
	})
}

// run commits a session that writes the given lines.
func (o *onTape) run(key string, lines ...string) []byte {
	o.t.Helper()
	o.must(o.Begin(ctx, []byte(key)))
	return o.finish(key, lines...)
}

func (o *onTape) finish(key string, lines ...string) []byte {
	o.t.Helper()
	for _, line := range lines {
		o.must(o.write(line))
	}
	id, err := o.External.Commit(ctx, []byte(key))
	o.must(err)
	return id
}

func (o *onTape) wantLines(want string) {
	o.t.Helper()
	if got := strings.Join(o.tape.lines, " "); got != want {
		o.t.Errorf("the tape has %q, want %q", got, want)
	}
}

// wantOver checks that neither the external nor the engine has an open session.
func (o *onTape) wantOver() {
	o.t.Helper()
	if o.tape.next != nil {
		o.t.Error("a transaction is open in the engine")
	}
	if err := o.AddToID(nil); !errors.Is(err, ErrNotInSession) {
		o.t.Errorf("Register after the session: %v", err)
	}
}

func wantIs(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want one that wraps %q", what, err, want)
	}
}

// strict is a tape whose Last, SetLast and Rollback fail if the context is done.
type strict struct{ *tape }

func (s strict) Last(ctx context.Context) (key, id []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	return s.tape.Last(ctx)
}

func (s strict) SetLast(ctx context.Context, key, id []byte) error {
	return errors.Join(ctx.Err(), s.tape.SetLast(ctx, key, id))
}

func (s strict) Rollback(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.tape.Rollback(ctx)
}
