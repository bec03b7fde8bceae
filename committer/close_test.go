package committer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// slowChunks is a KV whose writes of chunks wait until goOn is closed or the
// context of the checkpoint ends. They wait five seconds at most, so that a
// checkpoint that should have been stopped is written, and the test fails.
type slowChunks struct {
	*memkv.KV
	waiting chan struct{} // receives a value when a write begins to wait
	goOn    chan struct{}
}

func (s *slowChunks) Set(ctx context.Context, key, value []byte) error {
	if strings.HasPrefix(string(key), "mc/chunk/") {
		s.waiting <- struct{}{}
		select {
		case <-s.goOn:
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
	}
	return s.KV.Set(context.WithoutCancel(ctx), key, value)
}

// CloseContext waits for a running checkpoint, and stops it when ctx ends.
func TestCloseContextAndTheCheckpoint(t *testing.T) {
	for name, ends := range map[string]bool{"ctx ends": true, "ctx does not end": false} {
		t.Run(name, func(t *testing.T) {
			db := &slowChunks{KV: memkv.New(), waiting: make(chan struct{}, 1), goOn: make(chan struct{})}
			accounts := newAccountStore()
			m := committer.NewCommitter(db, members("accounts", accounts),
				committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 1e-9}))
			for _, key := range []string{"a", "b"} {
				_, _, err := m.Do(t.Context(), []byte(key), func(context.Context) error { return accounts.Put(account{ID: key}) })
				if err != nil {
					t.Fatal(err)
				}
			}
			<-db.waiting
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			closed := make(chan error, 1)
			go func() { closed <- m.CloseContext(ctx) }()
			select {
			case err := <-closed:
				t.Fatalf("CloseContext has not waited: %v", err)
			case <-time.After(10 * time.Millisecond):
			}
			if ends {
				cancel()
			} else {
				close(db.goOn)
			}
			if err := <-closed; err != nil {
				t.Fatal(err)
			}
			if _, _, err := m.Last(); !errors.Is(err, committer.ErrClosed) {
				t.Errorf("Last after CloseContext: %v", err)
			}
			c := m.Stats().Checkpoint
			if made := c.Sessions == 1; made == ends || c.Running {
				t.Errorf("after CloseContext: %+v", c)
			}

			// Nothing is lost either way.
			again := newAccountStore()
			reopened := committer.NewCommitter(db.KV, members("accounts", again))
			if err := errors.Join(reopened.Load(t.Context()), reopened.Verify(t.Context())); err != nil {
				t.Fatal(err)
			}
			if got, want := rows(again), rows(accounts); got != want {
				t.Errorf("reopened, the store has %s, want %s", got, want)
			}
		})
	}
}
