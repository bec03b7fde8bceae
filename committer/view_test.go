package committer_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// seqOf returns the sequence of a store's newest session, or -1 before the first.
func seqOf(s *accountStore) int64 { return seqOfView(s.View()) }

func seqOfView(v *committable.View[string, account]) int64 {
	seq, ok := v.Seq()
	if !ok {
		return -1
	}
	return int64(seq)
}

// Readers open views of two stores while sessions move money from one to the
// other. Each pair of views shows the same commit, also later.
func TestViewsOfSeveralStoresAreOfOneCommit(t *testing.T) {
	const total, sessions, readers = 1000, 100, 2
	w := newWorld(t, setup{kv: kvtest.All})
	set := func(s *accountStore, balance int64, seq uint64) error {
		return s.Put(account{ID: "balance", Balance: balance, Sequence: seq})
	}
	_, _, err := w.m.Do(t.Context(), []byte("first"), func(context.Context) error {
		return errors.Join(set(w.accounts, total, 0), set(w.savings, 0, 0))
	})
	w.must("Do", err, nil)

	type pair struct {
		accounts, savings *committable.View[string, account]
	}
	check := func(p pair, s committer.Session) {
		a, _ := p.accounts.Get("balance")
		b, _ := p.savings.Get("balance")
		if a.Balance+b.Balance != total || a.Sequence != b.Sequence || a.Sequence != s.Seq || seqOfView(p.accounts) != int64(s.Seq) || seqOfView(p.savings) != int64(s.Seq) {
			t.Errorf("at session %d one view has %+v, the other %+v, as of sessions %d and %d", s.Seq, a, b, seqOfView(p.accounts), seqOfView(p.savings))
		}
	}
	var done atomic.Bool
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			var old pair
			var oldSession committer.Session
			for n := 0; !done.Load() || n == 0; n++ {
				var now pair
				var session committer.Session
				err := w.m.View(func(s committer.Session) error {
					now, session = pair{w.accounts.View(), w.savings.View()}, s
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if session.Seq < oldSession.Seq {
					t.Errorf("session %d was seen after session %d", session.Seq, oldSession.Seq)
				}
				check(now, session)
				if n%8 == 0 {
					old, oldSession = now, session
				}
				check(old, oldSession)
			}
		})
	}
	for i := range uint64(sessions) {
		key := []byte{byte(i), 1}
		_, _, err := w.m.Do(t.Context(), key, func(ctx context.Context) error {
			a, _ := w.accounts.Get("balance")
			b, _ := w.savings.Get("balance")
			err := errors.Join(set(w.accounts, a.Balance-1, i+1), set(w.savings, b.Balance+1, i+1))
			if i%3 == 0 { // a change that is rolled back
				wantError(t, "Try", w.m.Try(ctx, func(context.Context) error { _ = set(w.accounts, 0, 0); return errBank }), errBank)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 {
			_, _, err := w.m.Do(t.Context(), []byte("fails"), func(context.Context) error { return errors.Join(set(w.savings, 7, 7), errBank) })
			wantError(t, "Do", err, errBank)
		}
	}
	done.Store(true)
	all.Wait()
}

// Commit publishes nothing until the function passed to View has returned.
func TestNothingIsPublishedDuringView(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older)
	w.begin(last)
	want := runAll(t, false, []string{older}).committed
	committed := make(chan struct{})
	err := w.m.View(func(s committer.Session) error {
		go func() {
			defer close(committed)
			w.commit(last)
		}()
		for range 10_000 { // gives a Commit that does not wait the time to return
			runtime.Gosched()
			select {
			case <-committed:
				t.Fatal("Commit did not wait for View")
			default:
			}
		}
		if got := w.committed(); got != want || string(s.Key) != older {
			t.Errorf("published during the View of %s:\n%s", s.Key, got)
		}
		return errBank
	})
	wantError(t, "View", err, errBank)
	<-committed
	w.checkLoaded([]string{older, last})
}

func TestViewBeforeAnySession(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All})
	fn := func(s committer.Session) error {
		if s.Key != nil || s.Seq != 0 || !s.ID.IsZero() {
			t.Errorf("the session is %v", s)
		}
		return nil
	}
	wantError(t, "View", w.m.View(fn), committer.ErrNotLoaded)
	w.load()
	w.must("View", w.m.View(fn), nil)
	if s, ok, err := w.m.Last(); ok || err != nil || s.Key != nil {
		t.Errorf("Last: %v, %v, %v", s, ok, err)
	}
	if s, ok, err := w.m.Lookup([]byte("a")); ok || err != nil || s.Key != nil {
		t.Errorf("Lookup: %v, %v, %v", s, ok, err)
	}
	w.must("Close", w.m.Close(), nil)
	wantError(t, "View", w.m.View(fn), committer.ErrClosed)
}
