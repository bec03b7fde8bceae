package committer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// balanced returns a check over both stores: the sum of all balances must be
// zero.
func balanced(w **world) committer.CommitterOpt {
	return committer.WithCheck("balanced", func(ctx context.Context) error {
		if _, ok := committer.SessionFromContext(ctx); !ok {
			return errors.New("the context has no session")
		}
		var sum int64
		for _, s := range []*accountStore{(*w).accounts, (*w).savings} {
			for _, a := range s.All() {
				sum += a.Balance
			}
		}
		if sum != 0 {
			return fmt.Errorf("%w: the sum is %d", errUnbalanced, sum)
		}
		return nil
	})
}

var errUnbalanced = errors.New("unbalanced")

func TestCheckKeepsAnInvariant(t *testing.T) {
	var w *world
	w = newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{balanced(&w)}})
	move := func(by, back int64) error {
		return errors.Join(w.accounts.Put(account{ID: "a", Balance: by}), w.savings.Put(account{ID: "a", Balance: -back}))
	}
	w.must("Begin", w.m.Begin(t.Context(), []byte(older)), nil)
	w.must("Put", move(3, 2), nil)
	calls := w.fault.Calls()
	for range 2 {
		_, err := w.m.Stage(t.Context(), []byte(older))
		wantError(t, "Stage", err, errUnbalanced)
		_, err = w.m.Commit(t.Context(), []byte(older))
		wantError(t, "Commit", err, errUnbalanced)
	}
	if made := w.fault.Log()[calls:]; len(made) > 0 {
		t.Errorf("a session that failed its check made calls of the KV: %v", made)
	}
	// The session is still open and can be corrected.
	w.must("Put", move(3, 3), nil)
	w.commit(older)

	_, ran, err := w.m.Do(t.Context(), []byte(last), func(context.Context) error { return move(1, 2) })
	wantError(t, "Do", err, errUnbalanced)
	if a, _ := w.accounts.Get("a"); !ran || a.Balance != 3 {
		t.Errorf("after the failed Do, which ran: %v, the row is %+v", ran, a)
	}
	if _, _, err := w.m.Do(t.Context(), []byte(last), func(context.Context) error { return move(1, 1) }); err != nil {
		t.Error(err)
	}
}

func TestChecksRunInOrderAndOnce(t *testing.T) {
	var ran []string
	check := func(name string, err error) committer.CommitterOpt {
		return committer.WithCheck(name, func(context.Context) error { ran = append(ran, name); return err })
	}
	w := newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{check("b", nil), check("a", nil)}})
	took := func(want string) {
		t.Helper()
		if got := fmt.Sprint(ran); got != want {
			t.Errorf("checks %s, want %s", got, want)
		}
		ran = nil
	}
	w.begin(current)
	w.stage()
	took("[b a]")
	w.commit(current)
	took("[]")
	w.run(current) // a replay of a session that has passed its checks
	took("[]")
	w.begin(last)
	w.reopen()
	w.run(last) // a session left open has not passed its checks
	took("[b a]")

	w.reopen(check("c", errUnbalanced), check("d", nil))
	w.begin(unused)
	_, err := w.m.Commit(t.Context(), []byte(unused))
	wantError(t, "Commit", err, errUnbalanced)
	took("[b a c]")
}

// Rows that a check writes belong to the session.
func TestCheckMayWrite(t *testing.T) {
	var w *world
	w = newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{
		committer.WithCheck("stamp", func(context.Context) error { return w.accounts.Put(account{ID: "stamp"}) }),
	}})
	w.run(current)
	w.reopen()
	w.load()
	if !w.accounts.Has("stamp") {
		t.Error("the row that the check wrote is lost")
	}
}

// A decided session passed its checks before the decision.
func TestCheckIsNotRunForADecidedSession(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
	w.decide()
	w.reopen(committer.WithCheck("never", func(context.Context) error { return errUnbalanced }))
	w.load()
	w.run(current)
}

func TestSync(t *testing.T) {
	for kind, syncs := range map[kvtest.Methods]int{kvtest.Sync: 1, kvtest.Create: 0} {
		w := newWorld(t, setup{kv: kind})
		wantError(t, "Sync", w.m.Sync(t.Context()), committer.ErrNotLoaded)
		w.load()
		w.begin(current)
		calls := w.fault.Calls()
		w.must("Sync", w.m.Sync(t.Context()), nil)
		if made := w.fault.Calls() - calls; made != syncs {
			t.Errorf("%v: Sync made %d calls, want %d", kind, made, syncs)
		}
		w.commit(current)
		if kind != kvtest.Sync {
			continue
		}
		w.failCall(1, kvtest.Before)
		wantError(t, "Sync", w.m.Sync(t.Context()), committer.ErrClosed, kvtest.ErrInjected)
		wantError(t, "Sync", w.m.Sync(t.Context()), committer.ErrClosed)
		w.check(situation{phase: atClosed, history: []string{current}})
	}
}

func TestCloseSyncs(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.Sync}, older, last)
	w.begin(current)
	w.must("Cancel", w.m.Cancel(t.Context()), nil) // leaves a delete that is not synced
	if w.disk.Pending() == 0 {
		t.Fatal("nothing is left to sync")
	}
	w.must("Close", w.m.Close(), nil)
	if n := w.disk.Pending(); n != 0 {
		t.Errorf("Close has left %d writes unsynced", n)
	}

	w.reopen()
	w.load()
	w.failCall(1, kvtest.Before)
	wantError(t, "Close", w.m.Close(), committer.ErrClosed, kvtest.ErrInjected)
	w.must("a second Close", w.m.Close(), nil)
	w.check(situation{phase: atClosed, history: []string{older, last}})
}

// Commit with an ended context writes nothing and leaves the session open.
func TestCommitWithAnEndedContext(t *testing.T) {
	for name, external := range map[string]bool{"stores": false, "externals": true} {
		t.Run(name, func(t *testing.T) {
			w := loadedWorld(t, setup{kv: kvtest.All, external: external}, older, last)
			w.begin(current)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := w.m.Commit(ctx, []byte(current))
			wantError(t, "Commit", err, context.Canceled)
			w.check(situation{phase: atSession, history: []string{older, last}, key: current, written: true, sealed: true})
		})
	}
}

// When a committable fails in Begin, no session is open afterwards, and the other
// committables are cancelled.
func TestBeginThatFailsInACommittable(t *testing.T) {
	for name, c := range map[string]struct {
		build func(w *world)
		then  situation
	}{
		"a new key":  {func(*world) {}, situation{phase: atLoaded, history: []string{older, last}}},
		"a decided":  {(*world).decide, situation{phase: atDecided, history: []string{older, last}, key: current}},
		"left open":  {func(w *world) { w.begin(current); w.reopen(); w.load() }, situation{phase: atLeftOpen, history: []string{older, last}, key: current}},
		"the last's": {func(*world) {}, situation{phase: atLoaded, history: []string{older, last}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, by := range []string{"Begin", "Do"} {
				w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
				c.build(w)
				w.bank.fault = func(method string, _ when) error {
					if method == "Begin" || method == "BeginRecovery" {
						return errBank
					}
					return nil
				}
				key := current
				if name == "the last's" {
					key, by = last, "Begin"
				}
				err := w.tryBegin(key).err
				if by == "Do" {
					err = w.tryDo(key).err
				}
				wantError(t, by, err, errBank)
				w.bank.fault = nil
				w.check(c.then)
			}
		})
	}
}

// stagePanics is a store whose Stage panics.
type stagePanics struct{ *accountStore }

func (stagePanics) Stage(context.Context, []byte) (id, journal []byte, err error) {
	panic("no stage")
}

// Stores may be staged on other goroutines. A panic there must still reach the
// caller of Do.
func TestPanicInAStoresStageReachesTheCaller(t *testing.T) {
	good, bad := newAccountStore(), newAccountStore()
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{"good": good, "bad": stagePanics{bad}})
	for range 2 { // after the first, no session may be left open
		func() {
			defer func() {
				if got := recover(); got != "no stage" {
					t.Errorf("Do panics with %v, want the panic of the store", got)
				}
			}()
			_, _, err := m.Do(t.Context(), []byte("key"), func(context.Context) error {
				return good.Put(account{ID: "a"})
			})
			t.Errorf("Do returned %v", err)
		}()
	}
	if good.Len() != 0 {
		t.Error("the session was not cancelled")
	}
}
