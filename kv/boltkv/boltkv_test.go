package boltkv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/boltkv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

func open(t testing.TB, path string, opts *boltkv.Options) *boltkv.KV {
	t.Helper()
	store, err := boltkv.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestConformance(t *testing.T) {
	paths := make(map[kv.KV]string)
	kvtest.Run(t, func(t *testing.T) kv.KV {
		path := filepath.Join(t.TempDir(), "test.db")
		store := open(t, path, nil)
		paths[store] = path
		return store
	}, func(t *testing.T, old kv.KV) kv.KV {
		if err := old.(*boltkv.KV).Close(); err != nil {
			t.Fatal(err)
		}
		store := open(t, paths[old], nil)
		paths[store] = paths[old]
		return store
	})
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path, nil)
	for _, opts := range []*boltkv.Options{nil, {ReadOnly: true}} {
		if _, err := boltkv.Open(path, opts); !errors.Is(err, kv.ErrLocked) || !strings.Contains(err.Error(), path) {
			t.Errorf("a second Open: %v, want one that wraps %q and names the file", err, kv.ErrLocked)
		}
	}
	if err := store.Set(t.Context(), []byte("a"), []byte("1")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), []byte("a")); err == nil || errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get after Close: %v", err)
	}
	if err := store.Set(t.Context(), []byte("a"), nil); err == nil {
		t.Error("Set after Close succeeded")
	}

	// Several readers can share the file. They cannot write.
	first, second := open(t, path, &boltkv.Options{ReadOnly: true}), open(t, path, &boltkv.Options{ReadOnly: true})
	for _, reader := range []*boltkv.KV{first, second} {
		if value, err := reader.Get(t.Context(), []byte("a")); string(value) != "1" || err != nil {
			t.Errorf("a reader got %q, %v", value, err)
		}
		for what, err := range map[string]error{
			"Set":    reader.Set(t.Context(), []byte("b"), nil),
			"Delete": reader.Delete(t.Context(), []byte("a")),
			"Batch":  reader.Batch(t.Context(), []kv.Op{{Key: []byte("b")}}),
		} {
			if err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("%s of a reader: %v", what, err)
			}
		}
	}
	if _, err := boltkv.Open(path, nil); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("Open beside readers: %v, want %v", err, kv.ErrLocked)
	}
}

// Open refuses a file that is not a database, gives a reason, and does not change
// the file.
func TestOpenRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("users")); return err })
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, reason string }{
		{dir, "not a file"},
		{filepath.Join(dir, "missing", "test.db"), "no such file"},
		{write("text", []byte(strings.Repeat("name,balance\n", 1000))), "not a bolt database"},
		{write("short", []byte("x")), "short"},
		{foreign, "another program's"},
	} {
		before, _ := os.ReadFile(c.path)
		for _, opts := range []*boltkv.Options{nil, {ReadOnly: true}} {
			_, err := boltkv.Open(c.path, opts)
			if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), c.path) {
				t.Errorf("Open(%s, %+v): %v, want it to name the file and say %q", c.path, opts, err, c.reason)
			}
		}
		if after, _ := os.ReadFile(c.path); string(after) != string(before) {
			t.Errorf("Open changed %s", c.path)
		}
	}
	for _, path := range []string{filepath.Join(dir, "none.db"), write("empty", nil)} {
		if _, err := boltkv.Open(path, &boltkv.Options{ReadOnly: true}); err == nil {
			t.Errorf("Open(%s) read-only succeeded", path)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("Open created a file although it was read-only")
	}
	open(t, filepath.Join(dir, "empty"), nil) // an empty file becomes a database
}

// A file that was cut short, or has a damaged page, causes errors, not a panic.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path, nil)
	var ops []kv.Op
	for i := range 200 {
		ops = append(ops, kv.Op{Key: fmt.Appendf(nil, "key %03d", i), Value: make([]byte, 1000)})
	}
	if err := errors.Join(store.Batch(t.Context(), ops), store.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for size := page; size < len(whole); size += 3 * page {
		damaged := filepath.Join(t.TempDir(), "cut.db")
		if err := os.WriteFile(damaged, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		store, err := boltkv.Open(damaged, nil)
		if err != nil {
			continue
		}
		_ = store.Close()
		if size < len(whole)/2 {
			t.Errorf("a file of %d bytes that was cut to %d was opened", len(whole), size)
		}
	}
	for at := 2 * page; at < len(whole); at += page {
		damaged := filepath.Join(t.TempDir(), "page.db")
		content := append([]byte{}, whole...)
		for i := range 16 { // the header of a page
			content[at+i] = 0xff
		}
		if err := os.WriteFile(damaged, content, 0o600); err != nil {
			t.Fatal(err)
		}
		store, err := boltkv.Open(damaged, nil)
		if err != nil {
			continue
		}
		for i := range 200 {
			if _, err := store.Get(context.Background(), fmt.Appendf(nil, "key %03d", i)); err != nil {
				break
			}
		}
		_ = store.Set(context.Background(), []byte("more"), nil)
		_ = store.Close()
	}
}

// A value or key that is too long is refused and changes nothing, and the KV
// stays usable.
func TestTooLong(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	long := make([]byte, store.MaxValue()+1)
	for what, op := range map[string]kv.Op{
		"too long":  {Key: []byte("a"), Value: long},
		"too large": {Key: long[:40<<10]},
	} {
		err := store.Batch(t.Context(), []kv.Op{{Key: []byte("beside")}, op})
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
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Batch(t.Context(), nil); err == nil {
		t.Error("a Batch of nothing after Close succeeded")
	}
}

// Four values of length MaxValue, which bbolt stores in one page, can be read
// back.
func TestLongestValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path, nil)
	value := bytes.Repeat([]byte("01234567"), store.MaxValue()/8)
	for i := range 4 {
		if err := store.Set(t.Context(), fmt.Appendf(nil, "key %d", i), value); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = open(t, path, nil)
	for i := range 4 {
		if got, err := store.Get(t.Context(), fmt.Appendf(nil, "key %d", i)); err != nil || !bytes.Equal(got, value) {
			t.Errorf("value %d: %d bytes, %v", i, len(got), err)
		}
	}
}
