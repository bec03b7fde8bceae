package memkv_test

import (
	"testing"

	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// open is a memkv that survives the simulated end of the process.
type open struct{ *memkv.KV }

func (open) Close() error { return nil }

func TestCrashAtEveryCall(t *testing.T) {
	crashtest.AtEveryCall(t, func() (crashtest.KV, error) {
		return open{memkv.New()}, nil
	}, func(old crashtest.KV) (crashtest.KV, error) {
		return old, nil
	})
}
