package committertest_test

import (
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestGoodApplications(t *testing.T) {
	often := committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 0.01})
	for name, app := range map[string]committertest.Application[*bank]{
		"stores":                   application(),
		"checkpoints":              application(often, committer.WithRecords(1)),
		"synced sometimes":         application(committer.WithSyncEvery(3)),
		"pending ones discarded":   application(committer.WithDiscardPending()),
		"a history of one session": application(committer.WithHistory(1)),
		"an external":              withBranch(application(), func(*crashtest.Database) {}),
	} {
		t.Run(name, func(t *testing.T) { committertest.Run(t, app, committertest.WithEvery(1)) })
	}
}

func TestOnAnotherKV(t *testing.T) {
	opened := 0
	committertest.Run(t, application(), committertest.WithKV(
		func() (committertest.KV, error) { opened++; return kept{memkv.New()}, nil },
		func(old committertest.KV) (committertest.KV, error) { return old, nil },
	))
	if opened < 20 {
		t.Errorf("%d KVs were opened: a run has one of its own", opened)
	}
}

// kept is a memkv that outlives the process, as far as the test goes.
type kept struct{ *memkv.KV }

func (kept) Close() error { return nil }
