package memkv_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestContract(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.KV { return memkv.New() }, nil, kvtest.WithVolatile())
}

// A call with a cancelled context has no effect. Package kv would allow one.
func TestCancelledContext(t *testing.T) {
	store := memkv.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := []byte("a")
	_, err := store.Get(ctx, key)
	for i, err := range []error{
		err,
		store.Set(ctx, key, key),
		store.Delete(ctx, key),
		store.Batch(ctx, []kv.Op{{Key: key}}),
		store.Create(ctx, key, key),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("call %d returned %v, want context.Canceled", i, err)
		}
	}
	if _, err := store.Get(t.Context(), key); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get returned %v, want ErrNotFound", err)
	}
}

// collect copies the entries of a scan, and overwrites the slices that it got.
func collect(scan iter.Seq2[[]byte, []byte]) []string {
	var got []string
	for key, value := range scan {
		got = append(got, string(key)+"="+string(value))
		clear(key)
		clear(value)
	}
	return got
}

// TestSnapshotScans compares scans with the sorted keys of a map. Many of the
// random keys are prefixes of each other. Later writes, and changes of the slices
// that a scan yielded, must not change the snapshot.
func TestSnapshotScans(t *testing.T) {
	key := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 'b', 0xff}), 1, 4).Draw(t, "bytes"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		store := memkv.New()
		model := rapid.MapOfN(key, rapid.StringN(0, 3, -1), 0, 20).Draw(rt, "entries")
		for k, v := range model {
			if err := store.Set(t.Context(), []byte(k), []byte(v)); err != nil {
				rt.Fatal(err)
			}
		}
		snapshot := store.Snapshot()
		for k := range model {
			if err := store.Delete(t.Context(), []byte(k)); err != nil {
				rt.Fatal(err)
			}
		}
		if err := store.Set(t.Context(), []byte("later"), nil); err != nil {
			rt.Fatal(err)
		}
		prefixes := []string{"", rapid.OneOf(key, rapid.Just("\xff\xff")).Draw(rt, "prefix")}
		for range 2 {
			for _, prefix := range prefixes {
				var keys, want []string
				for k := range model {
					if strings.HasPrefix(k, prefix) {
						keys = append(keys, k)
					}
				}
				slices.Sort(keys)
				for _, k := range keys {
					want = append(want, k+"="+model[k])
				}
				if diff := cmp.Diff(want, collect(snapshot.Prefix([]byte(prefix)))); diff != "" {
					rt.Fatalf("Prefix(%q) (-want +got):\n%s", prefix, diff)
				}
				if prefix == "" {
					if diff := cmp.Diff(want, collect(snapshot.All())); diff != "" {
						rt.Fatalf("All (-want +got):\n%s", diff)
					}
				}
			}
		}
	})
}

func TestSnapshotGet(t *testing.T) {
	store := memkv.New()
	if err := store.Set(t.Context(), []byte("a"), []byte("old")); err != nil {
		t.Fatal(err)
	}
	snapshot := store.Snapshot()
	if err := store.Set(t.Context(), []byte("a"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := snapshot.Get([]byte("a"))
		if err != nil || string(got) != "old" {
			t.Fatalf("Get returned %q and %v, want %q", got, err, "old")
		}
		clear(got)
	}
	if _, err := snapshot.Get([]byte("b")); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get of an absent key returned %v, want ErrNotFound", err)
	}
	if _, err := snapshot.Get(nil); err == nil || errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get of the empty key returned %v, want an error other than ErrNotFound", err)
	}
}

func ExampleKV_Snapshot() {
	ctx := context.Background()
	store := memkv.New()
	for _, fruit := range []string{"apple", "banana", "apricot"} {
		if err := store.Set(ctx, []byte("fruit/"+fruit), []byte("fresh")); err != nil {
			fmt.Println(err)
		}
	}
	snapshot := store.Snapshot()
	if err := store.Delete(ctx, []byte("fruit/apple")); err != nil {
		fmt.Println(err)
	}
	for key, value := range snapshot.Prefix([]byte("fruit/ap")) {
		fmt.Printf("%s %s\n", key, value)
	}
	// Output:
	// fruit/apple fresh
	// fruit/apricot fresh
}
