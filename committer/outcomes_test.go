package committer_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/committer"
)

// outcomes defines each word of the state machine's table: it checks the result
// of a call and returns the situation that the call must leave.
var outcomes = map[string]func(*world, state, attempt) situation{
	// The call fails and changes nothing.
	"InSession":     refused(committer.ErrInSession),
	"NotInSession":  refused(committer.ErrNotInSession),
	"NotLoaded":     refused(committer.ErrNotLoaded),
	"EmptyKey":      refused(committer.ErrEmptyKey),
	"Closed":        refused(committer.ErrClosed),
	"External":      refused(committer.ErrExternal),
	"NoSavepoint":   refused(committer.ErrNoSavepoint),
	"NotRegistered": refused(committer.ErrNotRegistered),
	"KeyMismatch": func(w *world, s state, got attempt) situation {
		var mismatch *committer.KeyMismatchError
		if !errors.As(got.err, &mismatch) || string(mismatch.Pending) != s.is.key || string(mismatch.Got) != got.key {
			w.t.Errorf("%v, want a KeyMismatchError: %s expected, not %s", got.err, s.is.key, got.key)
		}
		return refused(committer.ErrIdempotencyKeyMismatch)(w, s, got)
	},
	"AlreadyCommitted": func(w *world, s state, got attempt) situation {
		var already *committer.AlreadyCommittedError
		if !errors.As(got.err, &already) || string(already.Session.Key) != got.key {
			w.t.Fatalf("%v, want an AlreadyCommittedError of %s", got.err, got.key)
		}
		w.checkSession(already.Session, s)
		return refused(committer.ErrAlreadyCommitted)(w, s, got)
	},
	"Undecided": func(w *world, s state, got attempt) situation {
		then := refused(committer.ErrUndecided)(w, s, got)
		if s.is.half { // Cancel ends the session all the same
			then = situation{phase: atDecided, history: s.is.history, key: s.is.key}
		}
		return then
	},

	// The call changes nothing.
	"-": nothing,
	"answers": func(w *world, s state, got attempt) situation {
		w.must(got.call, got.err, nil)
		if got.did || string(got.s.Key) != got.key {
			w.t.Errorf("%s ran: %v, and answered with session %q, want that of %s", got.call, got.did, got.s.Key, got.key)
		}
		w.checkSession(got.s, s)
		return s.after(got)
	},
	"waits": func(w *world, s state, got attempt) situation {
		if got.took != patience {
			w.t.Errorf("Do returned after %v, want it to wait until its timeout, %v", got.took, patience)
		}
		return refused(context.DeadlineExceeded)(w, s, got)
	},

	// A session begins.
	"opens": begun(atSession),
	"recovers": func(w *world, s state, got attempt) situation {
		if s.external {
			return begun(atFinish)(w, s, got)
		}
		return begun(atSession)(w, s, got)
	},
	"replays": func(w *world, s state, got attempt) situation {
		then := begun(atVerify)(w, s, got)
		history := s.is.history
		if counter, _ := w.accounts.Get("counter"); counter.Balance != int64(len(history)-1) {
			w.t.Errorf("the replay sees the counter at %d, want %d, as before the session", counter.Balance, len(history)-1)
		}
		return then
	},

	// The open session continues or ends.
	"the ID": func(w *world, s state, got attempt) situation {
		w.must(got.call, got.err, nil)
		key := got.key
		after := append(slices.Clone(s.is.history), key)
		if want := runAll(w.t, s.external, after).ids[key]; s.is.phase != atVerify && !slices.Contains(s.is.history, key) && !bytes.Equal(got.id, want) {
			w.t.Errorf("%s returned ID %x, want %x", got.call, got.id, want)
		} else if want := runAll(w.t, s.external, s.is.history).ids[key]; want != nil && !bytes.Equal(got.id, want) {
			w.t.Errorf("%s returned ID %x, want that of the first time, %x", got.call, got.id, want)
		}
		then := s.is
		if got.call == "Stage" {
			then.sealed = true
			return then
		}
		if !slices.Contains(then.history, key) {
			then.history = after
		}
		return situation{phase: atLoaded, history: then.history}
	},
	"cancels": func(w *world, s state, got attempt) situation {
		w.must(got.call, got.err, nil)
		if s.is.phase == atFinish { // the session stays decided
			return situation{phase: atDecided, history: s.is.history, key: s.is.key}
		}
		return situation{phase: atLoaded, history: s.is.history}
	},
	"discards": func(w *world, s state, got attempt) situation {
		w.must(got.call, got.err, nil)
		return situation{phase: atLoaded, history: s.is.history}
	},
	"runs": func(w *world, s state, got attempt) situation {
		w.must(got.call, got.err, nil)
		if !got.did {
			w.t.Errorf("%s did not run its function", got.call)
		}
		if got.call != "Do" {
			return s.is
		}
		then := situation{phase: atLoaded, history: append(slices.Clone(s.is.history), got.key)}
		if want := runAll(w.t, s.external, then.history).ids[got.key]; !bytes.Equal(got.id, want) {
			w.t.Errorf("Do returned ID %x, want %x", got.id, want)
		}
		return then
	},

	// Calls between sessions.
	"loads": func(w *world, s state, got attempt) situation {
		w.must("Load", got.err, nil)
		return s.is.loaded(s.external)
	},
	"adds": func(w *world, s state, got attempt) situation {
		w.must("Register", got.err, nil)
		if w.manifestWritten() {
			w.t.Error("Register wrote the manifest before Load")
		}
		w.third = true
		return s.is
	},
	"adds, writes": func(w *world, s state, got attempt) situation {
		w.must("Register", got.err, nil)
		if !w.manifestWritten() {
			w.t.Error("Register has not written the manifest")
		}
		w.third = true
		return s.is
	},
	"exports":  nothing,
	"verifies": nothing,
	"rolls back": func(w *world, s state, got attempt) situation {
		w.must("Rollback", got.err, nil)
		return situation{phase: atLoaded, history: s.is.history[:1]}
	},
	"imports": func(w *world, _ state, got attempt) situation {
		w.must("Import", got.err, nil)
		return situation{phase: atLoaded, history: []string{older, unused}}
	},
	"resolves": func(w *world, s state, got attempt) situation {
		w.must("Resolve", got.err, nil)
		if string(got.s.Key) != s.is.key || got.s.Seq != uint64(len(s.is.history)) {
			w.t.Errorf("Resolve returned session %d with key %q, want that of %s", got.s.Seq, got.s.Key, s.is.key)
		}
		return situation{phase: atResolved, history: s.is.history, key: s.is.key}
	},
	"closes": func(w *world, s state, got attempt) situation {
		w.must("Close", got.err, nil)
		then := s.is
		then.phase = atClosed
		return then
	},
}

// refused is the outcome of a call that returns an error and changes nothing.
func refused(sentinel error) func(*world, state, attempt) situation {
	return func(w *world, s state, got attempt) situation {
		if !errors.Is(got.err, sentinel) {
			w.t.Errorf("error %v, want an error that wraps %q", got.err, sentinel)
		}
		if got.did || got.id != nil && !bytes.Equal(got.id, make([]byte, 32)) {
			w.t.Errorf("ran: %v, ID %x, want neither with an error", got.did, got.id)
		}
		return s.after(got)
	}
}

// nothing is the outcome of a call that changes nothing.
func nothing(w *world, s state, got attempt) situation {
	w.must(got.call, got.err, nil)
	return s.is
}

// begun is the outcome of a Begin that opens a session.
func begun(at phase) func(*world, state, attempt) situation {
	return func(w *world, s state, got attempt) situation {
		w.must("Begin", got.err, nil)
		return situation{phase: at, history: s.is.history, key: got.key}
	}
}

// after returns the situation after a call that does nothing but load.
func (s state) after(got attempt) situation {
	loads := got.call == "Begin" || got.call == "Do"
	if s.is.phase == atNew && loads && got.key != "" {
		return s.is.loaded(s.external)
	}
	return s.is
}

// checkSession checks the sequence and ID of a session that a call returned.
func (w *world) checkSession(got committer.Session, s state) {
	w.t.Helper()
	key := string(got.Key)
	want := runAll(w.t, s.external, s.is.history).ids[key]
	if got.Seq != uint64(slices.Index(s.is.history, key)) || !bytes.Equal(got.ID[:], want) {
		w.t.Errorf("session %d with ID %x, want that of %s, %x", got.Seq, got.ID, key, want)
	}
}

// manifestWritten reports whether the call under test wrote the manifest.
func (w *world) manifestWritten() bool {
	for _, call := range w.fault.Log()[w.calls:] {
		if call.Method == "Set" && strings.HasSuffix(call.Keys[0], "manifest") {
			return true
		}
	}
	return false
}
