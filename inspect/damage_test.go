package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// fixed is a KV with fixed contents.
type fixed map[string][]byte

func (f fixed) Get(_ context.Context, key []byte) ([]byte, error) {
	value, ok := f[string(key)]
	if !ok {
		return nil, kv.ErrNotFound
	}
	return bytes.Clone(value), nil
}

func (fixed) Set(context.Context, []byte, []byte) error { return errors.New("fixed") }
func (fixed) Delete(context.Context, []byte) error      { return errors.New("fixed") }

// listing is a KV that remembers the keys that were read.
type listing struct {
	kv.KV
	keys map[string]bool
}

func (l listing) Get(ctx context.Context, key []byte) ([]byte, error) {
	l.keys[string(key)] = true
	return l.KV.Get(ctx, key)
}

// readAll reads everything that package inspect can read, and returns it as
// text, with the first error.
func readAll(ctx context.Context, store kv.KV) (string, error) {
	db, err := inspect.Open(ctx, store)
	if err != nil {
		return "", err
	}
	text := fmt.Sprint(db.Members(), slices.Collect(db.Sessions(0)))
	pending, ok := db.Pending()
	text += fmt.Sprint(pending, ok)
	for r, err := range db.Records(ctx, db.OldestRecord()) {
		if err != nil {
			return text, err
		}
		for i := range r.Parts {
			changes, err := r.Parts[i].Changes()
			if err != nil && !errors.Is(err, inspect.ErrNotDecodable) {
				return text, err
			}
			text += fmt.Sprintln(r.Parts[i].Name, len(changes), r.Parts[i].Journal)
		}
	}
	for row, err := range db.Rows(ctx, "pairs") {
		if err != nil {
			return text, err
		}
		text += fmt.Sprintf("%x\n", row.Encoded)
	}
	return text, nil
}

// damageable returns the contents of a database with a checkpoint, records, an
// external committable and a pending session, as far as inspection reads them.
func damageable(t *testing.T) fixed {
	t.Helper()
	store := made(t, map[string]committer.Committable{"mail": &mail{}}, func(p *program) {
		for n := 0; ; n++ {
			p.commits(n, n+1)
			if db, err := inspect.Open(t.Context(), p.kv); err == nil {
				if sessions, ok := db.Checkpoint(); ok && sessions >= 2 {
					return
				}
			}
		}
	}, eager(3)...)
	p := start(t, store, map[string]committer.Committable{"mail": &mail{}})
	p.must(p.Begin(t.Context(), []byte("open")))
	l := listing{store, make(map[string]bool)}
	if _, err := readAll(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	values := make(fixed)
	for key := range l.keys {
		if value, err := store.Get(t.Context(), []byte(key)); err == nil {
			values[key] = value
		}
	}
	return values
}

// TestDamage flips a bit in each byte of each value, and removes each value. Either the
// damage is reported as a CorruptError, or it changes nothing that is read.
func TestDamage(t *testing.T) {
	values := damageable(t)
	want, err := readAll(t.Context(), values)
	if err != nil {
		t.Fatal(err)
	}
	read := func(what string) {
		t.Helper()
		got, err := readAll(t.Context(), values)
		var corrupt *committer.CorruptError
		if err == nil && got != want || err != nil && !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for key, value := range values {
		for i := range value {
			damaged := bytes.Clone(value)
			damaged[i] ^= 1 << (i % 8)
			values[key] = damaged
			read(fmt.Sprintf("bit %d of byte %d of %s", i%8, i, key))
		}
		delete(values, key)
		if key != format.PendingKey { // without it, no session is pending
			read(key + " is missing")
		}
		values[key] = value
	}
}

// TestHugeNumbers has numbers in the manifest that no MultiCommitter writes, under
// a valid checksum. They are damage and must not overflow.
func TestHugeNumbers(t *testing.T) {
	for name, change := range map[string]func(*format.Manifest){
		"history":    func(m *format.Manifest) { m.History = math.MaxUint64 },
		"generation": func(m *format.Manifest) { m.Generation = math.MaxUint64 },
		"epoch":      func(m *format.Manifest) { m.Epochs = []format.Epoch{{Number: math.MaxUint64}} },
		"garbage": func(m *format.Manifest) {
			m.Garbage = []format.Garbage{{Kind: format.GarbageRecords, To: math.MaxUint64}}
		},
	} {
		m := format.NewManifest()
		m.History = 10
		change(m)
		store := memkv.New()
		for key, value := range map[string][]byte{format.ManifestKey: m.Encode(), format.MarkerKey: format.EncodeMarker()} {
			if err := store.Set(t.Context(), []byte(key), value); err != nil {
				t.Fatal(err)
			}
		}
		var corrupt *committer.CorruptError
		if _, err := inspect.Open(t.Context(), store); !errors.As(err, &corrupt) || corrupt.Key != format.ManifestKey {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestForgedJournal has a record under a valid checksum whose journal does not match
// the schema of the store.
func TestForgedJournal(t *testing.T) {
	for name, forged := range map[string]string{
		"cut off":      "\x01\x09\x08",
		"unknown kind": "\x07\x00",
		"bad row":      "\x01\x01\xff",
		"bad key":      "\x00\x01\x01",
	} {
		store := made(t, nil, func(p *program) { p.commits(0, 1) })
		key := format.RecordKey(0, 0)
		value, err := store.Get(t.Context(), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		rec, err := format.DecodeRecord(value)
		if err != nil {
			t.Fatal(err)
		}
		rec.Parts[0].Journal = []byte(forged)
		if err := store.Set(t.Context(), []byte(key), rec.Encode()); err != nil {
			t.Fatal(err)
		}
		r, err := open(t, store).Record(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		var corrupt *committer.CorruptError
		if changes, err := r.Parts[0].Changes(); !errors.As(err, &corrupt) || corrupt.Key != key {
			t.Errorf("%s: %v, %v", name, changes, err)
		}
	}
}
