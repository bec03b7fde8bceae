package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// messages counts what is logged.
type messages struct {
	slog.Handler
	mu    sync.Mutex
	count map[string]int
}

func newMessages() *messages {
	return &messages{Handler: slog.DiscardHandler, count: make(map[string]int)}
}

func (h *messages) Enabled(context.Context, slog.Level) bool { return true }

func (h *messages) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count[r.Message]++
	return nil
}

func (h *messages) of(message string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count[message]
}

// bytesIn returns the sizes of all values under a prefix.
func bytesIn(store *memkv.KV, prefix string) (size int) {
	for _, value := range store.Snapshot().Prefix([]byte(prefix)) {
		size += len(value)
	}
	return size
}

// The size of the KV does not grow with the number of sessions.
func TestStorageIsBounded(t *testing.T) {
	const keys, minBytes, kept, retained = 1000, 256 << 10, 100, 1000
	sessions := 20_000
	if long() {
		sessions = 100_000
	}
	store, logged := memkv.New(), newMessages()
	opts := []committer.CommitterOpt{
		committer.WithLogger(slog.New(logged)), committer.WithRecords(kept), committer.WithHistory(retained),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: minBytes}),
	}
	accounts := newAccountStore()
	m := committer.NewCommitter(store, members("accounts", accounts), opts...)
	largest := 0
	for i := range sessions {
		_, _, err := m.Do(t.Context(), fmt.Appendf(nil, "request-%08d", i), func(context.Context) error {
			return accounts.Put(account{ID: fmt.Sprintf("account-%04d", i%keys), Owner: "owner of the account", Balance: int64(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 {
			m.WaitForCheckpoint()
			largest = max(largest, bytesIn(store, "mc/"))
		}
	}
	if made, want := logged.of("checkpoint ends"), sessions/2000; made < want {
		t.Errorf("%d checkpoints, want at least %d", made, want)
	}
	record := bytesIn(store, "mc/session/") / max(1, countIn(store, "mc/session/"))
	head := bytesIn(store, "mc/heads/")
	bound := keys*60 + 2*head + minBytes + (kept+1000)*record
	if largest > bound {
		t.Errorf("the KV held up to %d bytes, want at most %d", largest, bound)
	}
	t.Logf("%d checkpoints, at most %d bytes; a record has %d", logged.of("checkpoint ends"), largest, record)

	again := newAccountStore()
	reopened := committer.NewCommitter(store, members("accounts", again), opts...)
	if err := errors.Join(m.Verify(t.Context()), m.Close(), reopened.Load(t.Context()), reopened.Verify(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, want := rows(again), rows(accounts); got != want {
		t.Error("reopened, the store has other rows")
	}
	for i := range sessions {
		s, ok, err := reopened.Lookup(fmt.Appendf(nil, "request-%08d", i))
		if want := i >= sessions-retained; ok != want || err != nil || ok && s.Seq != uint64(i) {
			t.Fatalf("Lookup of session %d: %v, %v, %v, want it: %v", i, s, ok, err, want)
		}
	}
}

func countIn(store *memkv.KV, prefix string) (n int) {
	for range store.Snapshot().Prefix([]byte(prefix)) {
		n++
	}
	return n
}

// Sessions run while checkpoints are written, and readers see only complete
// sessions.
func TestCheckpointsBesideSessions(t *testing.T) {
	store := memkv.New()
	accounts, savings := newAccountStore(), newAccountStore()
	m := committer.NewCommitter(store, members("accounts", accounts, "savings", savings),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 4 << 10, Growth: 0.01}), committer.WithRecords(3))
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	var readers sync.WaitGroup
	readers.Go(func() {
		for !over.Load() {
			err := m.View(func(committer.Session) error {
				a, _ := accounts.View().Get("same")
				s, _ := savings.View().Get("same")
				if a.Balance != s.Balance {
					return fmt.Errorf("one store has %d and the other %d", a.Balance, s.Balance)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 2000 {
		_, _, err := m.Do(t.Context(), fmt.Appendf(nil, "key %d", i), func(context.Context) error {
			same := account{ID: "same", Balance: int64(i)}
			return errors.Join(accounts.Put(same), savings.Put(same), accounts.Put(account{ID: fmt.Sprint(i % 50), Owner: "x"}))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	over.Store(true)
	readers.Wait()
	m.WaitForCheckpoint()
	if err := errors.Join(m.Verify(t.Context()), m.Close()); err != nil {
		t.Fatal(err)
	}
	again, more := newAccountStore(), newAccountStore()
	reopened := committer.NewCommitter(store, members("accounts", again, "savings", more))
	if err := errors.Join(reopened.Load(t.Context()), reopened.Verify(t.Context())); err != nil {
		t.Fatal(err)
	}
	if rows(again) != rows(accounts) || rows(more) != rows(savings) {
		t.Error("reopened, the stores have other rows")
	}
	if countIn(store, "mc/session/") > 500 {
		t.Errorf("%d records are kept: no checkpoint was made", countIn(store, "mc/session/"))
	}
}

// A checkpoint that fails does not make a Commit fail.
func TestCheckpointThatFails(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All, opts: checkpointEach(0)})
	w.runAll(older, last)
	w.begin(current)
	w.failCall(5+w.looks(1), kvtest.Before) // the record, its Sync, the pending entry; then the manifest is read, and written
	w.commit(current)
	w.must("Verify", w.m.Verify(t.Context()), nil)
	w.settled("after a checkpoint that failed")
	w.checkLoaded([]string{older, last, current})
}

// With WithSyncEvery, the newest sessions may not be durable yet. DurableSeq
// returns the last durable one.
func TestWithSyncEvery(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.Sync, opts: []committer.CommitterOpt{committer.WithSyncEvery(3)}})
	w.load()
	if _, ok, err := w.m.DurableSeq(); ok || err != nil {
		t.Errorf("DurableSeq of an empty database: %v, %v", ok, err)
	}
	var keys []string
	for i := range 8 {
		keys = append(keys, fmt.Sprint("key ", i))
		w.run(keys[i])
		seq, ok, err := w.m.DurableSeq()
		want := (i+1)/3*3 - 1 // the last of each three is synced
		if err != nil || ok != (want >= 0) || ok && seq != uint64(want) {
			t.Errorf("after session %d, DurableSeq: %d, %v, %v, want %d", i, seq, ok, err, want)
		}
		for left := range w.disk.Pending() + 1 {
			lost := w.over(left)
			lost.reopen()
			lost.load()
			s, ok, err := lost.m.Last()
			if err != nil || want >= 0 && (!ok || s.Seq < uint64(want)) {
				t.Fatalf("after session %d and a loss of power the last session is %v, %v, %v", i, s, ok, err)
			}
			w.must("Verify", lost.m.Verify(t.Context()), nil)
		}
	}
	w.must("Sync", w.m.Sync(t.Context()), nil)
	if seq, ok, err := w.m.DurableSeq(); seq != 7 || !ok || err != nil {
		t.Errorf("DurableSeq after Sync: %d, %v, %v", seq, ok, err)
	}
	if w.disk.Pending() > 0 {
		t.Error("Sync has not synced")
	}
	w.checkLoaded(keys)
}

// On a KV without Sync, every write and so every session is durable.
func TestDurableSeqWithoutSyncer(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.None, opts: []committer.CommitterOpt{committer.WithSyncEvery(100)}}, older, last)
	if seq, ok, err := w.m.DurableSeq(); seq != 1 || !ok || err != nil {
		t.Errorf("DurableSeq: %d, %v, %v, want 1", seq, ok, err)
	}
}

// With externals, WithSyncEvery has no effect: every step is synced.
func TestWithSyncEveryAndExternals(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.Sync, external: true, opts: []committer.CommitterOpt{committer.WithSyncEvery(100)}}, older, last)
	lost := w.over(0)
	lost.reopen()
	lost.load()
	lost.checkHistory([]string{older, last})
}

func TestLimits(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older)
	for _, begin := range []func(key string) error{
		func(key string) error { return w.m.Begin(t.Context(), []byte(key)) },
		func(key string) error { _, _, err := w.do(t.Context(), key); return err },
	} {
		err := begin(strings.Repeat("k", committer.MaxKey+1))
		var limit *committer.LimitError
		if !errors.As(err, &limit) || limit.Size != committer.MaxKey+1 || limit.Max != committer.MaxKey || !errors.Is(err, committer.ErrLimit) {
			t.Errorf("a key that is too long: %v", err)
		}
	}
	w.run(strings.Repeat("k", committer.MaxKey))

	small := newWorld(t, setup{kv: kvtest.All, limit: 1000})
	if err := small.m.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "1000 bytes") {
		t.Errorf("Load over a KV that takes too little: %v", err)
	}
}

// A record larger than MaxValue is split into pieces, which are deleted together
// with the record.
func TestLargeRecords(t *testing.T) {
	for _, kind := range kvKinds() {
		w := newWorld(t, setup{kv: kind, limit: 16 << 10, opts: []committer.CommitterOpt{committer.WithInlineCheckpoints()}})
		w.load()
		large := func(store *accountStore, size int) func() error {
			return func() error { return store.Put(account{ID: "large", Owner: strings.Repeat("x", size)}) }
		}
		do := func(key string, fn func() error) []byte {
			s, _, err := w.m.Do(t.Context(), []byte(key), func(context.Context) error { return fn() })
			w.must("Do", err, nil)
			return s.ID[:]
		}
		// The pieces of a cancelled session are not mixed with those of the next.
		w.begin("cancelled")
		w.must("Put", large(w.accounts, 200<<10)(), nil)
		w.failCall(3, kvtest.After)
		_, err := w.m.Commit(t.Context(), []byte("cancelled"))
		w.must("Commit", err, kvtest.ErrInjected)
		w.must("Cancel", w.m.Cancel(t.Context()), nil)

		id := do("large", large(w.accounts, 100<<10))
		do("larger", large(w.savings, 300<<10))
		w.must("Verify", w.m.Verify(t.Context()), nil)
		committed := w.committed()
		w.reopen(checkpointEach(0)...)
		w.load()
		if w.committed() != committed {
			t.Errorf("%v: reopened, the rows differ", kind)
		}
		if s, _, _ := w.m.Lookup([]byte("large")); !bytes.Equal(s.ID[:], id) {
			t.Errorf("%v: reopened, the ID is %s, not %x", kind, s.ID, id)
		}
		w.run(last)
		w.settled("after a checkpoint with large rows")
		for n := range 25 {
			if value, err := w.disk.Get(t.Context(), fmt.Appendf(nil, "mc/part/%010d/%020d/%010d", 0, 0, n)); err == nil {
				t.Fatalf("%v: piece %d of a deleted record is still there, %d bytes", kind, n, len(value))
			}
		}
	}
}

// After the end of a process, its last writes may not be durable yet. Load syncs
// them before it returns.
func TestLoadSyncsWhatItFound(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.Sync, opts: []committer.CommitterOpt{committer.WithSyncEvery(100)}}, older, last)
	exited := &world{t: t, setup: w.setup, disk: w.disk.AfterExit()}
	exited.reopen()
	exited.load()
	exited.checkHistory([]string{older, last})
	if seq, ok, err := exited.m.DurableSeq(); seq != 1 || !ok || err != nil {
		t.Errorf("DurableSeq: %d, %v, %v, want 1", seq, ok, err)
	}
	lost := exited.over(0)
	lost.reopen()
	lost.load()
	lost.checkHistory([]string{older, last})
}

// The id of an external, or the headers of many sessions, may be longer than
// MaxValue. Sessions and checkpoints succeed all the same.
func TestLongIDsInSmallValues(t *testing.T) {
	kv := kvtest.Limit(memkv.New(), 16<<10)
	bank := &spy{}
	accounts := newAccountStore()
	m := committer.NewCommitter(kv, members("accounts", accounts, "bank", bank), checkpointEach(0)...)
	for i := range 60 {
		bank.id = bytes.Repeat([]byte{byte(i)}, 1+i*700)
		s, _, err := m.Do(t.Context(), fmt.Appendf(nil, "%04000d", i), func(context.Context) error {
			return accounts.Put(account{ID: "a", Balance: int64(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Parts[1].ID; len(got) > 256 || len(bank.id) <= 256 && !bytes.Equal(got, bank.id) {
			t.Fatalf("an id of %d bytes counts as %d", len(bank.id), len(got))
		}
	}
	if err := m.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	i, err := inspect.Open(t.Context(), kv)
	if err != nil {
		t.Fatal(err)
	}
	if n := i.OldestRecord(); n < 58 {
		t.Errorf("records from session %d on are left: checkpoints have stopped", n)
	}
}
