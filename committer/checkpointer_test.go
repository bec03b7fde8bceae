package committer

import (
	"context"
	"testing"
	"time"

	"github.com/gencommittable/gencommittable/memkv"
)

// A pause of a checkpoint ends when a caller waits for the checkpoint, or when it
// is cancelled. If it does not, these tests do not end.

func TestCloseEndsThePauseOfACheckpoint(t *testing.T) {
	m := NewCommitter(memkv.New(), nil)
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := &checkpointRun{hurry: make(chan struct{}), done: make(chan struct{}), err: context.Canceled}
	m.checkpoints.running = run
	go func() {
		defer close(run.done)
		(&checkpointPlan{hurry: run.hurry}).pause(context.Background(), time.Hour)
	}()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCancelledCheckpointDoesNotPause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	(&checkpointPlan{hurry: make(chan struct{})}).pause(ctx, time.Hour)
}

func TestCheckpointInTheForegroundDoesNotPause(t *testing.T) {
	(&checkpointPlan{}).pause(t.Context(), time.Hour)
}
