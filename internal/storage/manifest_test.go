package storage

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/memkv"
)

var (
	errCorrupt = errors.New("corrupt")
	errLimit   = errors.New("limit")
	errFenced  = errors.New("fenced")
	errKV      = errors.New("the KV does not answer")
)

// failing is a KV whose calls can fail, a write before or after it took effect.
type failing struct {
	*memkv.KV
	get, before, after error
}

func (f *failing) Get(ctx context.Context, key []byte) ([]byte, error) {
	if f.get != nil {
		return nil, f.get
	}
	return f.KV.Get(ctx, key)
}

func (f *failing) Set(ctx context.Context, key, value []byte) error {
	if f.before != nil {
		return f.before
	}
	return errors.Join(f.KV.Set(ctx, key, value), f.after)
}

// owned returns the owner of a new manifest that retains 10 sessions.
func owned(t *testing.T) (*failing, *ManifestOwner) {
	t.Helper()
	store := &failing{KV: memkv.New()}
	db, err := Open(t.Context(), store, Errors{
		Corrupt: func(string, string) error { return errCorrupt },
		Limit:   func(string, int, int) error { return errLimit },
		Fenced:  errFenced,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := NewManifestOwner(db, format.NewManifest())
	if err := o.Write(t.Context(), func(e Edit) { e.History = 10 }); err != nil {
		t.Fatal(err)
	}
	return store, o
}

func setHistory(n uint64) func(Edit) { return func(e Edit) { e.History = n } }

func TestManifestChangeWithUnknownOutcome(t *testing.T) {
	for name, took := range map[string]bool{"before": false, "after": true} {
		store, o := owned(t)
		if took {
			store.after = errKV
		} else {
			store.before = errKV
		}
		if err := o.Change(t.Context(), setHistory(20)); !errors.Is(err, errKV) {
			t.Fatalf("%s: Change: %v", name, err)
		}
		store.before, store.after = nil, nil
		// The next change builds on what is in the KV.
		if err := o.Change(t.Context(), func(e Edit) { e.History++ }); err != nil {
			t.Fatalf("%s: the next Change: %v", name, err)
		}
		want := uint64(11)
		if took {
			want = 21
		}
		if got := o.Current().History; got != want {
			t.Errorf("%s: history %d, want %d", name, got, want)
		}
	}
}

func TestManifestSwitch(t *testing.T) {
	store, o := owned(t)
	switchTo := func(n uint64) error {
		return o.Switch(t.Context(), func(e Edit) error { e.History = n; return nil })
	}
	refused := errors.New("refused")
	if err := o.Switch(t.Context(), func(Edit) error { return refused }); !errors.Is(err, refused) || o.Current().History != 10 {
		t.Errorf("a refused change: %v, history %d", err, o.Current().History)
	}
	store.before = errKV
	if err := switchTo(20); !errors.Is(err, errKV) || o.Current().History != 10 {
		t.Errorf("absent: %v, history %d", err, o.Current().History)
	}
	store.before, store.after = nil, errKV
	if err := switchTo(30); err != nil || o.Current().History != 30 {
		t.Errorf("there: %v, history %d", err, o.Current().History)
	}
	store.after = nil
	err := o.Switch(t.Context(), func(e Edit) error {
		e.History = 40
		store.after, store.get = errKV, errKV
		return nil
	})
	if unknown := (*UnknownError)(nil); !errors.As(err, &unknown) || !errors.Is(err, errKV) {
		t.Errorf("unknown: %v", err)
	}
}

func TestManifestOfAnotherWriter(t *testing.T) {
	store, o := owned(t)
	other := format.NewManifest()
	other.History = 99
	if err := store.Set(t.Context(), []byte(format.ManifestKey), other.Encode()); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Check":  o.Check(t.Context()),
		"Change": o.Change(t.Context(), setHistory(20)),
		"Switch": o.Switch(t.Context(), func(Edit) error { return nil }),
	} {
		if !errors.Is(err, errFenced) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.Frozen(t.Context(), func(m *format.Manifest, fault error) {
		if m.History != 10 || !errors.Is(fault, errCorrupt) {
			t.Errorf("Frozen: history %d, %v", m.History, fault)
		}
	})
	value, err := store.KV.Get(t.Context(), []byte(format.ManifestKey))
	if err != nil || !bytes.Equal(value, other.Encode()) {
		t.Errorf("the manifest of the other writer was replaced: %v", err)
	}
}

func TestCollectGarbage(t *testing.T) {
	store, o := owned(t)
	for n := range uint64(3) {
		if err := store.Set(t.Context(), []byte(format.HeadersKey(7, n)), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	// Numbers 1 and up, until one is missing.
	err := o.Change(t.Context(), func(e Edit) { e.discard(format.Garbage{Kind: format.GarbageHeaders, Number: 7, From: 1}) })
	if err != nil {
		t.Fatal(err)
	}
	if err := o.CollectGarbage(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := 0
	for range store.Snapshot().Prefix([]byte("mc/heads/")) {
		left++
	}
	if left != 1 || len(o.Current().Garbage) != 0 {
		t.Errorf("%d keys are left, the manifest lists %v", left, o.Current().Garbage)
	}
}
