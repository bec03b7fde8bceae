package committer_test

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// Keys of the sessions in the tests of the state machine. In every state, older
// and last are committed. The session current brings the world into the state.
const (
	older   = "older"
	last    = "last"
	current = "current"
	unused  = "unused" // a key of no session
	nobody  = "nobody" // another key of no session
)

// settlingKey is the key of calls that only make the MultiCommitter find out what
// became of a write.
const settlingKey = "a key to find out with"

// state is one way into a state of the state machine.
type state struct {
	name     string
	external bool // an external is registered
	build    func(w *world)

	column  string // column of the table in the package documentation
	settles bool   // the outcome of a write is unknown; column is the state once it is known
	is      situation
}

// situation is the observable state of a world.
type situation struct {
	phase   phase
	history []string // keys of the committed sessions
	key     string   // key of the session that is open, left open or decided
	written bool     // the open session's code has run
	sealed  bool     // the open session is staged
	half    bool     // the staged session's record is already decided
	open    bool     // the session is left open, although an external is registered
}

type phase string

const (
	atNew      phase = "new" // Load will find history and key
	atLoaded   phase = "loaded"
	atSession  phase = "in a session" // under a new key, or one left open
	atVerify   phase = "in a replay of the last session"
	atFinish   phase = "in a replay of a decided session"
	atLeftOpen phase = "left open"
	atDecided  phase = "decided"
	atClosed   phase = "closed" // the next process will load history
	atResolved phase = "loaded, key resolved"
)

// states returns every state. Several entries lead to the same state.
func states() []state {
	var (
		two   = []string{older, last}
		three = []string{older, last, current}
	)
	loaded := situation{phase: atLoaded, history: two}
	committed := situation{phase: atLoaded, history: three}
	open := situation{phase: atSession, history: two, key: current, written: true}
	staged := situation{phase: atSession, history: two, key: current, written: true, sealed: true}
	half := staged
	half.half = true
	leftOpen := situation{phase: atLeftOpen, history: two, key: current}
	decided := situation{phase: atDecided, history: two, key: current}
	fresh := func(then situation) situation { return situation{phase: atNew, history: then.history, key: then.key} }

	list := []state{
		{name: "new", build: func(w *world) { w.reopen() }, column: "new", is: fresh(loaded)},
		{name: "new, with a session left open", build: func(w *world) { w.begin(current); w.reopen() }, column: "new", is: fresh(leftOpen)},
		{name: "new, with a decided session", external: true, build: func(w *world) { w.decide(); w.reopen() }, column: "new", is: fresh(decided)},

		{name: "loaded", build: func(*world) {}, column: "loaded", is: loaded},
		{name: "loaded, with an external", external: true, build: func(*world) {}, column: "loaded", is: loaded},
		{name: "loaded, reopened", build: func(w *world) { w.reopen(); w.load() }, column: "loaded", is: loaded},

		{name: "in session", build: func(w *world) { w.begin(current) }, column: "in session", is: open},
		{name: "in recovery of a session left open", build: func(w *world) {
			w.begin(current)
			w.reopen()
			w.begin(current)
		}, column: "in recovery", is: open},
		{name: "in recovery of the last session", build: func(w *world) { w.begin(last) }, column: "in recovery", is: situation{
			phase: atVerify, history: two, key: last, written: true,
		}},
		{name: "in recovery of a decided session", external: true, build: func(w *world) { w.decide(); w.begin(current) }, column: "in recovery", is: situation{
			phase: atFinish, history: two, key: current, written: true,
		}},

		{name: "staged", build: func(w *world) { w.begin(current); w.stage() }, column: "staged", is: staged},

		{name: "left open", build: func(w *world) { w.begin(current); w.reopen(); w.load() }, column: "left open", is: leftOpen},

		{name: "decided, an external failed", external: true, build: (*world).decide, column: "decided", is: decided},
		{name: "decided, by a crash", external: true, build: func(w *world) {
			w.begin(current)
			w.fault.CrashAt(w.fault.Calls()+3, kvtest.Before) // record, Sync, outcome
			_, err := w.m.Commit(w.t.Context(), []byte(current))
			w.must("Commit", err, kvtest.ErrCrashed)
			w.reopen()
			w.load()
		}, column: "decided", is: decided},

		{name: "closed", build: func(w *world) { w.must("Close", w.m.Close(), nil) }, column: "closed", is: situation{phase: atClosed, history: two}},
		{name: "closed by a failed Sync", build: func(w *world) {
			w.begin(current)
			w.failCall(2, kvtest.Before) // record, Sync
			_, err := w.m.Commit(w.t.Context(), []byte(current))
			w.must("Commit", err, committer.ErrClosed, kvtest.ErrInjected)
		}, column: "closed", is: situation{phase: atClosed, history: three}},
		{name: "closed by another writer", build: func(w *world) {
			w.begin(current)
			other := newWorld(w.t, w.setup)
			other.disk = w.disk
			other.reopen(committer.WithDiscardPending())
			other.run("intruder")
			if !w.setup.kv.Has(kvtest.Create) {
				// Without Create, only reading a failed write back finds the other
				// writer.
				w.failCall(1, kvtest.Before)
				_, err := w.m.Commit(w.t.Context(), []byte(current))
				w.must("Commit", err, kvtest.ErrInjected)
			}
			_, err := w.m.Commit(w.t.Context(), []byte(current))
			w.must("Commit", err, committer.ErrClosed, committer.ErrFenced)
		}, column: "closed", is: situation{phase: atClosed, history: []string{older, last, "intruder"}}},
	}

	// The failing write: the record; with an external, the decided record or,
	// after its Sync, the outcome.
	record := func(*world) int { return 1 }
	outcome := func(w *world) int { return 3 + w.looks(1) }
	for _, u := range []struct {
		name     string
		external bool
		call     func(*world) int
		when     kvtest.When
		byDo     bool
		column   string
		is       situation
	}{
		{"record lost", false, record, kvtest.Before, false, "staged", staged},
		{"record there", false, record, kvtest.After, false, "loaded", committed},
		{"decided record lost", true, record, kvtest.Before, false, "staged", staged},
		{"decided record there", true, record, kvtest.After, false, "staged", half},
		{"outcome lost", true, outcome, kvtest.Before, false, "loaded", committed},
		{"outcome there", true, outcome, kvtest.After, false, "loaded", committed},
		{"record lost after Do", false, record, kvtest.Before, true, "loaded", loaded},
		{"record there after Do", false, record, kvtest.After, true, "loaded", committed},
		{"decided record lost after Do", true, record, kvtest.Before, true, "loaded", loaded},
		{"decided record there after Do", true, record, kvtest.After, true, "decided", decided},
		{"outcome lost after Do", true, outcome, kvtest.Before, true, "loaded", committed},
		{"outcome there after Do", true, outcome, kvtest.After, true, "loaded", committed},
	} {
		list = append(list, state{
			name: "unknown, " + u.name, external: u.external, column: u.column, settles: true, is: u.is,
			build: func(w *world) {
				if u.byDo {
					_, _, err := w.m.Do(w.t.Context(), []byte(current), func(context.Context) error {
						w.failCall(u.call(w), u.when)
						w.failCall(u.call(w)+1, kvtest.Before) // and Do cannot find out
						return w.write(current)
					})
					w.must("Do", err, kvtest.ErrInjected)
					return
				}
				w.begin(current)
				w.failCall(u.call(w), u.when)
				_, err := w.m.Commit(w.t.Context(), []byte(current))
				w.must("Commit", err, kvtest.ErrInjected)
			},
		})
	}
	return list
}

// must stops the test unless err wraps each of wants. A nil in wants requires
// err to be nil.
func (w *world) must(what string, err error, wants ...error) {
	w.t.Helper()
	for _, want := range wants {
		if !errors.Is(err, want) {
			w.t.Fatalf("%s: error %v, want %v", what, err, want)
		}
	}
}

// decide leaves the session current decided: its external fails to commit.
func (w *world) decide() { w.decideKey(current) }

// decideKey leaves the session with this key decided.
func (w *world) decideKey(key string) {
	w.begin(key)
	w.bank.fault = func(method string, when when) error {
		if method == "Commit" && when == before {
			return errBank
		}
		return nil
	}
	_, err := w.m.Commit(w.t.Context(), []byte(key))
	w.must("Commit", err, committer.ErrUndecided, errBank)
	w.bank.fault = nil
}

var errBank = errors.New("the bank is closed")

func (w *world) stage() []byte {
	w.t.Helper()
	id, err := w.m.Stage(w.t.Context(), []byte(current))
	w.must("Stage", err, nil)
	return id
}

// loaded returns the situation after Load.
func (s situation) loaded(external bool) situation {
	switch {
	case s.key == "":
		s.phase = atLoaded
	case external && !s.open:
		s.phase = atDecided
	default:
		s.phase = atLeftOpen
	}
	return s
}

// check compares the world with the situation. It finishes the open session,
// reopens the world and commits another session, so a test calls it last.
func (w *world) check(want situation) {
	w.t.Helper()
	t, m := w.t, w.m
	keys := slices.Clone(want.history)
	if want.key != "" && want.phase != atVerify {
		keys = append(keys, want.key)
	}
	after := runAll(t, w.setup.external, keys)

	switch want.phase {
	case atNew, atClosed:
		wantSentinel := committer.ErrNotLoaded
		if want.phase == atClosed {
			wantSentinel = committer.ErrClosed
			w.reopen()
		}
		_, _, err := m.Last()
		w.must("Last", err, wantSentinel)
		w.load()
		w.check(want.loaded(w.setup.external))
		return
	case atLoaded:
		w.checkLoaded(want.history)
		return
	case atResolved: // the external has lost its uncommitted changes
		if got := w.committed(); got != after.committed {
			t.Errorf("committed rows:\n%swant:\n%s", got, after.committed)
		}
		w.must("Verify", m.Verify(t.Context()), nil)
		w.run("probe")
		return
	}

	w.checkHistory(want.history)
	if want.phase == atLeftOpen || want.phase == atDecided {
		if key, ok, err := m.Pending(); string(key) != want.key || !ok || err != nil {
			t.Errorf("Pending: %q, %v, %v, want %q", key, ok, err, want.key)
		}
		refused := committer.ErrIdempotencyKeyMismatch
		if want.phase == atDecided {
			refused = committer.ErrUndecided
		}
		wantError(t, "Begin of another key", m.Begin(t.Context(), []byte("probe")), refused)
		w.begin(want.key)
	} else {
		wantError(t, "Begin in a session", m.Begin(t.Context(), []byte("probe")), committer.ErrInSession)
		if !want.written {
			w.must("write", w.write(want.key), nil)
		}
	}
	if err := w.savings.Put(account{ID: "newest", Owner: want.key, Sequence: w.sequence()}); want.sealed != (err != nil) {
		t.Errorf("a write in the session: error %v, want an error only if it is sealed: %v", err, want.sealed)
	}
	id := w.commit(want.key)
	if !bytes.Equal(id, after.ids[want.key]) {
		t.Errorf("commit ID %x, want %x", id, after.ids[want.key])
	}
	if want.phase != atVerify {
		want.history = append(slices.Clone(want.history), want.key)
	}
	w.checkLoaded(want.history)
}

// sequence returns the Sequence of the row newest. Writing the same value again
// changes nothing.
func (w *world) sequence() uint64 {
	newest, _ := w.savings.Get("newest")
	return newest.Sequence
}

// checkHistory compares the published sessions and rows with this history.
func (w *world) checkHistory(history []string) {
	w.t.Helper()
	want := runAll(w.t, w.setup.external, history)
	if got := w.committed(); got != want.committed {
		w.t.Errorf("committed rows:\n%swant:\n%s", got, want.committed)
	}
	for seq, key := range history {
		s, ok, err := w.m.Lookup([]byte(key))
		if err != nil || !ok || s.Seq != uint64(seq) || !bytes.Equal(s.ID[:], want.ids[key]) {
			w.t.Errorf("Lookup(%s): %v, %v, %v, want session %d with ID %x", key, s, ok, err, seq, want.ids[key])
		}
	}
	s, ok, err := w.m.Last()
	if err != nil || !ok || string(s.Key) != history[len(history)-1] {
		w.t.Errorf("Last: %v, %v, %v, want key %s", s, ok, err, history[len(history)-1])
	}
}

// checkLoaded checks that the world is loaded with these sessions, also after
// reopening, and that it commits another session.
func (w *world) checkLoaded(history []string) {
	w.t.Helper()
	w.checkHistory(history)
	if key, ok, err := w.m.Pending(); ok || err != nil {
		w.t.Errorf("Pending: %q, %v, %v, want nothing", key, ok, err)
	}
	w.must("Close", w.m.Close(), nil)
	w.reopen()
	w.load()
	w.checkHistory(history)
	w.run("probe")
	history = append(slices.Clone(history), "probe")
	w.checkHistory(history)
	if w.db != nil {
		if got, want := w.db.contents(), runAll(w.t, true, history).database; got != want {
			w.t.Errorf("database: %s, want %s", got, want)
		}
	}
}
