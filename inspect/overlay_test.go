package inspect

import (
	"errors"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// TestOverlay writes over a KV, which must stay as it is.
func TestOverlay(t *testing.T) {
	ctx, below := t.Context(), memkv.New()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	wantValue := func(from kv.KV, key, want string) {
		t.Helper()
		value, err := from.Get(ctx, []byte(key))
		if want == "" && !errors.Is(err, kv.ErrNotFound) || want != "" && string(value) != want {
			t.Errorf("%s is %q, %v, and not %q", key, value, err, want)
		}
	}
	for _, key := range []string{"kept", "set", "deleted", "both"} {
		must(below.Set(ctx, []byte(key), []byte("old")))
	}
	o := newOverlay(below)
	must(o.Set(ctx, []byte("set"), []byte("new")))
	must(o.Set(ctx, []byte("more"), []byte("new")))
	must(o.Delete(ctx, []byte("deleted")))
	must(o.Delete(ctx, []byte("both")))
	must(o.Set(ctx, []byte("both"), []byte("again")))
	for key, want := range map[string]string{"kept": "old", "set": "new", "deleted": "", "both": "again", "more": "new", "none": ""} {
		wantValue(o, key, want)
	}
	for key, want := range map[string]string{"kept": "old", "set": "old", "deleted": "old", "both": "old", "more": ""} {
		wantValue(below, key, want)
	}
}
