package committer_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// The table of crashes and errors at each step of the two protocols, with the test
// of each row. TestCrashAtEveryCall, TestCrashAgainInRecovery,
// TestErrorAtEveryCall and TestOutageAtEveryCall test the same for every call of a
// script.
//
//	stores only
//	crash before the record                 TestCrashBeforeRecordLeavesOldState,
//	                                        …CanBeReplaced, …CanBeDiscarded
//	crash after the record                  TestCrashAfterRecordLeavesNewState
//	the record's write returned an error    TestCrashTableRecordErrorIsReadBack
//	Sync returned an error                  TestCrashTableSyncErrorCloses
//
//	with externals
//	crash before the decision               TestCrashBeforeDecisionLeavesOldState
//	crash between decision and outcome      TestCrashAfterDecisionAcceptsOnlyItsKey
//	an external's Commit fails              TestCrashTableExternalErrorLeavesDecided
//	the decision's write returned an error  TestCrashTableDecisionErrorIsReadBack
//	the outcome's write returned an error   TestCrashTableOutcomeErrorIsWrittenAgain

// row is one row of the table: one session is committed, and the next one, "move",
// is disturbed.
type row struct {
	*testing.T
	h    *harness
	disk *disk
	p    *process
}

const (
	firstKey = "open"
	rowKey   = "move"
	rowStep  = 2 // of shortScript; before it, "oops" is cancelled
)

// onEveryKV runs a test of a row on every kind of KV.
func onEveryKV(t *testing.T, externals int, test func(r *row)) {
	runOnEveryKV(t, shortScript(externals), test)
}

// runOnEveryKV is onEveryKV for another script with the same keys.
func runOnEveryKV(t *testing.T, s script, test func(r *row)) {
	for _, has := range everyKV {
		t.Run(has.String(), func(t *testing.T) {
			h, err := newHarness(s, has, byBegin)
			if err != nil {
				t.Fatal(err)
			}
			r := &row{T: t, h: h, disk: h.newDisk()}
			r.p = h.start(r.disk, fault{})
			c := client{}
			if err := c.drive(r.p, rowStep); err != nil {
				t.Fatal(err)
			}
			test(r)
		})
	}
}

// begin begins the session and runs its code.
func (r *row) begin() {
	r.Helper()
	if err := r.p.m.Begin(r.Context(), []byte(rowKey)); err != nil {
		r.Fatalf("Begin: %v", err)
	}
	r.code()
}

func (r *row) code() {
	r.Helper()
	if err := r.p.write(r.Context(), r.h.script.steps[rowStep]); err != nil {
		r.Fatal(err)
	}
}

// commit commits the session, which must succeed.
func (r *row) commit() {
	r.Helper()
	id, err := r.p.m.Commit(r.Context(), []byte(rowKey))
	if err != nil {
		r.Fatalf("Commit: %v", err)
	}
	r.wantID(id)
}

func (r *row) wantID(id []byte) {
	r.Helper()
	if want := r.h.want.ids[rowStep]; !bytes.Equal(id, want) {
		r.Errorf("ID %x, want %x", id, want)
	}
}

// failing makes the next call with a method or key prefix fail, and returns the
// error of Commit.
func (r *row) failing(prefix string, when kvtest.When, crash bool) error {
	r.Helper()
	n := r.callOf(prefix)
	if crash {
		r.p.calls.CrashAt(n, when)
	} else {
		r.p.calls.FailAt(n, when)
	}
	_, err := r.p.m.Commit(r.Context(), []byte(rowKey))
	if err == nil {
		r.Fatal("Commit succeeded")
	}
	return err
}

// callOf returns the number of the next call with a method or key prefix. To find
// it, another process commits the session on a copy of the disk.
func (r *row) callOf(what string) int {
	r.Helper()
	twin := &row{T: r.T, h: r.h, disk: r.disk.survivor(r.disk.kv.Pending())}
	twin.p = r.h.start(twin.disk, fault{})
	if err := twin.p.m.Load(r.Context()); err != nil {
		r.Fatal(err)
	}
	twin.begin()
	before := twin.p.calls.Calls()
	twin.commit()
	for _, c := range twin.p.calls.Log()[before:] {
		if c.Method == what || len(c.Keys) > 0 && strings.HasPrefix(c.Keys[0], what) {
			return r.p.calls.Calls() + c.N - before
		}
	}
	r.Fatalf("Commit makes no call %q", what)
	return 0
}

// reopen goes on with another process after the end of this one.
func (r *row) reopen() {
	r.Helper()
	r.disk = r.disk.survivor(r.disk.kv.Pending())
	r.p = r.h.start(r.disk, fault{})
	if err := r.p.m.Load(r.Context()); err != nil {
		r.Fatalf("Load: %v", err)
	}
}

// wantState checks what readers see: the state before a step.
func (r *row) wantState(step int) {
	r.Helper()
	seen, _ := r.p.image()
	if diff := r.h.want.stores[step].difference(seen); diff != "" {
		r.Errorf("stores before step %d: %s", step, diff)
	}
}

func (r *row) wantExternals(step int) {
	r.Helper()
	for i, db := range r.disk.dbs {
		if diff := r.h.want.externals[i][step].difference(image(db.Lines())); diff != "" {
			r.Errorf("external %s before step %d: %s", externalNames[i], step, diff)
		}
	}
}

func (r *row) wantPending(want string) {
	r.Helper()
	if key, _, err := r.p.m.Pending(); string(key) != want || err != nil {
		r.Errorf("Pending is %q, %v, want %q", key, err, want)
	}
}

func (r *row) wantError(what string, err, want error) {
	r.Helper()
	if !errors.Is(err, want) {
		r.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func TestCrashBeforeRecordLeavesOldState(t *testing.T) {
	onEveryKV(t, 0, func(r *row) {
		ctx := r.Context()
		r.begin()
		r.failing("mc/session/", kvtest.Before, true)

		r.reopen()
		r.wantState(rowStep)
		r.wantPending(rowKey)
		s, ran, err := r.p.m.Do(ctx, []byte(firstKey), nil)
		if ran || err != nil || !bytes.Equal(s.ID[:], r.h.want.ids[0]) {
			r.Errorf("Do with a retained key: ran %v, %v, ID %s", ran, err, s.ID)
		}
		r.wantError("Begin of an unknown key", r.p.m.Begin(ctx, []byte(detour)), committer.ErrIdempotencyKeyMismatch)
		_, _, err = r.p.m.Do(ctx, []byte(detour), nil)
		r.wantError("Do with an unknown key", err, committer.ErrIdempotencyKeyMismatch)

		r.begin()
		r.commit()
		r.wantState(rowStep + 1)
		r.wantPending("")
	})
}

func TestCrashBeforeRecordCanBeReplaced(t *testing.T) {
	onEveryKV(t, 0, func(r *row) {
		if err := r.p.m.Begin(r.Context(), []byte("left open")); err != nil {
			r.Fatal(err)
		}
		r.h.opts = []committer.CommitterOpt{committer.WithDiscardPending()}
		r.reopen()
		r.wantPending("left open")
		r.begin()
		r.commit()
		r.reopen()
		r.wantState(rowStep + 1)
		r.wantPending("")
	})
}

func TestCrashBeforeRecordCanBeDiscarded(t *testing.T) {
	onEveryKV(t, 0, func(r *row) {
		r.begin()
		r.failing("mc/session/", kvtest.Before, true)

		r.reopen()
		if err := r.p.m.Cancel(r.Context()); err != nil {
			r.Fatal(err)
		}
		r.wantState(rowStep)
		r.wantPending("")
		r.reopen()
		r.wantPending("")
		r.begin()
		r.commit()
	})
}

func TestCrashAfterRecordLeavesNewState(t *testing.T) {
	onEveryKV(t, 0, func(r *row) {
		r.begin()
		r.failing("mc/session/", kvtest.After, true)

		r.reopen()
		r.wantState(rowStep + 1)
		r.wantPending("")
		if _, err := r.disk.kv.Get(r.Context(), []byte("mc/pending")); !errors.Is(err, kv.ErrNotFound) {
			r.Errorf("the pending entry of a committed session is still there: %v", err)
		}
		s, ran, err := r.p.m.Do(r.Context(), []byte(rowKey), nil)
		if ran || err != nil {
			r.Errorf("Do: ran %v, %v", ran, err)
		}
		r.wantID(s.ID[:])

		r.begin() // a replay
		r.commit()
		r.wantState(rowStep + 1)
	})
}

func TestCrashTableRecordErrorIsReadBack(t *testing.T) {
	onEveryKV(t, 0, func(r *row) {
		r.begin()
		r.failing("mc/session/", kvtest.Before, false)
		r.wantState(rowStep)
		r.commit() // as if the write had not been tried
		r.wantState(rowStep + 1)
	})
	t.Run("there", func(t *testing.T) {
		onEveryKV(t, 0, func(r *row) {
			r.begin()
			r.failing("mc/session/", kvtest.After, false)
			r.wantState(rowStep)
			err := r.p.m.Cancel(r.Context())
			var already *committer.AlreadyCommittedError
			if !errors.As(err, &already) {
				r.Fatalf("Cancel: %v, want an AlreadyCommittedError", err)
			}
			r.wantID(already.Session.ID[:])
			r.wantState(rowStep + 1)
		})
	})
	t.Run("not there", func(t *testing.T) {
		onEveryKV(t, 0, func(r *row) {
			r.begin()
			r.failing("mc/session/", kvtest.Before, false)
			if err := r.p.m.Cancel(r.Context()); err != nil {
				r.Fatal(err)
			}
			r.wantState(rowStep)
			r.wantPending("")
			r.reopen()
			r.wantPending("")
			r.begin()
			r.commit()
		})
	})
}

func TestCrashTableSyncErrorCloses(t *testing.T) {
	onEveryKV(t, 0, func(r *row) {
		if !r.h.kv.Has(kvtest.Sync) {
			return
		}
		r.begin()
		err := r.failing("Sync", kvtest.Before, false)
		r.wantError("Commit", err, committer.ErrClosed)
		r.wantError("Cancel", r.p.m.Cancel(r.Context()), committer.ErrClosed)
		for k := range r.disk.kv.Pending() + 1 {
			after := &row{T: r.T, h: r.h, disk: r.disk.survivor(k)}
			after.reopen()
			c := client{next: rowStep}
			if err := c.checkLoaded(after.p); err != nil {
				r.Errorf("%d writes are left: %v", k, err)
			}
			if err := after.p.m.Cancel(r.Context()); err != nil {
				r.Errorf("%d writes are left: Cancel of what was open: %v", k, err)
			}
			after.begin()
			after.commit()
			after.wantState(rowStep + 1)
		}
	})
}

func TestCrashBeforeDecisionLeavesOldState(t *testing.T) {
	onEveryKV(t, 2, func(r *row) {
		r.begin()
		r.failing("mc/session/", kvtest.Before, true)

		r.reopen()
		r.wantState(rowStep)
		r.wantExternals(rowStep)
		r.wantPending(rowKey)
		if err := r.p.m.Cancel(r.Context()); err != nil {
			r.Fatal(err)
		}
		r.begin()
		r.commit()
		r.wantState(rowStep + 1)
		r.wantExternals(rowStep + 1)
	})
}

// wantOnlyItsKey checks that a decided session accepts only its own key.
func (r *row) wantOnlyItsKey() {
	r.Helper()
	ctx := r.Context()
	r.wantState(rowStep)
	r.wantPending(rowKey)
	r.wantError("Cancel", r.p.m.Cancel(ctx), committer.ErrUndecided)
	r.wantError("Begin of another key", r.p.m.Begin(ctx, []byte(detour)), committer.ErrUndecided)
	r.wantError("Begin of another key", r.p.m.Begin(ctx, []byte(detour)), committer.ErrIdempotencyKeyMismatch)

	// A replay with other changes is refused before an external commits.
	before := []image{r.disk.dbs[0].Lines(), r.disk.dbs[1].Lines()}
	if err := r.p.m.Begin(ctx, []byte(rowKey)); err != nil {
		r.Fatal(err)
	}
	if err := r.p.stores[0].Put(account{ID: "other code"}); err != nil {
		r.Fatal(err)
	}
	_, err := r.p.m.Commit(ctx, []byte(rowKey))
	r.wantError("Commit of other changes", err, committer.ErrDivergence)
	if err := r.p.m.Cancel(ctx); err != nil {
		r.Errorf("Cancel of the replay: %v", err)
	}
	for i, db := range r.disk.dbs {
		if diff := before[i].difference(image(db.Lines())); diff != "" {
			r.Errorf("a diverging replay changed external %s: %s", externalNames[i], diff)
		}
	}
	r.wantPending(rowKey)
}

// finishDecided finishes a decided session and checks the state, in this process
// and in the next.
func (r *row) finishDecided() {
	r.Helper()
	r.begin()
	r.commit()
	for range 2 {
		r.wantState(rowStep + 1)
		r.wantExternals(rowStep + 1)
		r.wantPending("")
		r.reopen()
	}
}

func TestCrashAfterDecisionAcceptsOnlyItsKey(t *testing.T) {
	for _, where := range []struct {
		name      string
		key       string
		when      kvtest.When
		committed int // externals that have committed by then
	}{
		{"before the externals", "mc/session/", kvtest.After, 0},
		{"after the externals", "mc/final/", kvtest.Before, 2},
	} {
		t.Run(where.name, func(t *testing.T) {
			onEveryKV(t, 2, func(r *row) {
				r.begin()
				r.failing(where.key, where.when, true)
				r.reopen()
				if where.committed == 0 {
					r.wantExternals(rowStep)
				} else {
					r.wantExternals(rowStep + 1)
				}
				r.wantOnlyItsKey()
				r.finishDecided()
			})
		})
	}
}

func TestCrashTableExternalErrorLeavesDecided(t *testing.T) {
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		t.Run(when.String(), func(t *testing.T) {
			onEveryKV(t, 2, func(r *row) {
				r.begin()
				err := r.failing(externalNames[1]+".Commit", when, false)
				r.wantError("Commit", err, committer.ErrUndecided)
				r.wantOnlyItsKey()
				r.finishDecided()
			})
		})
	}
}

func TestCrashTableDecisionErrorIsReadBack(t *testing.T) {
	t.Run("there", func(t *testing.T) {
		onEveryKV(t, 2, func(r *row) {
			r.begin()
			r.failing("mc/session/", kvtest.After, false)
			r.wantExternals(rowStep)
			r.wantError("Cancel", r.p.m.Cancel(r.Context()), committer.ErrUndecided)
			r.wantExternals(rowStep)
			r.wantOnlyItsKey()
			r.finishDecided()
		})
	})
	t.Run("not there", func(t *testing.T) {
		onEveryKV(t, 2, func(r *row) {
			r.begin()
			r.failing("mc/session/", kvtest.Before, false)
			if err := r.p.m.Cancel(r.Context()); err != nil {
				r.Fatal(err)
			}
			r.wantState(rowStep)
			r.wantExternals(rowStep)
			r.wantPending("")
			r.finishDecided()
		})
	})
}

func TestCrashTableOutcomeErrorIsWrittenAgain(t *testing.T) {
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		t.Run(when.String(), func(t *testing.T) {
			onEveryKV(t, 2, func(r *row) {
				r.begin()
				r.failing("mc/final/", when, false)
				r.wantState(rowStep)
				err := r.p.m.Cancel(context.Background())
				var already *committer.AlreadyCommittedError
				if !errors.As(err, &already) {
					r.Fatalf("Cancel: %v, want an AlreadyCommittedError", err)
				}
				r.wantID(already.Session.ID[:])
				for range 2 {
					r.wantState(rowStep + 1)
					r.wantExternals(rowStep + 1)
					r.reopen()
				}
			})
		})
	}
}
