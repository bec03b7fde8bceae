package committable

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
)

func TestExternalRefusesWhatBreaksTheContract(t *testing.T) {
	o := newOnTape(t)
	none := func(context.Context) error { return nil }
	commit := func(key string) error {
		_, err := o.External.Commit(ctx, []byte(key))
		return err
	}
	savepoint := func() error {
		_, err := o.Savepoint(ctx)
		return err
	}
	wantIs(t, "Begin without a key", o.Begin(ctx, nil), ErrEmptyKey)
	wantIs(t, "BeginRecovery without a key", o.BeginRecovery(ctx, []byte{}), ErrEmptyKey)
	wantIs(t, "Commit without Begin", commit("a"), ErrNotInSession)
	wantIs(t, "Apply without Begin", o.Apply(ctx, nil, none), ErrNotInSession)
	wantIs(t, "CheckReadable without Begin", o.CheckReadable(), ErrNotInSession)
	wantIs(t, "Savepoint without Begin", savepoint(), ErrNotInSession)
	if err := o.Cancel(ctx); err != nil || len(o.tape.calls) > 0 {
		t.Errorf("Cancel without a session: %v, and the engine was asked to %v", err, o.tape.calls)
	}

	o.must(o.Begin(ctx, []byte("a")))
	wantIs(t, "Begin in a session", o.Begin(ctx, []byte("b")), ErrInSession)
	wantIs(t, "BeginRecovery in a session", o.BeginRecovery(ctx, []byte("a")), ErrInSession)
	wantIs(t, "Commit with another key", commit("b"), ErrIdempotencyKeyMismatch)
	wantIs(t, "Commit without a key", commit(""), ErrIdempotencyKeyMismatch)
	o.must(o.CheckReadable())
	o.finish("a", "x") // all of that has changed nothing
	o.wantLines("x")
	wantIs(t, "Commit again", commit("a"), ErrNotInSession)
	wantIs(t, "Begin of a committed key", o.Begin(ctx, []byte("a")), ErrCommitted)
	o.wantOver()

	plain := NewExternal("plain", newTape())
	o.must(plain.Begin(ctx, []byte("a")))
	_, err := plain.Savepoint(ctx)
	wantIs(t, "Savepoint without any in the engine", err, ErrNoSavepoint)
}

func TestExternalReplayWritesNothing(t *testing.T) {
	o := newOnTape(t)
	o.run("a", "1")
	first := o.run("b", "2", "3")
	o.reopen()

	o.must(o.BeginRecovery(ctx, []byte("b")))
	if !o.Replaying() || o.tape.next != nil {
		t.Errorf("replaying %v, with a transaction %v", o.Replaying(), o.tape.next)
	}
	wantIs(t, "CheckReadable in a replay", o.CheckReadable(), ErrReplaying)
	if id := o.finish("b", "2", "3"); !bytes.Equal(id, first) {
		t.Errorf("the replay has id %x, want %x", id, first)
	}
	o.wantLines("1 2 3")
	o.wantOver()

	// A replay that adds no values succeeds too: committer's Resolve runs no code.
	o.must(o.BeginRecovery(ctx, []byte("b")))
	if id := o.finish("b"); !bytes.Equal(id, first) {
		t.Errorf("the empty replay has id %x, want %x", id, first)
	}
	o.must(o.BeginRecovery(ctx, []byte("b")))
	o.must(o.Cancel(ctx))
	o.wantOver()

	// A key that is not the last one counts as new.
	o.must(o.BeginRecovery(ctx, []byte("c")))
	if o.Replaying() {
		t.Error("a new key is a replay")
	}
	o.finish("c", "4")
	o.wantLines("1 2 3 4")
}

func TestExternalReplayOfOtherValuesIsRefused(t *testing.T) {
	o := newOnTape(t)
	first := o.run("a", "1")
	o.must(o.BeginRecovery(ctx, []byte("a")))
	o.must(o.write("2"))
	_, err := o.External.Commit(ctx, []byte("a"))
	var divergence *DivergenceError
	if !errors.As(err, &divergence) || divergence.Store != "tape" || !bytes.Equal(divergence.Recorded, first) || bytes.Equal(divergence.Replayed, first) {
		t.Errorf("Commit says %v", err)
	}
	o.must(o.Cancel(ctx))
	o.wantLines("1")
}

func TestExternalIDDependsOnValuesAlone(t *testing.T) {
	id := func(key string, values ...string) string { return string(newOnTape(t).run(key, values...)) }
	if got := id("a"); got != "" {
		t.Errorf("a session without values has id %x, want none", got)
	}
	if id("a", "x", "y") != id("b", "x", "y") {
		t.Error("the key is in the id")
	}
	seen := make(map[string][]string)
	for _, values := range [][]string{{"x", "y"}, {"y", "x"}, {"xy"}, {"x", "", "y"}, {"", "xy"}, {""}, {"", ""}} {
		got := id("a", values...)
		if len(got) != sha256.Size || seen[got] != nil {
			t.Errorf("values %q and %q have id %x", seen[got], values, got)
		}
		seen[got] = values
	}
	// Databases store this id, so it must not change.
	want := sha256.Sum256([]byte("gencommittable external session v1\x00" + "\x00\x00\x00\x00\x00\x00\x00\x01x" + "\x00\x00\x00\x00\x00\x00\x00\x00"))
	if got := id("a", "x", ""); got != string(want[:]) {
		t.Errorf("id %x, want %x", got, want)
	}
}

func TestExternalIDFunction(t *testing.T) {
	var o *onTape
	var failing error
	o = newOnTape(t, WithID(func(context.Context) ([]byte, error) {
		return []byte(strings.Join(o.tape.next.lines, "+")), failing
	}))
	if id := o.run("a", "1", "2"); string(id) != "1+2" {
		t.Errorf("id %q", id)
	}
	o.must(o.BeginRecovery(ctx, []byte("a")))
	if id := o.finish("a", "other"); string(id) != "1+2" { // it is not asked, and nothing is compared
		t.Errorf("id %q in a replay", id)
	}
	failing = errTape
	o.must(o.Begin(ctx, []byte("b")))
	_, err := o.External.Commit(ctx, []byte("b"))
	wantIs(t, "Commit without an id", err, errTape)
	o.wantOver()
	o.wantLines("1 2")
}

func TestExternalEngineFails(t *testing.T) {
	for _, test := range []struct {
		method           string
		committedIfLost  bool // if the answer is lost, it has taken effect
		unknownAfterward bool
	}{
		{method: "Begin"},
		{method: "Last"},
		{method: "SetLast"},
		{method: "Commit", committedIfLost: true, unknownAfterward: true},
	} {
		for _, lost := range []bool{false, true} {
			o := newOnTape(t)
			o.run("a", "1")
			if lost {
				o.tape.lost[test.method] = errTape
			} else {
				o.tape.fail[test.method] = errTape
			}
			err := o.Begin(ctx, []byte("b"))
			if err == nil {
				o.must(o.write("2"))
				_, err = o.External.Commit(ctx, []byte("b"))
			}
			wantIs(t, test.method, err, errTape)
			o.wantOver()
			clear(o.tape.fail)
			clear(o.tape.lost)
			if test.unknownAfterward {
				wantIs(t, "Begin of another key", o.Begin(ctx, []byte("c")), ErrUnknownOutcome)
				wantIs(t, "Begin of the same key", o.Begin(ctx, []byte("b")), ErrUnknownOutcome)
				wantIs(t, "BeginRecovery of another key", o.BeginRecovery(ctx, []byte("c")), ErrUnknownOutcome)
			}
			o.must(o.BeginRecovery(ctx, []byte("b")))
			if want := lost && test.committedIfLost; o.Replaying() != want {
				t.Errorf("%s, its answer lost %v: replaying %v, want %v", test.method, lost, o.Replaying(), want)
			}
			o.finish("b", "2")
			o.run("c", "3")
			o.wantLines("1 2 3")
		}
	}
}

func TestExternalRollbackIsRepeated(t *testing.T) {
	o := newOnTape(t)
	o.must(o.Begin(ctx, []byte("a")))
	o.must(o.write("lost"))
	o.tape.fail["Rollback"] = errTape
	wantIs(t, "Cancel", o.Cancel(ctx), errTape)
	wantIs(t, "Begin", o.Begin(ctx, []byte("b")), errTape)
	wantIs(t, "Cancel again", o.Cancel(ctx), errTape)
	clear(o.tape.fail)
	o.run("b", "1")
	o.wantLines("1")
}

func TestExternalFailedApplyCanOnlyBeCancelled(t *testing.T) {
	fails := func(context.Context) error { return errTape }
	for name, apply := range map[string]func(o *onTape) error{
		"error": func(o *onTape) error { return o.Apply(ctx, []byte("2"), fails) },
		"panic": func(o *onTape) (err error) {
			defer func() { err = recover().(error) }()
			return o.Apply(ctx, []byte("2"), func(context.Context) error { panic(errTape) })
		},
		"one inside another": func(o *onTape) error {
			err := o.Apply(ctx, []byte("2"), func(context.Context) error { return o.write("3") })
			wantIs(t, "the inner one", err, ErrBroken)
			return errTape
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOnTape(t)
			o.must(o.Begin(ctx, []byte("a")))
			sp, err := o.Savepoint(ctx)
			o.must(err)
			wantIs(t, "Apply", apply(o), errTape)
			o.must(sp.Rollback(ctx)) // what a replay can't repeat stays so
			wantIs(t, "Apply afterwards", o.write("4"), ErrBroken)
			_, err = o.External.Commit(ctx, []byte("a"))
			wantIs(t, "Commit", err, ErrBroken)
			_, err = o.Savepoint(ctx)
			wantIs(t, "Savepoint", err, ErrBroken)
			o.must(o.Cancel(ctx))
			o.wantLines("")
			o.run("a", "1")
			o.wantLines("1")
		})
	}
}

func TestExternalSavepoints(t *testing.T) {
	code := func(o *onTape) {
		o.t.Helper()
		o.must(o.write("1"))
		outer, err := o.Savepoint(ctx)
		o.must(err)
		o.must(o.write("2"))
		inner, err := o.Savepoint(ctx)
		o.must(err)
		o.must(o.write("3"))
		o.must(outer.Rollback(ctx))
		wantIs(o.t, "Release of one that has ended", inner.Release(ctx), ErrNoSavepoint)
		o.must(o.write("4"))
		o.must(outer.Rollback(ctx)) // it is still there
		o.must(o.write("5"))
		o.must(outer.Release(ctx))
		wantIs(o.t, "Rollback after Release", outer.Rollback(ctx), ErrNoSavepoint)
	}
	o, plain := newOnTape(t), newOnTape(t)
	want := plain.run("a", "1", "5")
	for _, begin := range []func(context.Context, []byte) error{o.Begin, o.BeginRecovery} {
		o.must(begin(ctx, []byte("a")))
		code(o)
		if id := o.finish("a"); !bytes.Equal(id, want) {
			t.Errorf("id %x, want that of what is left, %x", id, want)
		}
		o.wantLines("1 5")
	}
	if n := strings.Count(strings.Join(o.tape.calls, " "), "Savepoint"); n != 2 {
		t.Errorf("the engine made %d savepoints, want 2: none in the replay", n)
	}

	o.must(o.Begin(ctx, []byte("b")))
	sp, err := o.Savepoint(ctx)
	o.must(err)
	o.must(o.write("6"))
	o.must(sp.Rollback(ctx))
	if id := o.finish("b"); len(id) > 0 {
		t.Errorf("id %x of a session of which nothing is left", id)
	}
	wantIs(t, "Rollback after the session", sp.Rollback(ctx), ErrNotInSession)
}

func TestExternalFailedSavepointCanOnlyBeCancelled(t *testing.T) {
	for _, method := range []string{"Savepoint", "RollbackTo", "Release"} {
		o := newOnTape(t)
		o.must(o.Begin(ctx, []byte("a")))
		o.tape.fail[method] = errTape
		sp, err := o.Savepoint(ctx)
		if err == nil && method == "RollbackTo" {
			err = sp.Rollback(ctx)
		} else if err == nil {
			err = sp.Release(ctx)
		}
		wantIs(t, method, err, errTape)
		_, err = o.External.Commit(ctx, []byte("a"))
		wantIs(t, "Commit after a failed "+method, err, ErrBroken)
		o.must(o.Cancel(ctx))
		o.wantOver()
	}
}

func TestExternalCopiesSlices(t *testing.T) {
	o := newOnTape(t)
	key := []byte("a")
	o.must(o.Begin(ctx, key))
	value := []byte("1")
	o.must(o.AddToID(value))
	value[0], key[0] = 'x', 'x'
	id, err := o.External.Commit(ctx, []byte("a"))
	o.must(err)
	want := bytes.Clone(id)
	clear(id)
	o.must(o.BeginRecovery(ctx, []byte("a")))
	if again := o.finish("a", "1"); !bytes.Equal(again, want) {
		t.Errorf("id %x, want %x", again, want)
	}
}

// The engine rolls back even if the context of Commit or Begin is done.
func TestExternalRollsBackAfterItsContextEnded(t *testing.T) {
	tape := newTape()
	e := NewExternal("tape", strict{tape})
	ended, end := context.WithCancel(ctx)
	end()
	if err := e.Begin(ended, []byte("a")); !errors.Is(err, context.Canceled) || tape.next != nil {
		t.Errorf("Begin: %v, transaction %v", err, tape.next)
	}
	if err := e.Begin(ctx, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Commit(ended, []byte("a")); !errors.Is(err, context.Canceled) || tape.next != nil {
		t.Errorf("Commit: %v, transaction %v", err, tape.next)
	}
}
