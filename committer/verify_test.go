package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// move copies the value of a key from one KV to another.
func move(t *testing.T, from, to kv.KV, key string) []byte {
	t.Helper()
	value, err := from.Get(t.Context(), []byte(key))
	if err == nil {
		err = to.Set(t.Context(), []byte(key), value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// wantFault fails the test unless Verify reports a fault in the value of this key.
func (w *writer) wantFault(what, key string) {
	w.t.Helper()
	var corrupt *committer.CorruptError
	if err := w.m.Verify(w.t.Context()); !errors.As(err, &corrupt) || corrupt.Key != key {
		w.t.Errorf("%s: Verify: %v, want a fault of %s", what, err, key)
	}
}

func TestVerifyFindsTheSessionOfAnotherWriter(t *testing.T) {
	store := memkv.New()
	old := takeOver(t, store, nil)
	old.commits("one")
	takeOver(t, store, nil).commits("two")
	wantError(t, "Verify of the old writer", old.m.Verify(t.Context()), committer.ErrFenced)
}

// Verify checks that the records before the checkpoint lead to it, even if none of
// their headers is retained.
func TestVerifyFindsTheRecordsOfAnotherHistory(t *testing.T) {
	for _, last := range []string{"e", "d"} { // after the checkpoint there is a session, or none
		var stores []kv.KV
		var writers []*writer
		for _, third := range []string{"c", "another"} {
			store := memkv.New()
			w := takeOver(t, store, nil, append(checkpointEach(100), committer.WithHistory(1))...)
			w.commits("a", "b", third, "d")
			if last == "e" {
				w = takeOver(t, store, nil, committer.WithRecords(100))
				w.commits("e")
			}
			stores, writers = append(stores, store), append(writers, w)
		}
		i, err := inspect.Open(t.Context(), stores[0])
		if err != nil {
			t.Fatal(err)
		}
		next, _ := i.Checkpoint()
		if i.OldestRecord() != 0 || next < 3 {
			t.Fatalf("the records from %d on are kept, and the checkpoint has %d sessions", i.OldestRecord(), next)
		}
		if err := writers[0].m.Verify(t.Context()); err != nil {
			t.Errorf("Verify: %v", err)
		}
		for seq := range int(next) {
			move(t, stores[1], stores[0], recordKey(seq))
		}
		writers[0].wantFault("records of another history", recordKey(int(next)-1))
	}
}

func TestVerifyChecksThePendingEntry(t *testing.T) {
	begin := func(key string, sessions ...string) (*writer, kv.KV) {
		store := memkv.New()
		w := takeOver(t, store, nil)
		w.commits(sessions...)
		if err := w.m.Begin(t.Context(), []byte(key)); err != nil {
			t.Fatal(err)
		}
		return w, store
	}
	w, store := begin("open", "one")
	_, future := begin("open", "one", "two")
	_, past := begin("open")
	_, other := begin("other", "one")
	if err := w.m.Verify(t.Context()); err != nil {
		t.Errorf("in a session: %v", err)
	}
	own, err := store.Get(t.Context(), []byte(pendingKey))
	if err != nil {
		t.Fatal(err)
	}
	for what, from := range map[string]kv.KV{"a session of the future": future, "a session of the past": past, "another session": other} {
		move(t, from, store, pendingKey)
		w.wantFault(what, pendingKey)
	}
	if err := errors.Join(store.Set(t.Context(), []byte(pendingKey), own), w.m.Cancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	move(t, future, store, pendingKey)
	w.wantFault("a session of the future, and none is open", pendingKey)
	for what, from := range map[string]kv.KV{"a session that is over": past, "a session that was cancelled": other} {
		move(t, from, store, pendingKey)
		if err := w.m.Verify(t.Context()); err != nil {
			t.Errorf("the entry of %s: %v", what, err)
		}
	}
}

// watched calls a function before each Get and ignores contexts.
type watched struct {
	kv.KV
	onGet func(key []byte)
}

func (w *watched) Get(ctx context.Context, key []byte) ([]byte, error) {
	w.onGet(key)
	return w.KV.Get(context.WithoutCancel(ctx), key)
}

// When Verify cannot read the KV, it stops with that error and reports no faults.
func TestVerifyEndsWithTheContextOrTheKV(t *testing.T) {
	fault := kvtest.NewFault(memkv.New())
	store := &watched{fault, func([]byte) {}}
	w := takeOver(t, store, nil)
	for n := range 20 {
		w.commits(fmt.Sprint(n))
	}
	for seq := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		reads := 0
		store.onGet = func(key []byte) {
			if reads++; bytes.Equal(key, []byte(recordKey(seq))) {
				cancel()
				reads = 0
			}
		}
		if err := w.m.Verify(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, committer.ErrCorrupt) || reads > 1 {
			t.Errorf("the context ends at session %d: %v, after %d further reads", seq, err, reads)
		}
	}
	store.onGet = func([]byte) {}
	for n := 1; ; n++ {
		before := fault.Calls()
		fault.FailAt(before+n, kvtest.Before)
		err := w.m.Verify(t.Context())
		if err == nil {
			break
		}
		if after := fault.Calls() - before - n; !errors.Is(err, kvtest.ErrInjected) || errors.Is(err, committer.ErrCorrupt) || after > 1 {
			t.Errorf("call %d fails: %v, after %d further calls", n, err, after)
		}
	}
}

// When a write of the pending entry has failed, Verify accepts both outcomes.
func TestVerifyAfterAFailedWriteOfThePendingEntry(t *testing.T) {
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		for what, call := range map[string]func(*world) error{
			"Begin":  func(w *world) error { return w.m.Begin(t.Context(), []byte("other")) },
			"Cancel": func(w *world) error { return w.m.Cancel(t.Context()) },
		} {
			w := newWorld(t, setup{kv: kvtest.Sync, opts: []committer.CommitterOpt{committer.WithDiscardPending()}})
			w.runAll("first")
			w.begin("open")
			w.reopen()
			w.load()
			w.failCall(1, when)
			wantError(t, what, call(w), kvtest.ErrInjected)
			if err := w.m.Verify(t.Context()); err != nil {
				t.Errorf("after the failed %s (%v): %v", what, when, err)
			}
			w.must(what+" again", call(w), nil)
			if err := w.m.Verify(t.Context()); err != nil {
				t.Errorf("after another %s (%v): %v", what, when, err)
			}
		}
	}
}
