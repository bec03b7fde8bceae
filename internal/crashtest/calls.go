package crashtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// sessions is how many are committed by AtEveryCall. The policy of the app
// makes some checkpoints on the way.
const sessions = 25

// AtEveryCall crashes at every call of the KV, of sessions of stores, and of
// sessions with an external among them. Open returns a new, empty one,
// and crash what is there after the process, or the machine, has died: old is
// not used any more.
func AtEveryCall(t *testing.T, open func() (KV, error), crash func(old KV) (KV, error)) {
	for _, external := range []bool{false, true} {
		t.Run(fmt.Sprintf("external=%v", external), func(t *testing.T) { atEveryCall(t, external, open, crash) })
	}
}

func atEveryCall(t *testing.T, external bool, open func() (KV, error), crash func(old KV) (KV, error)) {
	for n := 1; ; n++ {
		for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
			store, err := open()
			if err != nil {
				t.Fatal(err)
			}
			var db *database
			if external {
				db = newDatabase()
			}
			acked, over := disturbed(t, store, db, n, when)
			if over {
				t.Logf("%d calls", n)
				return
			}
			// The recovery crashes, too, at a call that moves on with n.
			if store, err = crash(store); err != nil {
				t.Fatal(err)
			}
			_, _ = disturbed(t, store, db, 1+n%13, when)
			if store, err = crash(store); err != nil {
				t.Fatal(err)
			}
			check(t, store, 1, db, acked)
		}
	}
}

// disturbed commits sessions until the n-th call of the KV, which is the last
// one. It returns how many sessions were acknowledged, and whether all were
// before there were so many calls.
func disturbed(t *testing.T, store KV, db *database, n int, when kvtest.When) (acked uint64, over bool) {
	t.Helper()
	ctx := context.Background()
	fault := kvtest.NewFault(store)
	fault.CrashAt(n, when)
	a := newApp(fault.KV(), 1, db)
	err := a.m.Load(ctx)
	for err == nil {
		var next uint64
		if next, err = a.next(); err != nil || next == sessions {
			break
		}
		if _, err = a.run(ctx, next); err == nil {
			acked = next + 1
		}
	}
	switch {
	case err == nil:
		return acked, true
	case !errors.Is(err, kvtest.ErrCrashed) && !errors.Is(err, committer.ErrClosed):
		t.Fatalf("crash %v call %d: %v", when, n, err)
	}
	_ = a.m.Close() // ends a checkpoint in the background, which crashes as well
	return acked, false
}
