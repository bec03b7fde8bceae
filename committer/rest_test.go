package committer

import (
	"context"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/memkv"
)

// A rest of a checkpoint ends when somebody waits for it, or when it is
// cancelled; if not, these tests do not end.

func TestCloseEndsTheRestOfACheckpoint(t *testing.T) {
	m := NewCommitter(memkv.New(), nil)
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.running = &background{hurry: make(chan struct{}), done: make(chan struct{}), err: context.Canceled}
	go func(run *background) {
		defer close(run.done)
		(&plan{hurry: run.hurry}).rest(context.Background(), time.Hour)
	}(m.running)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCancelledCheckpointDoesNotRest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	(&plan{hurry: make(chan struct{})}).rest(ctx, time.Hour)
}

func TestCheckpointInTheForegroundDoesNotRest(t *testing.T) {
	(&plan{}).rest(t.Context(), time.Hour)
}
