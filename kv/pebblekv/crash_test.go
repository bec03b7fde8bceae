package pebblekv_test

import (
	"os"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

func kills(t *testing.T, syncEvery int) {
	kills := 10
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		kills = 150
	}
	crashtest.Kill(t, crashtest.Config{
		Open:      func(path string) (crashtest.KV, error) { return pebblekv.Open(path, nil) },
		Kills:     kills,
		SyncEvery: syncEvery,
	})
}

func TestKilledProcesses(t *testing.T) { kills(t, 1) }

// With WithSyncEvery, no more than the sessions since the last Sync are lost.
func TestKilledProcessesSyncedSometimes(t *testing.T) { kills(t, 8) }

// Every call in turn is the last before a power loss, which takes all unsynced
// writes.
func TestCrashAtEveryCall(t *testing.T) {
	var disk *vfs.MemFS
	mount := func() (crashtest.KV, error) { return pebblekv.Open("db", &pebblekv.Options{FS: disk}) }
	crashtest.AtEveryCall(t, func() (crashtest.KV, error) {
		disk = vfs.NewCrashableMem()
		return mount()
	}, func(old crashtest.KV) (crashtest.KV, error) {
		disk = disk.CrashClone(vfs.CrashCloneCfg{})
		_ = old.Close() // it writes to the old disk, which is no longer used
		return mount()
	})
}
