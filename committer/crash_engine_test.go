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

// The tests of this file share a session between hand-written stores, a
// generated one, an external that committable.New makes, and, with two
// externals, one that is written by hand. Every call of the KV, of the engine
// and of the other external is disturbed.

// engineRemote is an external by committable.NewExternal over a database.
type engineRemote struct {
	*committable.External
	engine *crashtest.Engine
}

// newEngineRemote returns an external over an engine whose calls are disturbed.
// Broken, if not nil, puts a wrapper around it that breaks the contract.
func newEngineRemote(engine *crashtest.Engine, p *committertest.Process, broken func(committable.SavepointEngine) committable.Engine) *engineRemote {
	disturbed := p.Engine(engine)
	if broken != nil {
		disturbed = broken(disturbed.(committable.SavepointEngine))
	}
	return &engineRemote{committable.NewExternal(engine.Name(), disturbed), engine}
}

// Set writes a row.
func (e *engineRemote) Set(name, value string) error {
	return e.Apply(context.Background(), fmt.Appendf(nil, "%q=%q", name, value), func(context.Context) error {
		return e.engine.Set(name, value)
	})
}

// withEngine returns the script with a first external by committable.NewExternal.
func withEngine(s script) script {
	s.engine = true
	return s
}

// engineKV is kinds of KV on which an external can find itself in every place:
// what the KV can do matters to the MultiCommitter, not to its externals.
var engineKV = []kvtest.Methods{kvtest.None, kvtest.Create | kvtest.Sync}

func onEngines(t *testing.T, test func(t *testing.T, remotes int)) {
	for _, c := range externalCounts[1:] {
		t.Run(c.name, func(t *testing.T) { test(t, c.n) })
	}
}

func TestEngineCrashAtEveryCall(t *testing.T) {
	onEngines(t, func(t *testing.T, remotes int) {
		exploreOn(t, engineKV, withEngine(longScript(remotes)), func(e *explorer) error { return e.crashes(e.newDisk(), client{}, 1) })
	})
}

func TestEngineCrashAgainInRecovery(t *testing.T) {
	onEngines(t, func(t *testing.T, remotes int) {
		s := shortScript(remotes)
		if long() {
			s = longScript(remotes)
		}
		exploreOn(t, engineKV, withEngine(s), func(e *explorer) error { return e.crashes(e.newDisk(), client{}, 2) })
	})
}

func TestEngineErrorAtEveryCall(t *testing.T) {
	lengths := []int{1, 3}
	if long() {
		lengths = []int{1, 2, 3, 5}
	}
	onEngines(t, func(t *testing.T, remotes int) {
		exploreOn(t, engineKV, withEngine(longScript(remotes)), func(e *explorer) error {
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

// decide leaves the session decided, with the first externals committed and the
// one after them failed.
func (r *row) decide(committed int) {
	r.Helper()
	r.begin()
	err := r.failing(remoteNames[committed]+".Commit", kvtest.Before, false)
	r.wantError("Commit", err, committer.ErrUndecided)
	r.reopen()
	r.wantState(rowStep)
	r.wantPending(rowKey)
}

// A decided session that cannot be run again, as its code writes something else
// now, is refused by what has committed it, however often it is tried, and
// Resolve ends it: every external keeps what it has.
func TestEngineDecidedSessionThatCannotBeReplayed(t *testing.T) {
	// shortScript writes to the second external only; here the first one is in it.
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
						// Nobody has this session yet, so the stores must refuse.
						if err := r.p.stores[0].Put(account{ID: "other code"}); err != nil {
							r.Fatal(err)
						}
					} else if err := r.p.remotes[0].Set("other", "code"); err != nil {
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
		r.Errorf("external %s, %s: %s", remoteNames[i], when, diff)
	}
}

// The harness finds out an engine that breaks its contract.
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
