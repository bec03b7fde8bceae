package boltkv_test

import (
	"os"
	"testing"

	"github.com/gencommittable/gencommittable/internal/killtest"
	"github.com/gencommittable/gencommittable/kv/boltkv"
)

func TestKilledProcesses(t *testing.T) {
	kills := 10
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		kills = 300
	}
	killtest.Run(t, killtest.Config{
		Open:      func(path string) (killtest.KV, error) { return boltkv.Open(path, nil) },
		Kills:     kills,
		SyncEvery: 1,
	})
}
