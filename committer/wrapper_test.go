package committer_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/boltkv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// These tests wrap KVs in the ways that users do.

// counting counts the calls of a KV's three methods. Unwrap gives access to the
// optional methods of the inner KV.
type counting struct {
	kv.KV
	calls *atomic.Int64
}

func newCounting(inner kv.KV) counting { return counting{inner, new(atomic.Int64)} }

func (c counting) Unwrap() kv.KV { return c.KV }

func (c counting) Get(ctx context.Context, key []byte) ([]byte, error) {
	c.calls.Add(1)
	return c.KV.Get(ctx, key)
}

func (c counting) Set(ctx context.Context, key, value []byte) error {
	c.calls.Add(1)
	return c.KV.Set(ctx, key, value)
}

func (c counting) Delete(ctx context.Context, key []byte) error {
	c.calls.Add(1)
	return c.KV.Delete(ctx, key)
}

// intercepting also has every optional method, whether the inner KV has it or not.
type intercepting struct{ counting }

func (i intercepting) Batch(ctx context.Context, ops []kv.Op) error {
	return kv.Batch(ctx, i.KV, ops)
}

func (i intercepting) Create(ctx context.Context, key, value []byte) error {
	return kv.Create(ctx, i.KV, key, value)
}

func (i intercepting) Sync(ctx context.Context) error { return kv.Sync(ctx, i.KV) }

func (i intercepting) MaxValue() int { return kv.MaxValue(i.KV) }

// wrappers lists the ways to wrap a KV that keep its optional methods.
var wrappers = map[string]func(kv.KV) kv.KV{
	"with Unwrap":          func(inner kv.KV) kv.KV { return newCounting(inner) },
	"twice":                func(inner kv.KV) kv.KV { return newCounting(newCounting(inner)) },
	"intercepts all":       func(inner kv.KV) kv.KV { return intercepting{newCounting(inner)} },
	"twice, intercepts":    func(inner kv.KV) kv.KV { return newCounting(intercepting{newCounting(inner)}) },
	"without Unwrap":       func(inner kv.KV) kv.KV { return sealed{intercepting{newCounting(inner)}} },
	"none, for comparison": func(inner kv.KV) kv.KV { return inner },
}

// sealed intercepts every method and cannot be unwrapped.
type sealed struct{ intercepting }

func (sealed) Unwrap() {}

func TestWrapperKeepsFencing(t *testing.T) {
	for name, wrap := range wrappers {
		store := memkv.New()
		old := takeOver(t, wrap(store), nil)
		old.commits("one")
		takeOver(t, wrap(store), nil).commits("two")
		wantError(t, name+": Do of the old writer", old.do("late"), committer.ErrFenced)
	}
}

func TestWrapperKeepsSync(t *testing.T) {
	for name, wrap := range wrappers {
		disk := kvtest.NewUnsynced()
		w := takeOver(t, wrap(disk), nil)
		w.commits("one", "two")
		s, ok, err := takeOver(t, disk.AfterCrash(0), nil).m.Last()
		if err != nil || !ok || string(s.Key) != "two" {
			t.Errorf("%s: the last session after a power loss is %q, %v, %v; want the one that was acknowledged", name, s.Key, ok, err)
		}

		lazy := takeOver(t, wrap(disk), nil, committer.WithSyncEvery(100))
		lazy.commits("three")
		if seq, _, err := lazy.m.DurableSeq(); seq != 1 || err != nil {
			t.Errorf("%s: the durable session is %d, %v; want the one before, since nothing was synced", name, seq, err)
		}
	}
}

// boltkv has Batch and MaxValue: the record and the deletion of the pending
// entry are one write, and a large record is split.
func TestWrapperKeepsBatchAndMaxValue(t *testing.T) {
	for name, wrap := range wrappers {
		file, err := boltkv.Open(filepath.Join(t.TempDir(), "test.db"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		fault := kvtest.NewFault(file)
		w := takeOver(t, wrap(fault), nil)
		w.commits("one")
		if !slices.ContainsFunc(fault.Log(), func(c kvtest.Call) bool {
			return c.Method == "Batch" && len(c.Keys) == 2 && strings.HasPrefix(c.Keys[0], "mc/session/") && c.Keys[1] == "mc/pending"
		}) {
			t.Errorf("%s: no Batch with the record and the pending entry: %v", name, fault.Log())
		}

		_, _, err = w.m.Do(t.Context(), []byte("large"), func(context.Context) error {
			return w.accounts.Put(account{ID: "large", Owner: strings.Repeat("x", file.MaxValue()+1)})
		})
		if err != nil {
			t.Errorf("%s: a record longer than MaxValue: %v", name, err)
			continue
		}
		again := takeOver(t, wrap(file), nil)
		if row, ok := again.accounts.View().Get("large"); !ok || len(row.Owner) <= file.MaxValue() {
			t.Errorf("%s: the large row is not there", name)
		}
	}
}

// A wrapper with only the three methods of KV hides all optional methods.
func TestPlainWrapper(t *testing.T) {
	fault := kvtest.NewFault(kvtest.Limit(memkv.New(), 16<<10))
	plain := struct{ kv.KV }{fault}
	w := takeOver(t, plain, nil, checkpointEach(1)...)
	w.commits("one", "two", "three")
	for _, c := range fault.Log() {
		if c.Method == "Batch" || c.Method == "Create" || c.Method == "Sync" {
			t.Errorf("the plain wrapper was asked for %v", c)
		}
	}
	again := takeOver(t, plain, nil)
	if s, _, err := again.m.Last(); string(s.Key) != "three" || err != nil {
		t.Errorf("the last session is %q, %v", s.Key, err)
	}
	if err := again.m.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// An optional method counts as absent if the inner KV does not support it, although
// the wrapper has it.
func TestInterceptedButUnsupported(t *testing.T) {
	for _, methods := range (kvtest.Batch | kvtest.Create | kvtest.Sync).Subsets() {
		disk := kvtest.NewUnsynced()
		fault := kvtest.NewFault(kvtest.Only(disk, methods))
		w := takeOver(t, intercepting{newCounting(fault)}, nil, append(checkpointEach(1), committer.WithSyncEvery(100))...)
		w.commits("one", "two", "three")
		used := kvtest.None
		for _, c := range fault.Log() {
			switch c.Method {
			case "Batch":
				used |= kvtest.Batch
			case "Create":
				used |= kvtest.Create
			case "Sync":
				used |= kvtest.Sync
			}
			if errors.Is(c.Err, errors.ErrUnsupported) {
				t.Errorf("%v: %v", methods, c)
			}
		}
		if used != methods {
			t.Errorf("%v: %v were used", methods, used)
		}
		seq, ok, err := w.m.DurableSeq()
		if durable := ok && seq == 2; err != nil || durable == methods.Has(kvtest.Sync) {
			t.Errorf("%v: the durable session is %d, %v, %v", methods, seq, ok, err)
		}
	}
}

// The KV is not called before Load, not even to find its optional methods.
func TestNoCallBeforeLoad(t *testing.T) {
	errCalled := errors.New("a call before Load")
	store := &forbidden{t: t, KV: memkv.New(), fail: errCalled}
	accounts := newAccountStore()
	m := committer.NewCommitter(store, members("accounts", accounts))
	if err := m.Register("savings", newAccountStore()); err != nil {
		t.Fatal(err)
	}
	_ = m.Cancel(t.Context())
	_, _, _ = m.Last()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

// forbidden fails the test at every call.
type forbidden struct {
	t    *testing.T
	fail error
	*memkv.KV
}

func (u *forbidden) called() error {
	u.t.Helper()
	u.t.Error(u.fail)
	return u.fail
}

func (u *forbidden) Get(context.Context, []byte) ([]byte, error)  { return nil, u.called() }
func (u *forbidden) Set(context.Context, []byte, []byte) error    { return u.called() }
func (u *forbidden) Delete(context.Context, []byte) error         { return u.called() }
func (u *forbidden) Batch(context.Context, []kv.Op) error         { return u.called() }
func (u *forbidden) Create(context.Context, []byte, []byte) error { return u.called() }
func (u *forbidden) Sync(context.Context) error                   { return u.called() }
func (u *forbidden) MaxValue() int                                { _ = u.called(); return 0 }

// Load refuses a KV whose MaxValue is too small and writes nothing.
func TestMaxValueTooSmall(t *testing.T) {
	fault := kvtest.NewFault(kvtest.Limit(memkv.New(), 16<<10-1))
	for name, call := range map[string]func(m *committer.MultiCommitter) error{
		"Load":   func(m *committer.MultiCommitter) error { return m.Load(t.Context()) },
		"Begin":  func(m *committer.MultiCommitter) error { return m.Begin(t.Context(), []byte("k")) },
		"Forget": func(m *committer.MultiCommitter) error { return m.Forget(t.Context(), "savings") },
	} {
		err := call(committer.NewCommitter(newCounting(fault), members("accounts", newAccountStore())))
		if err == nil || !strings.Contains(err.Error(), "16383") {
			t.Errorf("%s: error %v, want one that names the limit", name, err)
		}
	}
	if fault.Calls() != 0 {
		t.Errorf("calls: %v, want none", fault.Log())
	}
}
