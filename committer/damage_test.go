package committer_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

const (
	manifestKey = "mc/manifest"
	pendingKey  = "mc/pending"
)

func recordKey(seq int) string { return fmt.Sprintf("mc/session/%010d/%020d", 0, seq) }
func finalKey(seq int) string  { return fmt.Sprintf("mc/final/%010d/%020d", 0, seq) }

// contents returns the values in the KV by key, for databases with fewer than six
// sessions and no checkpoint.
func contents(t testing.TB, disk *kvtest.Unsynced) map[string][]byte {
	all := make(map[string][]byte)
	keys := []string{manifestKey, pendingKey}
	for seq := range 6 {
		keys = append(keys, recordKey(seq), finalKey(seq))
	}
	for _, key := range keys {
		value, err := disk.Get(t.Context(), []byte(key))
		if errors.Is(err, kv.ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all[key] = value
	}
	return all
}

// damageable returns the databases that these tests damage.
func damageable() map[string]func(t testing.TB) *world {
	return map[string]func(t testing.TB) *world{
		"stores": func(t testing.TB) *world { return loadedWorld(t, setup{kv: kvtest.All}, older, last, current) },
		"externals": func(t testing.TB) *world {
			return loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last, current)
		},
		"left open": func(t testing.TB) *world {
			w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
			w.begin(current)
			return w
		},
		"decided": func(t testing.TB) *world {
			w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
			w.decide()
			return w
		},
	}
}

// refusesToLoad loads a damaged disk. Load must return a CorruptError of the key,
// write nothing and leave the stores empty. After repair, if not nil, it must
// succeed.
func (w *world) refusesToLoad(disk *kvtest.Unsynced, key string, repair func()) *committer.CorruptError {
	w.t.Helper()
	damaged := &world{t: w.t, setup: w.setup, db: w.db, disk: disk}
	damaged.reopen()
	err := damaged.m.Load(w.t.Context())
	var corrupt *committer.CorruptError
	if !errors.As(err, &corrupt) || corrupt.Key != key || !errors.Is(err, committer.ErrCorrupt) {
		w.t.Fatalf("Load: %v, want a CorruptError of %s", err, key)
	}
	if writes := damaged.writes(); len(writes) > 0 {
		w.t.Fatalf("Load has written: %v", writes)
	}
	if got := damaged.committed(); got != "accounts: \nsavings: \n" {
		w.t.Fatalf("after a failed Load the stores hold\n%s", got)
	}
	if _, _, err := damaged.m.Last(); !errors.Is(err, committer.ErrNotLoaded) {
		w.t.Fatalf("Last after a failed Load: %v", err)
	}
	if repair != nil {
		repair()
		damaged.load()
		if got, want := damaged.committed(), w.committed(); got != want {
			w.t.Fatalf("after the repair the stores hold\n%swant\n%s", got, want)
		}
	}
	return corrupt
}

func TestLoadEveryByteDamaged(t *testing.T) {
	for name, build := range damageable() {
		t.Run(name, func(t *testing.T) {
			w := build(t)
			disk := w.disk.AfterCrash(w.disk.Pending())
			for key, value := range contents(t, disk) {
				set := func(value []byte) {
					if err := disk.Set(t.Context(), []byte(key), value); err != nil {
						t.Fatal(err)
					}
				}
				for i := range value {
					damaged := slices.Clone(value)
					damaged[i] ^= 1 << (i % 8)
					set(damaged)
					w.refusesToLoad(disk, key, nil)
					if i%16 == 0 { // a truncated value; for i = 0 an empty one
						set(value[:i])
						w.refusesToLoad(disk, key, nil)
					}
				}
				set(append(slices.Clone(value), 0))
				w.refusesToLoad(disk, key, func() { set(value) })
			}
		})
	}
}

// Load finds every missing key, except the key of the last write: a lost write
// looks the same as a write that was never made.
func TestLoadEveryKeyRemoved(t *testing.T) {
	two := []string{older, last}
	passes := map[string]situation{
		"stores/" + recordKey(2):   {phase: atNew, history: two},
		"externals/" + finalKey(2): {phase: atNew, history: two, key: current},
		"left open/" + pendingKey:  {phase: atNew, history: two},
		"decided/" + pendingKey:    {phase: atNew, history: two, key: current},
	}
	blamed := map[string]string{ // the error names another key
		"left open/" + recordKey(1): pendingKey,
	}
	for name, build := range damageable() {
		w := build(t)
		for key := range contents(t, w.disk) {
			cell := name + "/" + key
			t.Run(cell, func(t *testing.T) {
				disk := w.disk.AfterCrash(w.disk.Pending())
				if err := disk.Delete(t.Context(), []byte(key)); err != nil {
					t.Fatal(err)
				}
				if then, ok := passes[cell]; ok {
					lost := &world{t: t, setup: w.setup, db: w.db, disk: disk}
					lost.reopen()
					if got := w.committed(); w.db == nil {
						lost.check(then)
					} else {
						lost.load()
						pending, _, _ := lost.m.Pending()
						if string(pending) != then.key {
							t.Errorf("pending is %q, want %q, of\n%s", pending, then.key, got)
						}
					}
					return
				}
				if cell == "decided/"+recordKey(2) {
					// The decided record was the last write. Without it, the session
					// is left open.
					lost := &world{t: t, setup: w.setup, db: w.db, disk: disk}
					lost.reopen()
					lost.load()
					if key, ok, _ := lost.m.Pending(); !ok || string(key) != current {
						t.Errorf("pending is %q, %v", key, ok)
					}
					return
				}
				want := key
				if other, ok := blamed[cell]; ok {
					want = other
				}
				w.refusesToLoad(disk, want, nil)
			})
		}
	}
}

// seal replaces the checksum of a forged value with a valid one.
func seal(value []byte) []byte {
	body := slices.Clone(value[:len(value)-4])
	return binary.BigEndian.AppendUint32(body, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func TestLoadRefusesAHigherFormat(t *testing.T) {
	w := damageable()["decided"](t)
	for key, value := range contents(t, w.disk) {
		disk := w.disk.AfterCrash(w.disk.Pending())
		later := slices.Clone(value)
		later[0]++
		if err := disk.Set(t.Context(), []byte(key), seal(later)); err != nil {
			t.Fatal(err)
		}
		corrupt := w.refusesToLoad(disk, key, nil)
		if !strings.Contains(corrupt.Reason, "newer version") {
			t.Errorf("%s: the reason does not say what to do: %v", key, corrupt)
		}
	}
}

// Load refuses a well-formed value of another key or of another history.
func TestLoadRefusesValuesThatDoNotBelong(t *testing.T) {
	stranger := newWorld(t, setup{kv: kvtest.All, external: true})
	stranger.load()
	stranger.run("stranger")
	stranger.run(last)
	stranger.run(current)
	other := contents(t, stranger.disk)
	for _, build := range damageable() {
		w := build(t)
		all := contents(t, w.disk)
		for key := range all {
			for from, value := range all {
				if from == key {
					continue
				}
				w.refusesToLoad(w.diskWith(key, value), key, nil)
			}
			if value, ok := other[key]; ok && w.db != nil && key != manifestKey && key != recordKey(0) {
				w.refusesToLoad(w.diskWith(key, value), key, nil)
			}
		}
	}
}

// diskWith returns the disk with one value replaced.
func (w *world) diskWith(key string, value []byte) *kvtest.Unsynced {
	disk := w.disk.AfterCrash(w.disk.Pending())
	w.must("Set", disk.Set(w.t.Context(), []byte(key), value), nil)
	return disk
}

// Load refuses records that were stored under each other's keys.
func TestLoadRefusesRecordsThatWereSwapped(t *testing.T) {
	w := damageable()["stores"](t)
	all := contents(t, w.disk)
	disk := w.diskWith(recordKey(0), all[recordKey(1)])
	w.must("Set", disk.Set(t.Context(), []byte(recordKey(1)), all[recordKey(0)]), nil)
	w.refusesToLoad(disk, recordKey(0), nil)
}

// Forged fields under a valid checksum must not make Load panic, and a Load that
// fails must write nothing.
func TestLoadSurvivesForgedValues(t *testing.T) {
	for name, build := range damageable() {
		t.Run(name, func(t *testing.T) {
			w := build(t)
			for key, value := range contents(t, w.disk) {
				for i := range value[:len(value)-4] {
					for _, b := range []byte{0, 0xff, value[i] + 1} {
						forged := slices.Clone(value)
						forged[i] = b
						lost := &world{t: t, setup: w.setup, db: w.db, disk: w.diskWith(key, seal(forged))}
						lost.reopen()
						if err := lost.m.Load(t.Context()); err != nil && len(lost.writes()) > 0 {
							t.Errorf("%s, byte %d: Load failed (%v) and has written %v", key, i, err, lost.writes())
						}
					}
				}
			}
		})
	}
}
