package committer_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// Commit IDs of the test vectors, computed by a MultiCommitter.
const (
	idOfVector  = "92e9cf4c82b85bd53ea95e65672dee8fa478b896d141755eb14f7bfaca9afadd"
	idOfNothing = "1eb5ad530c049566dbc9955f9646908f142be1408e9731118c2bfffac2bc8faa"
)

func TestGoldenCommitID(t *testing.T) {
	kv := memkv.New()
	open := func() (*committer.MultiCommitter, *rawStore, *rawStore) {
		accounts, orders := newRawStore(), newRawStore()
		return committer.NewCommitter(kv, members("accounts", accounts, "orders", orders)), accounts, orders
	}
	m, accounts, orders := open()
	do := func(key, want string, fn func()) {
		t.Helper()
		s, ran, err := m.Do(t.Context(), []byte(key), func(context.Context) error { fn(); return nil })
		if err != nil || !ran || s.ID.String() != want {
			t.Errorf("session %s: ID %v, ran %v, %v, want %s", key, s.ID, ran, err, want)
		}
	}
	do("nothing", idOfNothing, func() {})
	vector := func() {
		accounts.Set("alice", "100")
		accounts.Delete("bob")
		accounts.Set("carol", "")
		orders.Set("alice", "100")
	}
	do("vector", idOfVector, vector)

	// Replayed, reopened, and replayed again.
	for range 2 {
		if err := m.Begin(t.Context(), []byte("vector")); err != nil {
			t.Fatal(err)
		}
		vector()
		id, err := m.Commit(t.Context(), []byte("vector"))
		if err != nil || hex.EncodeToString(id) != idOfVector {
			t.Errorf("the replay: %x, %v", id, err)
		}
		m, accounts, orders = open()
		if err := m.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"alice": "100", "carol": ""}, accounts.rows); diff != "" {
			t.Errorf("accounts (-want +got):\n%s", diff)
		}
		if s, _, _ := m.Last(); s.ID.String() != idOfVector || s.Seq != 1 {
			t.Errorf("Last: %v", s)
		}
	}
}

func TestIDOfAnEmptySession(t *testing.T) {
	for _, external := range []bool{false, true} {
		w := newWorld(t, setup{kv: kvtest.All, external: external})
		s, _, err := w.m.Do(t.Context(), []byte("nothing"), func(context.Context) error { return nil })
		if err != nil || s.ID.String() != idOfNothing {
			t.Errorf("ID %v, %v, want %s", s.ID, err, idOfNothing)
		}
	}
}

var updateGolden = flag.Bool("update-golden", false, "write testdata/golden anew: only when the format is meant to change")

// TestGoldenValues compares every kind of value in the KV with the bytes recorded
// for its format. A difference is a new format and needs a new number.
func TestGoldenValues(t *testing.T) {
	w := newWorld(t, setup{kv: kvtest.All, external: true})
	w.load()
	w.run(older)
	w.decide()
	var dump strings.Builder
	all := contents(t, w.disk)
	for _, key := range []string{manifestKey, pendingKey, recordKey(0), finalKey(0), recordKey(1)} {
		dump.WriteString(key + "\n" + hex.Dump(all[key]) + "\n")
	}
	if len(all) != 5 {
		t.Errorf("the KV has %d keys, want 5", len(all))
	}

	stores := newWorld(t, setup{kv: kvtest.All})
	stores.load()
	stores.run(older)
	dump.WriteString("without externals: " + recordKey(0) + "\n" + hex.Dump(contents(t, stores.disk)[recordKey(0)]))

	compareGolden(t, "format-0.txt", dump.String())
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", "golden", name)
	if *updateGolden {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the format has changed (-golden +now):\n%s", diff)
	}
}

// TestGoldenCheckpoint compares the values of a checkpoint, an Export and a split
// record with the bytes recorded for their formats.
func TestGoldenCheckpoint(t *testing.T) {
	var dump strings.Builder
	store, s := checkpointedSite(t, newDatabase())
	var stream bytes.Buffer
	if err := s.m.Export(t.Context(), &stream); err != nil {
		t.Fatal(err)
	}
	values := valuesOf(store)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		dump.WriteString(key + "\n" + hex.Dump(values[key]) + "\n")
	}
	dump.WriteString("exported stream\n" + hex.Dump(stream.Bytes()) + "\n")

	w := newWorld(t, setup{kv: kvtest.All, limit: 16 << 10})
	w.load()
	w.must("a large session", w.tryLarge(older), nil)
	all := contents(t, w.disk)
	dump.WriteString("split: " + recordKey(0) + "\n" + hex.Dump(all[recordKey(0)]))
	compareGolden(t, "format-0-checkpoint.txt", dump.String())
}

// The same sessions write the same values each time.
func TestValuesAreDeterministic(t *testing.T) {
	for name, build := range damageable() {
		first, second := contents(t, build(t).disk), contents(t, build(t).disk)
		for key, value := range first {
			if !bytes.Equal(value, second[key]) {
				t.Errorf("%s: %s has\n%x, and the next time\n%x", name, key, value, second[key])
			}
		}
	}
}
