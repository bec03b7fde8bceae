package committer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// cancelling is a KV with Sync. It cancels a context after a key has been written,
// and its Sync returns the error of an ended context.
type cancelling struct {
	*kvtest.Unsynced
	key    string
	cancel context.CancelFunc
}

func (c *cancelling) Set(ctx context.Context, key, value []byte) error {
	err := c.Unsynced.Set(ctx, key, value)
	if string(key) == c.key && c.cancel != nil {
		c.cancel()
	}
	return err
}

func (c *cancelling) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.Unsynced.Sync(ctx)
}

// onlySync hides every optional method except Sync.
type onlySync struct {
	kv.KV
	kv.Syncer
}

// When the context of one caller ends, other callers can still use the
// MultiCommitter.
func TestEndedContextClosesNothing(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, m *committer.MultiCommitter) error{
		"mc/session/0000000000/00000000000000000000": func(ctx context.Context, m *committer.MultiCommitter) error {
			_, _, err := m.Do(ctx, []byte("k"), func(context.Context) error { return nil })
			return err
		},
		"mc/database": func(ctx context.Context, m *committer.MultiCommitter) error { return m.Load(ctx) },
		"nothing": func(ctx context.Context, m *committer.MultiCommitter) error {
			return errors.Join(m.Load(t.Context()), m.Sync(ctx))
		},
	} {
		db := &cancelling{Unsynced: kvtest.NewUnsynced(), key: name}
		m := committer.NewCommitter(onlySync{db, db}, members("accounts", newAccountStore()))
		ctx, cancel := context.WithCancel(t.Context())
		if db.cancel = cancel; name == "nothing" {
			cancel()
		}
		err := call(ctx, m)
		cancel()
		db.cancel = nil
		if errors.Is(err, committer.ErrClosed) {
			t.Errorf("the context ends after %s: %v", name, err)
		}
		if _, _, err := m.Do(t.Context(), []byte("next"), func(context.Context) error { return nil }); err != nil {
			t.Errorf("the context ended after %s; then Do: %v", name, err)
		}
	}
}

// stuck is a KV whose third Set of the manifest blocks and ignores its context,
// and whose Sync can fail.
type stuck struct {
	*memkv.KV
	mu       sync.Mutex
	sets     int // of the manifest
	waiting  chan struct{}
	goOn     chan struct{}
	left     chan struct{}
	failSync error
}

func (s *stuck) Set(ctx context.Context, key, value []byte) error {
	if string(key) != "mc/manifest" {
		return s.KV.Set(ctx, key, value)
	}
	s.mu.Lock()
	s.sets++
	wait := s.sets == 3 // Load; start of a checkpoint; end of the checkpoint
	s.mu.Unlock()
	if wait {
		close(s.waiting)
		<-s.goOn
		for range 1000 { // gives a caller that does not wait the time to return
			runtime.Gosched()
		}
		defer close(s.left)
	}
	return s.KV.Set(context.WithoutCancel(ctx), key, value)
}

func (s *stuck) Sync(context.Context) error { return s.failSync }

// Handle unblocks the KV when the MultiCommitter logs that it closes.
func (s *stuck) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "closed after a failure" {
		close(s.goOn)
	}
	return nil
}

func (s *stuck) Enabled(context.Context, slog.Level) bool { return true }
func (s *stuck) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *stuck) WithGroup(string) slog.Handler            { return s }

// A failure that closes the MultiCommitter first waits for the checkpoint. The
// checkpoint must not write while the next MultiCommitter uses the KV.
func TestFailureWaitsForTheCheckpoint(t *testing.T) {
	db := &stuck{KV: memkv.New(), waiting: make(chan struct{}), goOn: make(chan struct{}), left: make(chan struct{})}
	accounts := newAccountStore()
	m := committer.NewCommitter(onlySync{db, db}, members("accounts", accounts), committer.WithRecords(0), committer.WithLogger(slog.New(db)),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 1e-9}))
	do := func(key string) error {
		_, _, err := m.Do(t.Context(), []byte(key), func(context.Context) error { return accounts.Put(account{ID: key}) })
		return err
	}
	for n := 0; ; n++ {
		if err := do(fmt.Sprint("key ", n)); err != nil {
			t.Fatal(err)
		}
		if n == 1 { // the first checkpoint has begun
			break
		}
	}
	<-db.waiting
	db.failSync = errors.New("the disk is gone")
	wantError(t, "Do", do("last"), committer.ErrClosed)
	select {
	case <-db.left:
	default:
		t.Error("the checkpoint is still writing")
	}
}

// Close waits until the checkpoint is complete.
func TestCloseFinishesTheCheckpoint(t *testing.T) {
	db := &stuck{KV: memkv.New(), waiting: make(chan struct{}), goOn: make(chan struct{}), left: make(chan struct{})}
	accounts := newAccountStore()
	m := committer.NewCommitter(onlySync{db, db}, members("accounts", accounts), committer.WithRecords(0),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 1e-9}))
	for n := range 2 {
		if _, _, err := m.Do(t.Context(), fmt.Append(nil, n), func(context.Context) error { return accounts.Put(account{ID: "a"}) }); err != nil {
			t.Fatal(err)
		}
	}
	<-db.waiting
	go close(db.goOn)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if n := countIn(db.KV, "mc/session/"); n != 1 {
		t.Errorf("%d records are left, want only the last one", n)
	}
}
