package boltkv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv/boltkv"
)

func TestKilledProcesses(t *testing.T) {
	kills := 10
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		kills = 300
	}
	crashtest.Kill(t, crashtest.Config{
		Open:      func(path string) (crashtest.KV, error) { return boltkv.Open(path, nil) },
		Kills:     kills,
		SyncEvery: 1,
	})
}

func TestCrashAtEveryCall(t *testing.T) {
	var path string
	n := 0
	crashtest.AtEveryCall(t, func() (crashtest.KV, error) {
		n++
		path = filepath.Join(t.TempDir(), fmt.Sprint(n))
		return boltkv.Open(path, nil)
	}, func(old crashtest.KV) (crashtest.KV, error) {
		if err := old.Close(); err != nil {
			return nil, err
		}
		return boltkv.Open(path, nil)
	})
}
