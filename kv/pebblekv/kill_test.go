package pebblekv_test

import (
	"os"
	"testing"

	"github.com/gencommittable/gencommittable/internal/killtest"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

func kills(t *testing.T, syncEvery int) {
	kills := 10
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		kills = 150
	}
	killtest.Run(t, killtest.Config{
		Open:      func(path string) (killtest.KV, error) { return pebblekv.Open(path, nil) },
		Kills:     kills,
		SyncEvery: syncEvery,
	})
}

func TestKilledProcesses(t *testing.T) { kills(t, 1) }

// With WithSyncEvery, no more than the sessions since the last Sync are lost.
func TestKilledProcessesSyncedSometimes(t *testing.T) { kills(t, 8) }
