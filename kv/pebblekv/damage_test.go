package pebblekv_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gencommittable/gencommittable/kv/pebblekv"
)

// Calls that read a damaged table return an error. The process goes on.
func TestDamagedTable(t *testing.T) {
	dir := t.TempDir()
	open := func(readOnly bool) *pebblekv.KV {
		k, err := pebblekv.Open(dir, &pebblekv.Options{ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	key := func(i int) []byte { return fmt.Appendf(nil, "key %d", i) }
	const keys = 1500
	k := open(false)
	for i := range keys {
		if err := k.Set(t.Context(), key(i), bytes.Repeat(key(i), 30)); err != nil {
			t.Fatal(err)
		}
	}
	closeKV := func() {
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
	}
	closeKV()
	k = open(false) // the log becomes a table
	closeKV()
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, name := range tables {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 100; i < len(b)*3/4; i += 500 {
			b[i] ^= 1
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, readOnly := range []bool{true, false} {
		k = open(readOnly)
		failed := 0
		for i := range keys {
			switch value, err := k.Get(t.Context(), key(i)); {
			case err != nil:
				failed++
			case !bytes.Equal(value, bytes.Repeat(key(i), 30)):
				t.Fatalf("key %d has the value %q", i, value)
			}
		}
		if failed == 0 {
			t.Error("no damage was noticed")
		}
		_ = k.Close()
	}
}
