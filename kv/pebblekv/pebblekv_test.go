package pebblekv_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

func open(t testing.TB, dir string, opts *pebblekv.Options) *pebblekv.KV {
	t.Helper()
	store, err := pebblekv.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestConformance(t *testing.T) {
	dirs := make(map[kv.KV]string)
	kvtest.Run(t, func(t *testing.T) kv.KV {
		dir := t.TempDir()
		store := open(t, dir, nil)
		dirs[store] = dir
		return store
	}, func(t *testing.T, old kv.KV) kv.KV {
		if err := old.(*pebblekv.KV).Close(); err != nil {
			t.Fatal(err)
		}
		store := open(t, dirs[old], nil)
		dirs[store] = dirs[old]
		return store
	})
}

// TestPowerLoss runs the suite over a file system that loses unsynced data: all
// of it, or some blocks.
func TestPowerLoss(t *testing.T) {
	for _, percent := range []int{0, 30, 100} {
		t.Run(fmt.Sprintf("%d percent of unsynced blocks left", percent), func(t *testing.T) {
			disks := make(map[kv.KV]*vfs.MemFS)
			mount := func(t *testing.T, disk *vfs.MemFS) kv.KV {
				store := open(t, "db", &pebblekv.Options{FS: disk})
				disks[store] = disk
				return store
			}
			kvtest.Run(t, func(t *testing.T) kv.KV {
				return mount(t, vfs.NewCrashableMem())
			}, func(t *testing.T, old kv.KV) kv.KV {
				if err := old.(*pebblekv.KV).Close(); err != nil {
					t.Fatal(err)
				}
				return mount(t, disks[old])
			}, kvtest.WithPowerLoss(func(t *testing.T, old kv.KV) kv.KV {
				return mount(t, disks[old].CrashClone(vfs.CrashCloneCfg{
					UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(1, uint64(percent))),
				}))
			}))
		})
	}
}

func TestOpenTwice(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, nil)
	for _, opts := range []*pebblekv.Options{nil, {ReadOnly: true}} {
		if _, err := pebblekv.Open(dir, opts); !errors.Is(err, kv.ErrLocked) || !strings.Contains(err.Error(), dir) {
			t.Errorf("a second Open: %v, want one that wraps %q and names the directory", err, kv.ErrLocked)
		}
	}
	if err := errors.Join(store.Set(t.Context(), []byte("a"), []byte("1")), store.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), []byte("a")); err == nil || errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get after Close: %v", err)
	}
	if err := errors.Join(store.Set(t.Context(), []byte("a"), nil)); err == nil {
		t.Error("Set after Close succeeded")
	}
	if err := store.Sync(t.Context()); err == nil {
		t.Error("Sync after Close succeeded")
	}

	reader := open(t, dir, &pebblekv.Options{ReadOnly: true})
	if value, err := reader.Get(t.Context(), []byte("a")); string(value) != "1" || err != nil {
		t.Errorf("a reader got %q, %v", value, err)
	}
	if err := reader.Set(t.Context(), []byte("b"), nil); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("Set of a reader: %v", err)
	}
}

// Open refuses a path with anything else in it, gives a reason, and does not
// change it.
func TestOpenRefusesOtherDirectories(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, c := range []struct {
		path, reason string
		opts         *pebblekv.Options
	}{
		{dir, "no Pebble database", nil},
		{file, "not a directory", nil},
		{dir, "no Pebble database", &pebblekv.Options{ReadOnly: true}},
		{empty, "no Pebble database", &pebblekv.Options{ReadOnly: true}},
		{filepath.Join(dir, "missing"), "no such file", &pebblekv.Options{ReadOnly: true}},
	} {
		_, err := pebblekv.Open(c.path, c.opts)
		if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("Open(%s, %+v): %v, want it to name the path and say %q", c.path, c.opts, err, c.reason)
		}
	}
	for path, want := range map[string]int{dir: 1, empty: 0} {
		if names, err := os.ReadDir(path); len(names) != want || err != nil {
			t.Errorf("Open left %v in %s", names, path)
		}
	}
}

// After a failed Sync, every call fails until the database is opened again. Then
// all writes before an earlier Sync are there. An error of the operating system
// such as ENOTSUP does not read as a Sync that the KV does not support.
func TestFailedSync(t *testing.T) {
	for _, cause := range []error{errorfs.ErrInjected, syscall.ENOTSUP} {
		t.Run(cause.Error(), func(t *testing.T) { failedSync(t, cause) })
	}
}

func failedSync(t *testing.T, cause error) {
	disk := vfs.NewCrashableMem()
	var failing atomic.Bool
	noSync := errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			if failing.Load() {
				return cause
			}
		}
		return nil
	})
	store, err := pebblekv.Open("db", &pebblekv.Options{FS: errorfs.Wrap(disk, noSync)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := errors.Join(store.Set(ctx, []byte("a"), []byte("1")), store.Sync(ctx), store.Set(ctx, []byte("b"), []byte("2"))); err != nil {
		t.Fatal(err)
	}
	failing.Store(true)
	if err := store.Sync(ctx); err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("Sync of a disk that fails: %v, want an error that is not ErrUnsupported", err)
	}
	failing.Store(false)
	_, got := store.Get(ctx, []byte("a"))
	for what, err := range map[string]error{"Get": got, "Set": store.Set(ctx, []byte("a"), nil), "Sync": store.Sync(ctx)} {
		if err == nil || !strings.Contains(err.Error(), "opened again") {
			t.Errorf("%s after a failed Sync: %v", what, err)
		}
	}
	again := open(t, "db", &pebblekv.Options{FS: disk.CrashClone(vfs.CrashCloneCfg{})})
	if value, err := again.Get(ctx, []byte("a")); string(value) != "1" || err != nil {
		t.Errorf("the synced value: %q, %v", value, err)
	}
}

// A key, value or batch that is too long is refused and changes nothing, and the
// KV stays usable.
func TestTooLong(t *testing.T) {
	store := open(t, "db", &pebblekv.Options{FS: vfs.NewMem()})
	long := make([]byte, store.MaxValue()+1)
	longest := kv.Op{Key: []byte("a"), Value: long[1:]}
	for what, ops := range map[string][]kv.Op{
		"a value of": {{Key: []byte("a"), Value: long}},
		"a key of":   {{Key: long[:40<<10]}},
		"a batch of": slices.Repeat([]kv.Op{longest}, (1<<30)/store.MaxValue()+1),
	} {
		err := store.Batch(t.Context(), append([]kv.Op{{Key: []byte("beside")}}, ops...))
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("Batch: %.200v, want an error that says %q", err, what)
		}
		if _, err := store.Get(t.Context(), []byte("beside")); !errors.Is(err, kv.ErrNotFound) {
			t.Errorf("Get of the other key in the Batch: %v, want %v", err, kv.ErrNotFound)
		}
	}
	if err := store.Batch(t.Context(), []kv.Op{{Key: []byte("a"), Value: long, Delete: true}}); err != nil {
		t.Errorf("a delete with a long value: %v", err)
	}
}

// A power loss does not take directories that Open created.
func TestPowerLossKeepsDirectories(t *testing.T) {
	disk := vfs.NewCrashableMem()
	store := open(t, "a/b/db", &pebblekv.Options{FS: disk})
	if err := errors.Join(store.Set(t.Context(), []byte("a"), []byte("1")), store.Sync(t.Context())); err != nil {
		t.Fatal(err)
	}
	again := open(t, "a/b/db", &pebblekv.Options{FS: disk.CrashClone(vfs.CrashCloneCfg{})})
	if value, err := again.Get(t.Context(), []byte("a")); string(value) != "1" || err != nil {
		t.Errorf("the synced value: %q, %v", value, err)
	}
}

// Pebble begins a new log with every memory table. A Sync covers the writes in
// earlier logs too, and a power loss takes the newest of the writes after it.
func TestPowerLossAcrossLogs(t *testing.T) {
	const writes = 60 // of 1 MiB; a memory table has 16 MiB
	for synced := 0; synced < writes; synced += 15 {
		for _, percent := range []int{0, 50} {
			disk := vfs.NewCrashableMem()
			store := open(t, "db", &pebblekv.Options{FS: disk})
			if err := store.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i := range writes {
				if i == synced {
					if err := store.Sync(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if err := store.Set(t.Context(), fmt.Appendf(nil, "%02d", i), make([]byte, 1<<20)); err != nil {
					t.Fatal(err)
				}
			}
			after := open(t, "db", &pebblekv.Options{FS: disk.CrashClone(vfs.CrashCloneCfg{
				UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(1, uint64(synced))),
			})})
			there := 0
			for i := range writes {
				switch _, err := after.Get(t.Context(), fmt.Appendf(nil, "%02d", i)); {
				case err == nil && there == i:
					there++
				case err == nil:
					t.Fatalf("write %d is there, but write %d is not", i, there)
				case !errors.Is(err, kv.ErrNotFound):
					t.Fatal(err)
				}
			}
			if there < synced {
				t.Errorf("%d writes are there, but %d were synced", there, synced)
			}
			if err := errors.Join(store.Close(), after.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
