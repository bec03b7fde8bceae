package committer_test

import (
	"bytes"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// While the outcome of a write is unknown and reading it back fails, every call
// that needs the outcome fails. Nothing is lost.
func TestUnknownOutcomeWhileTheKVIsSilent(t *testing.T) {
	for _, s := range states() {
		if !s.settles {
			continue
		}
		for _, call := range []string{
			"Load", "Begin(new key)", "Begin(last key)", "Begin(empty)", "Stage", "Commit(right key)", "Commit(wrong key)",
			"Cancel", "Do(new key)", "Register",
		} {
			t.Run(s.name+"/"+call, func(t *testing.T) {
				for _, kind := range kvKinds() {
					w := loadedWorld(t, setup{kv: kind, external: s.external}, older, last)
					s.build(w)
					w.failCall(1, kvtest.Before)
					got := calls[call][0](w, s.keys())
					wantError(t, call, got.err, kvtest.ErrInjected)
					if got.did || len(got.id) > 0 && !bytes.Equal(got.id, make([]byte, 32)) {
						t.Errorf("%s ran: %v, ID %x", call, got.did, got.id)
					}
					if l, _, _ := w.m.Last(); string(l.Key) != last {
						t.Errorf("the last session is %s", l.Key)
					}
					_, _ = w.m.Commit(t.Context(), []byte(settlingKey))
					w.check(s.is)
				}
			})
		}
	}
}

// Close succeeds in closing without knowing the outcome. The next Load finds it.
func TestCloseWhileTheKVIsSilent(t *testing.T) {
	for when, then := range map[kvtest.When]situation{
		kvtest.Before: {phase: atClosed, history: []string{older, last}, key: current},
		kvtest.After:  {phase: atClosed, history: []string{older, last, current}},
	} {
		w := loadedWorld(t, setup{kv: kvtest.Create | kvtest.Sync}, older, last)
		w.begin(current)
		w.failCall(1, when)
		_, err := w.m.Commit(t.Context(), []byte(current))
		w.must("Commit", err, kvtest.ErrInjected)
		w.failCall(1, kvtest.Before)
		wantError(t, "Close", w.m.Close(), kvtest.ErrInjected)
		wantError(t, "Begin", w.m.Begin(t.Context(), []byte(current)), committer.ErrClosed)
		w.must("a second Close", w.m.Close(), nil)
		w.check(then)
	}
}

// Another call may find the outcome first. Commit still returns the ID afterwards.
func TestCommitAgainAfterAnotherCallFoundOut(t *testing.T) {
	for name, find := range map[string]func(w *world){
		"Load":          func(w *world) { w.load() },
		"Register":      func(w *world) { w.third = true; w.must("Register", w.m.Register("third", newAccountStore()), nil) },
		"Do of the key": func(w *world) { _, _, err := w.do(w.t.Context(), current); w.must("Do", err, nil) },
		"Begin of older": func(w *world) {
			w.must("Begin", w.m.Begin(w.t.Context(), []byte(older)), committer.ErrAlreadyCommitted)
		},
		"Commit of other": func(w *world) { w.must("Commit", w.tryCommit(unused).err, committer.ErrNotInSession) },
		"Stage": func(w *world) {
			_, err := w.m.Stage(w.t.Context(), []byte(current))
			w.must("Stage", err, committer.ErrNotInSession)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
			w.begin(current)
			w.failCall(1, kvtest.After)
			_, err := w.m.Commit(t.Context(), []byte(current))
			w.must("Commit", err, kvtest.ErrInjected)
			find(w)
			for range 2 {
				if id := w.commit(current); !bytes.Equal(id, runAll(t, false, []string{older, last, current}).ids[current]) {
					t.Errorf("Commit again: ID %x", id)
				}
			}
			wantError(t, "Cancel", w.m.Cancel(t.Context()), committer.ErrAlreadyCommitted)
			w.must("a second Cancel", w.m.Cancel(t.Context()), nil)
			wantError(t, "Commit of another key", w.tryCommit(unused).err, committer.ErrNotInSession)
			w.checkLoaded([]string{older, last, current})
		})
	}
}

// Repeated failures of the same write are handled each time.
func TestUnknownOutcomeManyTimes(t *testing.T) {
	for _, external := range []bool{false, true} {
		w := loadedWorld(t, setup{kv: kvtest.Create | kvtest.Sync, external: external}, older, last)
		w.begin(current)
		for range 5 {
			w.failCall(1, kvtest.Before)
			w.failCall(2, kvtest.Before) // the write, when the first call reads it back
			_, err := w.m.Commit(t.Context(), []byte(current))
			wantError(t, "Commit", err, kvtest.ErrInjected)
		}
		for n := range 5 { // one more failure, at each of the next calls
			w.failCall(n+1, kvtest.Before)
			if _, err := w.m.Commit(t.Context(), []byte(current)); err == nil {
				break
			} else if w.fault.Log()[w.fault.Calls()-1].Method == "Sync" {
				wantError(t, "Commit", err, committer.ErrClosed)
				break
			}
		}
		w.reopen()
		w.load()
		if _, _, err := w.do(t.Context(), current); err != nil {
			t.Error(err)
		}
		w.checkLoaded([]string{older, last, current})
	}
}

// Reading a failed write back finds the session of another writer, also on a KV
// without Create.
func TestAnotherWriterShowsWhenAWriteIsReadBack(t *testing.T) {
	for _, kind := range kvKinds() {
		for name, find := range map[string]func(w *world) error{
			"Commit": func(w *world) error { return w.tryCommit(current).err },
			"Cancel": func(w *world) error { return w.m.Cancel(w.t.Context()) },
			"Begin":  func(w *world) error { return w.m.Begin(w.t.Context(), []byte(unused)) },
			"Do":     func(w *world) error { return w.tryDo(unused).err },
			"Close":  func(w *world) error { return w.m.Close() },
		} {
			t.Run(kind.String()+"/"+name, func(t *testing.T) {
				w := loadedWorld(t, setup{kv: kind}, older, last)
				w.begin(current)
				w.failCall(1, kvtest.Before)
				_, err := w.m.Commit(t.Context(), []byte(current))
				w.must("Commit", err, kvtest.ErrInjected)
				other := newWorld(t, w.setup)
				other.disk = w.disk
				other.reopen(committer.WithDiscardPending())
				other.run("intruder")

				wantError(t, name, find(w), committer.ErrFenced)
				wantError(t, "Begin", w.m.Begin(t.Context(), []byte(unused)), committer.ErrClosed, committer.ErrFenced)
				if a := w.accounts; a.View().Has(current) {
					t.Error("the session was published")
				}
				w.reopen()
				w.load()
				w.checkLoaded([]string{older, last, "intruder"})
			})
		}
	}
}
