package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// frozen is a read-only KV with given values. It refuses writes and records their
// keys.
type frozen struct {
	values  map[string][]byte
	written []string
}

func (f *frozen) Get(_ context.Context, key []byte) ([]byte, error) {
	if value, ok := f.values[string(key)]; ok {
		return bytes.Clone(value), nil
	}
	return nil, kv.ErrNotFound
}

var errFrozen = errors.New("frozen: nothing is written")

func (f *frozen) Set(_ context.Context, key, _ []byte) error {
	f.written = append(f.written, string(key))
	return errFrozen
}

func (f *frozen) Delete(_ context.Context, key []byte) error {
	f.written = append(f.written, "-"+string(key))
	return errFrozen
}

// site is an application with three stores and an optional external.
type site struct {
	m      *committer.MultiCommitter
	stores map[string]*accountStore
	bank   *external
}

func openSite(store kv.KV, db *database, opts ...committer.CommitterOpt) *site {
	s := &site{stores: make(map[string]*accountStore)}
	all := make(map[string]committer.Committable)
	for _, name := range []string{"accounts", "orders", "savings"} {
		s.stores[name] = newAccountStore()
		all[name] = s.stores[name]
	}
	if db != nil {
		s.bank = newExternal(db)
		all["bank"] = s.bank
	}
	s.m = committer.NewCommitter(store, all, opts...)
	return s
}

// run commits a session that changes every store.
func (s *site) run(t testing.TB, key string) {
	t.Helper()
	_, _, err := s.m.Do(t.Context(), []byte(key), func(context.Context) error { return s.write(key) })
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) write(key string) error {
	var errs []error
	for name, store := range s.stores {
		errs = append(errs, store.Put(account{ID: key, Owner: name}), store.Put(account{ID: "newest", Owner: key}))
	}
	if s.bank != nil {
		errs = append(errs, s.bank.Set(key, "written"))
	}
	return errors.Join(errs...)
}

// checkpointedSite returns a database whose second checkpoint is complete, with
// records from before and after this checkpoint.
func checkpointedSite(t testing.TB, db *database) (*memkv.KV, *site) {
	store := memkv.New()
	s := openSite(store, db, checkpointEach(2)...)
	for i := range 5 {
		s.run(t, fmt.Sprint("session ", i))
	}
	if err := s.m.Close(); err != nil {
		t.Fatal(err)
	}
	s = openSite(store, db) // without further checkpoints
	s.run(t, "after the checkpoint")
	return store, s
}

// damagedSites returns functions that build the databases to damage, each in
// another state.
func damagedSites() map[string]func(t testing.TB) (*memkv.KV, *database) {
	return map[string]func(t testing.TB) (*memkv.KV, *database){
		"stores": func(t testing.TB) (*memkv.KV, *database) {
			store, _ := checkpointedSite(t, nil)
			return store, nil
		},
		"left open": func(t testing.TB) (*memkv.KV, *database) {
			store, s := checkpointedSite(t, nil)
			if err := s.m.Begin(t.Context(), []byte("open")); err != nil {
				t.Fatal(err)
			}
			return store, nil
		},
		"externals": func(t testing.TB) (*memkv.KV, *database) {
			db := newDatabase()
			store, _ := checkpointedSite(t, db)
			return store, db
		},
		"decided": func(t testing.TB) (*memkv.KV, *database) {
			db := newDatabase()
			store, s := checkpointedSite(t, db)
			s.bank.fault = func(method string, _ when) error {
				if method == "Commit" {
					return errBank
				}
				return nil
			}
			_, _, err := s.m.Do(t.Context(), []byte("decided"), func(context.Context) error { return s.write("decided") })
			if !errors.Is(err, committer.ErrUndecided) {
				t.Fatal(err)
			}
			return store, db
		},
	}
}

// faultOf loads and, if that succeeds, verifies a damaged database. It returns the
// keys that the errors name. Neither call may write.
func faultOf(t *testing.T, values map[string][]byte, db *database) (faults []string, at string, s *site) {
	t.Helper()
	store := &frozen{values: values}
	s = openSite(store, db)
	at = "Load"
	err := s.m.Load(t.Context())
	if err == nil {
		at = "Verify"
		err = s.m.Verify(t.Context())
	}
	if len(store.written) > 0 {
		t.Fatalf("a damaged database was written to: %q", store.written)
	}
	if err != nil && !errors.Is(err, committer.ErrCorrupt) {
		t.Fatalf("%s: %v, want an error that wraps ErrCorrupt", at, err)
	}
	return corruptKeys(err), at, s
}

// corruptKeys returns the keys of all CorruptErrors in an error.
func corruptKeys(err error) (keys []string) {
	switch e := err.(type) {
	case *committer.CorruptError:
		return []string{e.Key}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			keys = append(keys, corruptKeys(inner)...)
		}
	case interface{ Unwrap() error }:
		return corruptKeys(e.Unwrap())
	}
	return keys
}

func valuesOf(store *memkv.KV) map[string][]byte {
	values := make(map[string][]byte)
	for key, value := range store.Snapshot().All() {
		values[string(key)] = bytes.Clone(value)
	}
	return values
}

func TestDamageOfEveryByte(t *testing.T) {
	for name, build := range damagedSites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, db := build(t)
			values := valuesOf(store)
			if faults, at, _ := faultOf(t, values, db); len(faults) > 0 {
				t.Fatalf("undamaged, %s finds %q", at, faults)
			}
			size := 0
			for key, value := range values {
				size += len(value)
				for i := range value {
					damaged := bytes.Clone(value)
					damaged[i] ^= 1 << (i % 8)
					values[key] = damaged
					if faults, at, _ := faultOf(t, values, db); !slices.Contains(faults, key) {
						t.Errorf("%s, byte %d: %s finds faults in %q", key, i, at, faults)
					}
				}
				values[key] = value
			}
			t.Logf("%d values, %d bytes", len(values), size)
		})
	}
}

// Load or Verify finds every missing key, except the keys of the last write: the
// newest record and the pending entry. Their loss looks the same as a write that
// was never made.
func TestDamageOfEveryKey(t *testing.T) {
	const newest = "mc/session/0000000000/00000000000000000005"
	passes := map[string]bool{
		"stores: " + newest:     true,
		"left open: mc/pending": true,
		"decided: mc/session/0000000000/00000000000000000006": true, // it is left open again
	}
	blamed := map[string]string{ // the error names another key
		"left open: " + newest:                                "mc/pending",
		"externals: mc/final/0000000000/00000000000000000005": "mc/pending", // a decided session has one
	}
	for name, build := range damagedSites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, db := build(t)
			values := valuesOf(store)
			for key, value := range values {
				delete(values, key)
				faults, at, s := faultOf(t, values, db)
				cell, want := name+": "+key, key
				if other, ok := blamed[cell]; ok {
					want = other
				}
				if passes[cell] {
					if len(faults) > 0 {
						t.Errorf("%s: %s finds %q", cell, at, faults)
					}
					// Only a header that was kept elsewhere reveals this loss.
					if last, ok, err := s.m.Last(); key == newest && (err != nil || !ok || last.Seq >= 5) {
						t.Errorf("%s: the last session is %v, %v, %v", cell, last, ok, err)
					}
				} else if !slices.Contains(faults, want) {
					t.Errorf("%s: %s finds faults in %q", cell, at, faults)
				}
				values[key] = value
			}
		})
	}
}

// No value with a valid checksum makes Load, Verify or inspection panic. By
// default, each byte gets one of three forged values; in long mode, all three.
func TestDamageThatIsForged(t *testing.T) {
	for name, build := range damagedSites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, db := build(t)
			values := valuesOf(store)
			for key, value := range values {
				for i := range value[:len(value)-4] {
					for _, b := range forgedBytes(i, value[i]) {
						forged := bytes.Clone(value)
						forged[i] = b
						values[key] = seal(forged)
						s := openSite(&frozen{values: values}, db)
						if err := s.m.Load(t.Context()); err == nil {
							_ = s.m.Verify(t.Context())
						}
						if i, err := inspect.Open(t.Context(), &frozen{values: values}); err == nil {
							_, _ = i.Record(t.Context(), 3)
						}
					}
				}
				values[key] = value
			}
		})
	}
}

// forgedBytes returns bytes to replace byte i of a value.
func forgedBytes(i int, b byte) []byte {
	all := []byte{0, 0xff, b + 1}
	if long() {
		return all
	}
	return all[i%3 : i%3+1]
}
