package committer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// In the tests of this file, hand-written stores, a generated store, an external
// of committable.NewExternal and, in some, an external written by hand take part
// in the same sessions. Every call of the KV, of the engine and of the other
// external is disturbed.

// engineExternal is an external of committable.NewExternal.
type engineExternal struct {
	*committable.External
	engine *crashtest.Engine
}

// newEngineExternal returns an external over an engine whose calls are disturbed.
// Broken, if not nil, puts a wrapper around it that breaks the contract.
func newEngineExternal(engine *crashtest.Engine, p *committertest.Process, broken func(committable.SavepointEngine) committable.Engine) *engineExternal {
	disturbed := p.Engine(engine)
	if broken != nil {
		disturbed = broken(disturbed.(committable.SavepointEngine))
	}
	return &engineExternal{committable.NewExternal(engine.Name(), disturbed), engine}
}

// Set writes a row.
func (e *engineExternal) Set(name, value string) error {
	return e.Apply(context.Background(), fmt.Appendf(nil, "%q=%q", name, value), func(context.Context) error {
		return e.engine.Set(name, value)
	})
}

// withEngine returns the script with a first external by committable.NewExternal.
func withEngine(s script) script {
	s.engine = true
	return s
}

// engineKV lists kinds of KV that suffice for tests of externals: other optional
// methods make no difference to an external.
var engineKV = []kvtest.Methods{kvtest.None, kvtest.Create | kvtest.Sync}

func onEngines(t *testing.T, test func(t *testing.T, externals int)) {
	for _, c := range externalCounts[1:] {
		t.Run(c.name, func(t *testing.T) { test(t, c.n) })
	}
}

func TestEngineCrashAtEveryCall(t *testing.T) {
	onEngines(t, func(t *testing.T, externals int) {
		exploreOn(t, engineKV, withEngine(longScript(externals)), func(e *explorer) error { return e.crashes(e.newDisk(), client{}, 1) })
	})
}

func TestEngineCrashAgainInRecovery(t *testing.T) {
	onEngines(t, func(t *testing.T, externals int) {
		s := shortScript(externals)
		if long() {
			s = longScript(externals)
		}
		exploreOn(t, engineKV, withEngine(s), func(e *explorer) error { return e.crashes(e.newDisk(), client{}, 2) })
	})
}

func TestEngineErrorAtEveryCall(t *testing.T) {
	lengths := []int{1, 3}
	if long() {
		lengths = []int{1, 2, 3, 5}
	}
	onEngines(t, func(t *testing.T, externals int) {
		exploreOn(t, engineKV, withEngine(longScript(externals)), func(e *explorer) error {
			e.audits = true
			for _, length := range lengths {
				if err := e.errors(length); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// decide leaves the session decided: the first externals have committed, and the
// next one has failed.
func (r *row) decide(committed int) {
	r.Helper()
	r.begin()
	err := r.failing(externalNames[committed]+".Commit", kvtest.Before, false)
	r.wantError("Commit", err, committer.ErrUndecided)
	r.reopen()
	r.wantState(rowStep)
	r.wantPending(rowKey)
}

// A decided session whose code now writes something else cannot be replayed: the
// stores, or an external that has committed it, refuse it every time. Resolve ends
// the session, and every external keeps its state.
func TestEngineDecidedSessionThatCannotBeReplayed(t *testing.T) {
	// shortScript writes to the second external only; this adds the first one.
	s := withEngine(shortScript(2))
	s.steps[rowStep].writes = append(s.steps[rowStep].writes, rowWrite{do: send, store: 0, id: "d", by: 4})
	for _, committed := range []int{0, 1} {
		t.Run(fmt.Sprintf("%d committed", committed), func(t *testing.T) {
			runOnEveryKV(t, s, func(r *row) {
				ctx := r.Context()
				r.decide(committed)
				before := []image{r.disk.dbs[0].Lines(), r.disk.dbs[1].Lines()}
				for range 2 {
					if err := r.p.m.Begin(ctx, []byte(rowKey)); err != nil {
						r.Fatal(err)
					}
					r.code()
					if committed == 0 {
						// No external has committed, so the stores must refuse the replay.
						if err := r.p.stores[0].Put(account{ID: "other code"}); err != nil {
							r.Fatal(err)
						}
					} else if err := r.p.externals[0].Set("other", "code"); err != nil {
						r.Fatal(err)
					}
					_, err := r.p.m.Commit(ctx, []byte(rowKey))
					r.wantError("Commit of other code", err, committer.ErrDivergence)
					if err := r.p.m.Cancel(ctx); err != nil && !errors.Is(err, committer.ErrUndecided) {
						r.Errorf("Cancel: %v", err)
					}
					r.wantError("Begin of another key", r.p.m.Begin(ctx, []byte(detour)), committer.ErrUndecided)
					r.wantDatabases("after other code", before)
				}

				done, err := r.p.m.Resolve(ctx, []byte(rowKey))
				if err != nil {
					r.Fatalf("Resolve: %v", err)
				}
				if committed == 1 {
					r.wantDatabase(0, "after Resolve", before[0])
				}
				uncommitted := image(r.disk.dbs[1].Lines())
				r.reopen()
				last, _, err := r.p.m.Last()
				if err != nil || last.ID != done.ID || string(last.Key) != rowKey {
					r.Errorf("the last session is %v %q (%v), want what was resolved", last.ID, last.Key, err)
				}
				r.wantDatabase(1, "after a restart", uncommitted)
				if got := r.disk.dbs[1].Get("c"); got != "" {
					r.Errorf("an external that had not committed has the value %q", got)
				}
				r.wantPending("")
			})
		})
	}
}

func (r *row) wantDatabases(when string, want []image) {
	r.Helper()
	for i := range want {
		r.wantDatabase(i, when, want[i])
	}
}

func (r *row) wantDatabase(i int, when string, want image) {
	r.Helper()
	if diff := want.difference(r.disk.dbs[i].Lines()); diff != "" {
		r.Errorf("external %s, %s: %s", externalNames[i], when, diff)
	}
}

// The explorer catches engines that break their contract.
func TestEngineMutantsAreFoundOut(t *testing.T) {
	for name, broken := range map[string]func(committable.SavepointEngine) committable.Engine{
		"the key is written outside the transaction": func(e committable.SavepointEngine) committable.Engine { return &lateKey{SavepointEngine: e} },
		"the last key is not known":                  func(e committable.SavepointEngine) committable.Engine { return noLast{e} },
	} {
		t.Run(name, func(t *testing.T) {
			h, err := newHarness(withEngine(shortScript(1)), kvtest.None, byBegin)
			if err != nil {
				t.Fatal(err)
			}
			h.broken.engine = broken
			e := newExplorer(h)
			if err := e.crashes(e.newDisk(), client{}, 1); !isViolation(err) {
				t.Errorf("the explorer says %v, want a violation", err)
			}
		})
	}
}

// lateKey writes the key after Commit, in a transaction of its own.
type lateKey struct {
	committable.SavepointEngine
	key, id []byte
}

func (e *lateKey) SetLast(_ context.Context, key, id []byte) error {
	e.key, e.id = key, id
	return nil
}

func (e *lateKey) Commit(ctx context.Context) error {
	if err := e.SavepointEngine.Commit(ctx); err != nil {
		return err
	}
	if err := e.SavepointEngine.Begin(ctx); err != nil {
		return err
	}
	return errors.Join(e.SavepointEngine.SetLast(ctx, e.key, e.id), e.SavepointEngine.Commit(ctx))
}

// noLast forgets the key of the last transaction.
type noLast struct{ committable.SavepointEngine }

func (e noLast) Last(context.Context) (key, id []byte, err error) { return nil, nil, nil }
