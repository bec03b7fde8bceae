package committer_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// loadedWorld returns a world that has committed these sessions.
func loadedWorld(t testing.TB, s setup, keys ...string) *world {
	w := newWorld(t, s)
	w.load()
	for _, key := range keys {
		w.run(key)
	}
	return w
}

func TestDoRunsOnceAndAnswersAfterwards(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All})
	first, ran, err := w.do(t.Context(), older)
	if err != nil || !ran {
		t.Fatalf("the first Do: ran %v, %v", ran, err)
	}
	w.run(last)
	for range 2 {
		again, ran, err := w.do(t.Context(), older)
		if err != nil || ran || again.ID != first.ID || again.Seq != 0 {
			t.Errorf("a later Do: %v, ran %v, %v, want %v", again, ran, err, first)
		}
		w.reopen() // the answer survives a restart
	}
	w.load()
	w.checkLoaded([]string{older, last})
}

func TestDoCancelsOnErrorOfFn(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	_, ran, err := w.m.Do(t.Context(), []byte(current), func(context.Context) error {
		return errors.Join(w.write(current), errBank)
	})
	wantError(t, "Do", err, errBank)
	if !ran {
		t.Error("Do returned ran = false")
	}
	w.check(situation{phase: atLoaded, history: []string{older, last}})
}

// A panic or Goexit in the session's code, or in a check, cancels the session and
// propagates to the caller of Do.
func TestDoPanicCancelsAndGoesOn(t *testing.T)  { testDoEndedBy(t, func() { panic(errBank) }, errBank) }
func TestDoGoexitCancelsAndGoesOn(t *testing.T) { testDoEndedBy(t, runtime.Goexit, nil) }
func TestDoPanicInCheckCancels(t *testing.T) {
	testDoEndedInCheck(t, func() { panic(errBank) }, errBank)
}
func TestDoGoexitInCheckCancels(t *testing.T)   { testDoEndedInCheck(t, runtime.Goexit, nil) }
func TestDoPanicWithStringKeepsIt(t *testing.T) { testDoEndedBy(t, func() { panic("text") }, "text") }

func TestDoPanicInCheckKeepsValue(t *testing.T) {
	testDoEndedInCheck(t, func() { panic("text") }, "text")
}

func testDoEndedBy(t *testing.T, end func(), recovered any) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	w.endedDo(recovered, func(context.Context) error {
		if err := w.write(current); err != nil {
			return err
		}
		end()
		return nil
	})
	w.check(situation{phase: atLoaded, history: []string{older, last}})
}

func testDoEndedInCheck(t *testing.T, end func(), recovered any) {
	armed := false
	w := loadedWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{
		committer.WithCheck("ends", func(context.Context) error {
			if armed {
				armed = false
				end()
			}
			return nil
		}),
	}}, older, last)
	w.endedDo(recovered, func(context.Context) error { armed = true; return w.write(current) })
	w.check(situation{phase: atLoaded, history: []string{older, last}})
}

// endedDo calls Do on a new goroutine. Do must end that goroutine by a panic with
// the value recovered, or by Goexit if recovered is nil.
func (w *world) endedDo(recovered any, fn func(context.Context) error) {
	w.t.Helper()
	returned, got := false, any(nil)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer func() { got = recover() }()
		_, _, _ = w.m.Do(w.t.Context(), []byte(current), fn)
		returned = true
	}()
	wg.Wait()
	if returned || got != recovered {
		w.t.Errorf("Do returned: %v, panicked with %v, want %v", returned, got, recovered)
	}
}

// When a committable panics in Begin, no session is open afterwards, and the next
// caller gets its turn.
func TestPanicInACommittablesBeginLeavesNoSession(t *testing.T) {
	for name, begin := range map[string]func(w *world){
		"Begin": func(w *world) { _ = w.m.Begin(w.t.Context(), []byte(current)) },
		"Do":    func(w *world) { _, _, _ = w.do(w.t.Context(), current) },
	} {
		t.Run(name, func(t *testing.T) {
			w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
			w.bank.fault = func(method string, _ when) error {
				if method == "Begin" {
					panic(errBank)
				}
				return nil
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic did not reach the caller")
					}
				}()
				begin(w)
			}()
			w.bank.fault = nil
			if err := w.m.Begin(t.Context(), []byte(current)); err != nil {
				t.Fatalf("the next Begin: %v", err)
			}
			w.must("write", w.write(current), nil)
			w.commit(current)
			w.checkLoaded([]string{older, last, current})
		})
	}
}

func TestDoWaitsItsTurn(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"Commit": func(w *world) { w.commit(current) },
		"Cancel": func(w *world) { w.must("Cancel", w.m.Cancel(w.t.Context()), nil) },
		"Close by a failed Sync": func(w *world) {
			w.failCall(2, kvtest.Before)
			_, err := w.m.Commit(w.t.Context(), []byte(current))
			w.must("Commit", err, committer.ErrClosed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
				w.begin(current)
				done := make(chan error, 1)
				go func() {
					_, _, err := w.do(t.Context(), unused)
					done <- err
				}()
				synctest.Wait()
				select {
				case err := <-done:
					t.Fatalf("Do did not wait: %v", err)
				default:
				}
				end(w)
				if err := <-done; name == "Close by a failed Sync" {
					wantError(t, "Do", err, committer.ErrClosed)
				} else if err != nil {
					t.Errorf("Do after the session has ended: %v", err)
				}
			})
		})
	}
}

func TestDoWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
		w.begin(current)
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() {
			_, ran, err := w.do(ctx, unused)
			if ran {
				t.Error("it ran")
			}
			done <- err
		}()
		synctest.Wait()
		cancel(errBank)
		wantError(t, "Do", <-done, context.Canceled)
		w.check(situation{phase: atSession, history: []string{older, last}, key: current, written: true})
	})
}

func TestDoOfOneKeyRunsOnce(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older)
	var runs atomic.Int32
	sessions := make([]committer.Session, 50)
	var wg sync.WaitGroup
	for i := range sessions {
		wg.Go(func() {
			s, ran, err := w.do(t.Context(), current)
			if err != nil {
				t.Error(err)
			}
			if ran {
				runs.Add(1)
			}
			sessions[i] = s
		})
	}
	wg.Wait()
	if n := runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
	for _, s := range sessions {
		if s.Seq != 1 || string(s.Key) != current || s.ID != sessions[0].ID || s.ID.IsZero() {
			t.Errorf("one call got %v, another %v", s, sessions[0])
		}
	}
	w.checkLoaded([]string{older, current})
}

func TestDoOfManyKeysRunsAll(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All})
	const n = 60
	var wg sync.WaitGroup
	for i := range n {
		for range 2 { // each key twice
			wg.Go(func() {
				if _, _, err := w.do(t.Context(), fmt.Sprint("key-", i)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for range 2 {
		if counter, _ := w.accounts.Get("counter"); counter.Balance != n {
			t.Errorf("%d sessions ran, want %d", counter.Balance, n)
		}
		seen := make(map[uint64]bool)
		for i := range n {
			s, ok, err := w.m.Lookup(fmt.Append(nil, "key-", i))
			if !ok || err != nil || seen[s.Seq] {
				t.Errorf("key-%d: %v, %v, %v", i, s, ok, err)
			}
			seen[s.Seq] = true
		}
		w.reopen()
		w.load()
	}
}

func TestDoInsideDoIsRefused(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	other := loadedWorld(t, setup{kv: kvtest.All})
	_, _, err := w.m.Do(t.Context(), []byte(current), func(ctx context.Context) error {
		_, ran, err := w.do(ctx, unused)
		wantError(t, "Do in its own session", err, committer.ErrInSession)
		if ran {
			t.Error("Do ran in its own session")
		}
		if _, _, err := other.do(ctx, unused); err != nil {
			t.Errorf("Do of another MultiCommitter: %v", err)
		}
		return w.write(current)
	})
	w.must("Do", err, nil)
	w.checkLoaded([]string{older, last, current})
}

// Do accepts the context of an earlier session.
func TestDoWithTheContextOfAnEarlierSession(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All})
	var earlier context.Context
	_, _, err := w.m.Do(t.Context(), []byte(older), func(ctx context.Context) error { earlier = ctx; return w.write(older) })
	w.must("Do", err, nil)
	if _, _, err := w.do(earlier, last); err != nil {
		t.Error(err)
	}
	w.checkLoaded([]string{older, last})
}

func TestDoAfterAnUnknownOutcome(t *testing.T) {
	two, three := []string{older, last}, []string{older, last, current}
	for name, c := range map[string]struct {
		when kvtest.When
		deaf bool // reading the write back fails, too
		then situation
	}{
		"there":           {when: kvtest.After, then: situation{phase: atLoaded, history: three}},
		"lost":            {when: kvtest.Before, then: situation{phase: atLoaded, history: two}},
		"there, but deaf": {when: kvtest.After, deaf: true, then: situation{phase: atLoaded, history: three}},
		"lost, and deaf":  {when: kvtest.Before, deaf: true, then: situation{phase: atLoaded, history: two}},
	} {
		t.Run(name, func(t *testing.T) {
			w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
			s, ran, err := w.m.Do(t.Context(), []byte(current), func(context.Context) error {
				w.failCall(1, c.when)
				if c.deaf {
					w.failCall(2, kvtest.Before)
				}
				return w.write(current)
			})
			if !ran {
				t.Error("Do did not run")
			}
			if c.when == kvtest.After && !c.deaf {
				if err != nil || string(s.Key) != current || s.Seq != 2 {
					t.Errorf("Do: %v, %v, want session 2", s, err)
				}
			} else {
				wantError(t, "Do", err, kvtest.ErrInjected)
			}

			// The next Do returns the committed session, or runs it.
			s, ran, err = w.do(t.Context(), current)
			if err != nil || s.Seq != 2 || ran == (c.when == kvtest.After) {
				t.Errorf("the next Do: %v, ran %v, %v", s, ran, err)
			}
			w.checkLoaded(three)
		})
	}
}

func TestDiscardPendingNeverDiscardsADecidedSession(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true, opts: []committer.CommitterOpt{committer.WithDiscardPending()}}, older, last)
	w.decide()
	_, ran, err := w.do(t.Context(), unused)
	wantError(t, "Do", err, committer.ErrUndecided, committer.ErrIdempotencyKeyMismatch)
	if ran {
		t.Error("Do ran")
	}
	w.check(situation{phase: atDecided, history: []string{older, last}, key: current})
}

func TestMonotonicKeys(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{committer.WithMonotonicKeys(), committer.WithHistory(1)}})
	for _, key := range []string{"10", "20", "30"} {
		if _, ran, err := w.do(t.Context(), key); err != nil || !ran {
			t.Fatalf("Do(%s): ran %v, %v", key, ran, err)
		}
	}
	check := func() {
		t.Helper()
		for _, key := range []string{"00", "1", "10", "15", "20", "2999"} {
			_, ran, err := w.do(t.Context(), key)
			wantError(t, "Do "+key, err, committer.ErrAlreadyCommitted)
			if ran {
				t.Errorf("Do(%s) ran", key)
			}
			wantError(t, "Begin "+key, w.m.Begin(t.Context(), []byte(key)), committer.ErrAlreadyCommitted)
		}
		if s, ran, err := w.do(t.Context(), "30"); err != nil || ran || s.Seq != 2 {
			t.Errorf("Do of the last key: %v, ran %v, %v", s, ran, err)
		}
	}
	check()
	w.reopen()
	w.load()
	check()
	for _, key := range []string{"300", "31", "4"} {
		if _, ran, err := w.do(t.Context(), key); err != nil || !ran {
			t.Errorf("Do(%s): ran %v, %v", key, ran, err)
		}
	}
}

func TestHistoryForgetsTheOldest(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{committer.WithHistory(3)}})
	w.load()
	for i := range 5 {
		w.run(fmt.Sprint("key-", i))
	}
	check := func(retained ...bool) {
		t.Helper()
		for i, want := range retained {
			if _, ok, err := w.m.Lookup(fmt.Append(nil, "key-", i)); ok != want || err != nil {
				t.Errorf("key-%d is retained: %v, %v, want %v", i, ok, err, want)
			}
		}
	}
	check(false, false, true, true, true)

	// Without the option, the number stays. The option changes it.
	w.setup.opts = nil
	w.reopen()
	w.load()
	check(false, false, true, true, true)
	w.reopen(committer.WithHistory(4))
	w.load()
	check(false, true, true, true, true)
	w.reopen(committer.WithHistory(0)) // the minimum is 1
	w.load()
	check(false, false, false, false, true)
	w.reopen()
	w.load()
	check(false, false, false, false, true)

	// A forgotten key can be used again. Lookup then finds the newer session.
	if s, ran, err := w.do(t.Context(), "key-0"); err != nil || !ran || s.Seq != 5 {
		t.Errorf("Do of a forgotten key: %v, ran %v, %v", s, ran, err)
	}
	check(true, false, false, false, false)
}

// Lookup finds a key that was forgotten and used again while its newer session is
// retained.
func TestHistoryKnowsAKeyByItsNewestSession(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{committer.WithHistory(2)}})
	w.load()
	for _, key := range []string{"a", "b", "c", "a", "d"} {
		w.run(key)
	}
	for range 2 {
		if s, ok, _ := w.m.Lookup([]byte("a")); !ok || s.Seq != 3 {
			t.Errorf("Lookup(a): %v, %v, want session 3", s, ok)
		}
		w.reopen(committer.WithHistory(4)) // both sessions with this key are retained
		w.load()
	}
}

func TestSessionFromContext(t *testing.T) {
	if s, ok := committer.SessionFromContext(t.Context()); ok {
		t.Errorf("a context without a session has session %v", s)
	}
	var calls []string
	outside := &spy{inside: func(method string, ctx context.Context) {
		s, ok := committer.SessionFromContext(ctx)
		calls = append(calls, fmt.Sprint(method, " ", s.Seq, string(s.Key), ok))
	}}
	accounts := newAccountStore()
	m := committer.NewCommitter(memkv.New(), members("outside", outside, "accounts", accounts))
	for i := range uint64(3) {
		key := fmt.Sprint("key-", i)
		_, _, err := m.Do(t.Context(), []byte(key), func(ctx context.Context) error {
			s, ok := committer.SessionFromContext(ctx)
			if !ok || s.Seq != i || string(s.Key) != key || !s.ID.IsZero() || s.Parts != nil {
				t.Errorf("in session %d: %v, %v", i, s, ok)
			}
			s.Key[0] = '!'
			return accounts.Put(account{ID: key})
		})
		if err != nil {
			t.Fatal(err)
		}
		if seq := seqOf(accounts); seq != int64(i) {
			t.Errorf("the store's view is at session %d, want %d", seq, i)
		}
	}
	want := "Begin 0key-0true Commit 0key-0true Begin 1key-1true Commit 1key-1true Begin 2key-2true Commit 2key-2true"
	if got := strings.Join(calls, " "); got != want {
		t.Errorf("calls of the external: %s, want %s", got, want)
	}
}

// Sequences have no gaps. A cancelled session uses up no sequence.
func TestSequencesHaveNoGaps(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older)
	_, _, err := w.m.Do(t.Context(), []byte(unused), func(context.Context) error { return errBank })
	wantError(t, "Do", err, errBank)
	w.begin(current)
	w.reopen()
	for i, key := range []string{current, last} {
		s, _, err := w.do(t.Context(), key)
		if err != nil || s.Seq != uint64(1+i) {
			t.Errorf("Do(%s): %v, %v, want session %d", key, s, err, 1+i)
		}
		if a, b := seqOf(w.accounts), seqOf(w.savings); a != int64(s.Seq) || b != int64(s.Seq) {
			t.Errorf("the stores' views are at sessions %d and %d, want %d", a, b, s.Seq)
		}
	}
}
