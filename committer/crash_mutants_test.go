package committer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// TestCrashTestsCatchBrokenProtocols shows that the crash tests fail if the
// protocol does its steps in another order, or draws a wrong conclusion. The
// protocol itself is not changed: a wrapper around the KV, a store or an external
// has the effect of the broken protocol.
func TestCrashTestsCatchBrokenProtocols(t *testing.T) {
	for _, m := range []struct {
		name      string
		broken    mutant
		kv        kvtest.Methods
		externals int
		by        []way // the clients whose runs must catch it; nil: all
		crash     bool  // caught by crashes
		failure   bool  // caught by errors
	}{
		{name: "no Sync before the answer", broken: mutant{kv: skipEverySync}, kv: kvtest.Sync, crash: true, failure: true},
		{name: "no Sync before externals commit", broken: mutant{kv: skipEverySync}, kv: kvtest.Create | kvtest.Sync, externals: 1, crash: true, failure: true},
		{name: "pending deleted before the record", broken: mutant{kv: deletePendingFirst}, kv: kvtest.None, crash: true},
		{name: "pending entry not read", broken: mutant{kv: hideKeys("mc/pending")}, kv: kvtest.Batch, crash: true},
		{name: "outcome not read", broken: mutant{kv: hideKeys("mc/final/")}, kv: kvtest.None, externals: 2, crash: true, failure: true},
		{name: "last record not read", broken: mutant{kv: hideKeys("mc/session/0000000000/00000000000000000001")}, kv: kvtest.None, crash: true, failure: true},
		{name: "publish before the record", broken: mutant{store: publishInStage}, kv: kvtest.None, failure: true},
		{name: "publish before the decision", broken: mutant{store: publishInStage}, kv: kvtest.Create, externals: 1, failure: true},
		{name: "goes on as failed after an unknown outcome", broken: mutant{kv: takeUnknownForFailed}, kv: kvtest.None, by: []way{byCancel}, failure: true},
		{name: "goes on as failed after an unknown outcome, Batch", broken: mutant{kv: takeUnknownForFailed}, kv: kvtest.Batch, by: []way{byCancel}, failure: true},
		{name: "goes on as failed after an unknown decision", broken: mutant{kv: takeUnknownForFailed}, kv: kvtest.None, externals: 1, by: []way{byCancel}, failure: true},
		{name: "goes on as committed after an unknown outcome", broken: mutant{kv: takeUnknownForDone}, kv: kvtest.None, failure: true},
		{name: "goes on as decided after an unknown outcome", broken: mutant{kv: takeUnknownForDone}, kv: kvtest.Create, externals: 1, failure: true},
		{name: "externals before the decision", broken: mutant{kv: commitExternalsFirst, external: commitOnce}, kv: kvtest.None, externals: 1, crash: true},
		{name: "externals before the decision, then an error", broken: mutant{kv: commitExternalsFirst, external: commitOnce}, kv: kvtest.None, externals: 1, by: []way{byCancel, byDo}, failure: true},
		{name: "externals before the decision is synced", broken: mutant{kv: syncAfterExternals, external: commitOnce}, kv: kvtest.Sync, externals: 1, crash: true},
		{name: "external begun again in recovery", broken: mutant{external: forgetful}, kv: kvtest.None, externals: 1, crash: true, failure: true},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			by := m.by
			if by == nil {
				by = ways
			}
			for _, by := range by {
				h, err := newHarness(shortScript(m.externals), m.kv, by)
				if err != nil {
					t.Fatal(err)
				}
				h.broken = m.broken
				if m.crash {
					e := newExplorer(h)
					wantCaught(t, by, e.crashes(e.newDisk(), client{}, 1))
				}
				if m.failure {
					h.audits = true
					wantCaught(t, by, newExplorer(h).errors(1))
				}
			}
		})
	}
}

func wantCaught(t *testing.T, by way, err error) {
	t.Helper()
	if !isViolation(err) {
		t.Errorf("%v: not caught; error: %v", by, err)
		return
	}
	t.Logf("%v: caught: %v", by, err)
}

// hooks is a KV that passes its calls to functions. A nil function calls the
// inner KV.
type hooks struct {
	inner kv.KV
	write func(keys []string, do func() error) error
	get   func(key string, do func() ([]byte, error)) ([]byte, error)
	sync  func(do func() error) error
}

func (h *hooks) on(do func() error, keys ...string) error {
	if h.write == nil || len(keys) == 0 {
		return do()
	}
	return h.write(keys, do)
}

func (h *hooks) Get(ctx context.Context, key []byte) ([]byte, error) {
	do := func() ([]byte, error) { return h.inner.Get(ctx, key) }
	if h.get == nil {
		return do()
	}
	return h.get(string(key), do)
}

func (h *hooks) Set(ctx context.Context, key, value []byte) error {
	return h.on(func() error { return h.inner.Set(ctx, key, value) }, string(key))
}

func (h *hooks) Delete(ctx context.Context, key []byte) error {
	return h.on(func() error { return h.inner.Delete(ctx, key) }, string(key))
}

func (h *hooks) Create(ctx context.Context, key, value []byte) error {
	return h.on(func() error { return kv.Create(ctx, h.inner, key, value) }, string(key))
}

func (h *hooks) Batch(ctx context.Context, ops []kv.Op) error {
	var keys []string
	for _, op := range ops {
		keys = append(keys, string(op.Key))
	}
	return h.on(func() error { return kv.Batch(ctx, h.inner, ops) }, keys...)
}

func (h *hooks) Sync(ctx context.Context) error {
	do := func() error { return kv.Sync(ctx, h.inner) }
	if h.sync == nil {
		return do()
	}
	return h.sync(do)
}

func (h *hooks) MaxValue() int { return kv.MaxValue(h.inner) }

// record reports whether a write includes a record.
func record(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, "mc/session/") })
}

func skipEverySync(inner kv.KV, _ *process) kv.KV {
	return &hooks{inner: inner, sync: func(func() error) error { return nil }}
}

func deletePendingFirst(inner kv.KV, _ *process) kv.KV {
	h := &hooks{inner: inner}
	h.write = func(keys []string, do func() error) error {
		if record(keys) {
			if err := inner.Delete(context.Background(), []byte("mc/pending")); err != nil {
				return err
			}
		}
		return do()
	}
	return h
}

// hideKeys returns a KV in which the keys with a prefix are absent for Get.
func hideKeys(prefix string) func(kv.KV, *process) kv.KV {
	return func(inner kv.KV, _ *process) kv.KV {
		h := &hooks{inner: inner}
		h.get = func(key string, do func() ([]byte, error)) ([]byte, error) {
			value, err := do()
			if err == nil && strings.HasPrefix(key, prefix) {
				return nil, kv.ErrNotFound
			}
			return value, err
		}
		return h
	}
}

// takeUnknownForFailed returns a KV in which a record is absent if its write
// returned an error.
func takeUnknownForFailed(inner kv.KV, _ *process) kv.KV {
	h := &hooks{inner: inner}
	unsure := make(map[string]bool)
	h.write = func(keys []string, do func() error) error {
		err := do()
		if err != nil && record(keys) {
			unsure[keys[0]] = true
		}
		return err
	}
	h.get = func(key string, do func() ([]byte, error)) ([]byte, error) {
		if unsure[key] {
			delete(unsure, key)
			return nil, kv.ErrNotFound
		}
		return do()
	}
	return h
}

// takeUnknownForDone returns a KV in which the write of a record always returns
// nil.
func takeUnknownForDone(inner kv.KV, _ *process) kv.KV {
	h := &hooks{inner: inner}
	h.write = func(keys []string, do func() error) error {
		err := do()
		if record(keys) {
			return nil
		}
		return err
	}
	return h
}

// commitExternalsFirst returns a KV that commits the externals before a record is
// written.
func commitExternalsFirst(inner kv.KV, p *process) kv.KV {
	h := &hooks{inner: inner}
	h.write = func(keys []string, do func() error) error {
		if record(keys) {
			if err := p.commitExternals(); err != nil {
				return err
			}
		}
		return do()
	}
	return h
}

// syncAfterExternals returns a KV that commits the externals between the write of
// a record and its Sync.
func syncAfterExternals(inner kv.KV, p *process) kv.KV {
	h := &hooks{inner: inner}
	h.write = func(keys []string, do func() error) error {
		err := do()
		if err == nil && record(keys) {
			return p.commitExternals()
		}
		return err
	}
	return h
}

// commitExternals commits the open transaction of every external.
func (p *process) commitExternals() error {
	for _, s := range p.externals {
		e := s.(*crashtest.External)
		key, open := e.OpenKey()
		if !open {
			continue
		}
		if _, err := e.Commit(context.Background(), key); err != nil {
			return err
		}
	}
	return nil
}

// onceExternal returns the ids of sessions that commitExternals has committed.
type onceExternal struct{ *crashtest.External }

func commitOnce(e *crashtest.External) committer.Committable { return onceExternal{e} }

func (e onceExternal) Commit(ctx context.Context, key []byte) ([]byte, error) {
	if _, open := e.OpenKey(); !open {
		if id, committed := e.Database().ID(key); committed {
			return id, nil
		}
	}
	return e.External.Commit(ctx, key)
}

// forgetfulExternal breaks MUST 3 of committer.Committable.
type forgetfulExternal struct{ *crashtest.External }

func forgetful(e *crashtest.External) committer.Committable { return forgetfulExternal{e} }

func (e forgetfulExternal) BeginRecovery(ctx context.Context, key []byte) error {
	return e.Begin(ctx, key)
}

// eagerStore publishes its changes in Stage.
type eagerStore struct {
	*accountStore
	staged struct{ id, journal []byte }
}

func publishInStage(s *accountStore) committer.Committable { return &eagerStore{accountStore: s} }

func (s *eagerStore) Stage(ctx context.Context, key []byte) (id, journal []byte, err error) {
	if s.staged.id != nil {
		return s.staged.id, s.staged.journal, nil
	}
	if id, journal, err = s.accountStore.Stage(ctx, key); err != nil {
		return nil, nil, err
	}
	s.staged.id, s.staged.journal = slices.Clone(id), slices.Clone(journal)
	_, err = s.accountStore.Commit(ctx, key)
	return s.staged.id, s.staged.journal, err
}

func (s *eagerStore) Commit(context.Context, []byte) ([]byte, error) {
	id := s.staged.id
	if id == nil {
		return nil, errors.New("eager store: not staged")
	}
	s.staged.id = nil
	return id, nil
}

func (s *eagerStore) Cancel(ctx context.Context) error {
	s.staged.id = nil
	return s.accountStore.Cancel(ctx)
}
