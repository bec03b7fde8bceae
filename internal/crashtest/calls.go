package crashtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// sessions is how many are committed by AtEveryCall. The policy of the app
// makes some checkpoints on the way.
const sessions = 12

// AtEveryCall crashes at every call of the KV, and lets every call fail, of
// sessions of stores, and of sessions with an external among them. Open returns a new, empty one,
// and crash what is there after the process, or the machine, has died: old is
// not used any more.
func AtEveryCall(t *testing.T, open func() (KV, error), crash func(old KV) (KV, error)) {
	for _, external := range []bool{false, true} {
		for _, fails := range []bool{false, true} {
			t.Run(fmt.Sprintf("external=%v,fails=%v", external, fails), func(t *testing.T) {
				atEveryCall(t, external, fails, open, crash)
			})
		}
	}
}

func atEveryCall(t *testing.T, external, fails bool, open func() (KV, error), crash func(old KV) (KV, error)) {
	every := 5 // calls; all of them in the long run
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		every = 1
	}
	for n := 1; ; n += every {
		for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
			store, err := open()
			if err != nil {
				t.Fatal(err)
			}
			var db *database
			if external {
				db = newDatabase()
			}
			acked, over := disturbed(t, store, db, n, when, fails)
			if over {
				t.Logf("%d calls", n)
				return
			}
			// The recovery crashes, too, at a call that moves on with n.
			if store, err = crash(store); err != nil {
				t.Fatal(err)
			}
			_, _ = disturbed(t, store, db, 1+n%13, when, false)
			if store, err = crash(store); err != nil {
				t.Fatal(err)
			}
			check(t, store, 1, db, acked)
		}
	}
}

// disturbed commits sessions until the n-th call of the KV, which is the last
// one; or it lets that call fail, and goes on. It returns how many sessions were
// acknowledged, and whether all were before there were so many calls.
func disturbed(t *testing.T, store KV, db *database, n int, when kvtest.When, fails bool) (acked uint64, over bool) {
	t.Helper()
	ctx := context.Background()
	fault := kvtest.NewFault(store)
	if fails {
		fault.FailAt(n, when)
	} else {
		fault.CrashAt(n, when)
	}
	a := newApp(fault.KV(), 1, db)
	err := a.m.Load(ctx)
	if errors.Is(err, kvtest.ErrInjected) { // once
		err = a.m.Load(ctx)
	}
	for err == nil {
		var next uint64
		if next, err = a.next(); err != nil || next == sessions {
			break
		}
		_, err = a.run(ctx, next)
		if errors.Is(err, kvtest.ErrInjected) && !errors.Is(err, committer.ErrClosed) {
			_, err = a.run(ctx, next) // the same key again
		}
		if err == nil {
			acked = next + 1
		}
	}
	switch {
	case err == nil && fault.Calls() < n:
		return acked, true
	case err != nil && !errors.Is(err, kvtest.ErrCrashed) && !errors.Is(err, committer.ErrClosed):
		t.Fatalf("call %d disturbed (%v, it fails: %v): %v", n, when, fails, err)
	}
	_ = a.m.Close() // ends a checkpoint in the background, which crashes as well
	return acked, false
}
