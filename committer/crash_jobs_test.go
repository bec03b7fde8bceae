package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// job is a task of a MultiCommitter other than a session, such as a Rollback.
// Wherever it is disturbed, the state is that before the job or that after it.
type job struct {
	name     string
	external bool
	opts     []committer.CommitterOpt
	build    func(w *world)
	run      func(w *world) error
	reopen   func(w *world) // registers committables that can be loaded before and after the job; nil: w.reopen()
}

var jobs = []job{
	{
		name: "checkpoint", opts: checkpointEach(0),
		build: func(w *world) { w.runAll(older, last) },
		run:   func(w *world) error { return w.tryRun(current) },
	},
	{
		name: "checkpoint that keeps records", opts: checkpointEach(1),
		build: func(w *world) { w.runAll("first", "second", older, last) },
		run:   func(w *world) error { return w.tryRun(current) },
	},
	{
		name:  "rollback behind the checkpoint",
		build: func(w *world) { w.runAll(older, last, "third", "fourth") },
		run:   func(w *world) error { return w.m.Rollback(w.t.Context(), 2) },
	},
	{
		name: "rollback before the checkpoint", opts: checkpointEach(100),
		build: func(w *world) { w.runAll(older, last, "third", "fourth") },
		run:   func(w *world) error { return w.m.Rollback(w.t.Context(), 1) },
	},
	{
		name: "rollback to nothing", opts: checkpointEach(100),
		build: func(w *world) { w.runAll(older, last) },
		run:   func(w *world) error { return w.m.Rollback(w.t.Context(), 0) },
	},
	{
		name: "import", opts: checkpointEach(1),
		build: func(w *world) { w.runAll(older, last) },
		run:   func(w *world) error { return w.m.Import(w.t.Context(), bytes.NewReader(exportOf(w.t, "a", "b", "c"))) },
	},
	{
		name:   "register",
		build:  func(w *world) { w.runAll(older, last) },
		run:    func(w *world) error { w.third = true; return w.m.Register("third", newAccountStore()) },
		reopen: func(w *world) { w.third = true; w.reopen() },
	},
	{
		name: "forget", opts: checkpointEach(0),
		build: func(w *world) {
			w.third = true
			w.reopen()
			w.runAll(older, last, "third", "fourth")
			w.third = false
			w.reopen()
		},
		run: func(w *world) error { return errors.Join(w.m.Forget(w.t.Context(), "third"), w.m.Load(w.t.Context())) },
		reopen: func(w *world) {
			w.reopen()
			if err := w.m.Load(w.t.Context()); errors.Is(err, committer.ErrNotRegistered) {
				w.must("Forget", w.m.Forget(w.t.Context(), "third"), nil)
			}
		},
	},
	{
		name: "schema change",
		build: func(w *world) {
			w.runAll(older, last)
			w.setup.wrap = upgrade
			w.reopen()
		},
		run: func(w *world) error { return w.m.Load(w.t.Context()) },
	},
	{
		name: "deleted field", opts: checkpointEach(1), // rows in chunks, and in the records after them
		build: func(w *world) {
			w.setup.define = owned
			w.reopen()
			w.runAll(older, "second", "third", last)
			w.setup.define = ownerless
			w.reopen()
		},
		run: func(w *world) error { return w.m.Load(w.t.Context()) },
	},
	{
		name: "resolve", external: true,
		build: func(w *world) {
			w.runAll(older, last)
			w.decide()
			w.reopen()
			w.load()
		},
		run: func(w *world) error { _, err := w.m.Resolve(w.t.Context(), []byte(current)); return err },
	},
	{
		name:  "large record",
		build: func(w *world) { w.setup.limit = 16 << 10; w.reopen(); w.runAll(older, last) },
		run:   func(w *world) error { return w.tryLarge(current) },
	},
	{
		name: "large checkpoint", opts: checkpointEach(0),
		build: func(w *world) {
			w.setup.limit = 16 << 10
			w.reopen()
			w.runAll(older)
			w.must("a large session", w.tryLarge(last), nil)
		},
		run: func(w *world) error { return w.tryRun(current) },
	},
}

// checkpointEach returns options that write a checkpoint after each session, and
// keep a number of records before it.
func checkpointEach(records int) []committer.CommitterOpt {
	return []committer.CommitterOpt{
		committer.WithInlineCheckpoints(),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 1e-9}),
		committer.WithRecords(records),
	}
}

// exportOf returns the stream of a database with these sessions.
func exportOf(t testing.TB, keys ...string) []byte {
	w := loadedWorld(t, setup{kv: kvtest.All}, keys...)
	var stream bytes.Buffer
	w.must("Export", w.m.Export(t.Context(), &stream), nil)
	return stream.Bytes()
}

// upgraded is a store with a new schema that can read rows of the old one.
type upgraded struct{ *accountStore }

func upgrade(s *accountStore) committer.Committable { return upgraded{s} }

func (u upgraded) Schema() []byte { return append(u.accountStore.Schema(), "reserved 9\n"...) }

func (u upgraded) Restore(ctx context.Context, schema []byte, chunks iter.Seq2[[]byte, error]) error {
	if bytes.Equal(schema, u.Schema()) {
		schema = u.accountStore.Schema()
	}
	return u.accountStore.Restore(ctx, schema, chunks)
}

func (w *world) runAll(keys ...string) {
	w.t.Helper()
	w.load()
	for _, key := range keys {
		w.run(key)
	}
}

// tryRun runs a session that may fail.
func (w *world) tryRun(key string) error {
	_, _, err := w.do(w.t.Context(), key)
	return err
}

// tryLarge runs a session whose record exceeds the MaxValue of a small KV.
func (w *world) tryLarge(key string) error {
	_, _, err := w.m.Do(w.t.Context(), []byte(key), func(context.Context) error {
		return errors.Join(w.write(key), w.savings.Put(account{ID: "large", Owner: strings.Repeat("large", 10_000)}))
	})
	return err
}

// look returns the last session and all committed rows as text.
func (w *world) look() string {
	s, ok, err := w.m.Last()
	if err != nil {
		return err.Error()
	}
	seen := fmt.Sprintf("sessions: %v %d %.20q %s\n%s", ok, s.Seq, s.Key, s.ID, w.committed())
	if w.db != nil {
		seen += "database: " + w.db.contents()
	}
	return seen
}

// over returns a world over a copy of the disk that has a number of the unsynced
// writes: all of them after the end of a process, fewer after a power loss.
func (w *world) over(left int) *world {
	c := &world{t: w.t, setup: w.setup, third: w.third, disk: w.disk.AfterCrash(left)}
	c.setup.broken = nil
	if w.db != nil {
		c.db = w.db.clone()
	}
	return c
}

// open reopens a world so that it can be loaded, and loads it.
func (j *job) open(w *world) {
	if j.reopen != nil {
		j.reopen(w)
	} else {
		w.reopen()
	}
	w.load()
}

// TestCrashInJobs disturbs every job at every call of the KV, by an error or a
// crash, and crashes again during the recovery.
func TestCrashInJobs(t *testing.T) {
	for i, j := range jobs {
		for k, kind := range kvKinds() {
			if !long() && (i+k)%len(kvKinds()) != 0 {
				continue // by default each job has one kind of KV; the kinds take turns
			}
			t.Run(j.name+"/"+kind.String(), func(t *testing.T) {
				t.Parallel()
				j.explore(t, kind, nil)
			})
		}
	}
}

// explore disturbs a job at every call. A broken KV is broken during the job, not
// during the recovery.
func (j *job) explore(t testing.TB, kind kvtest.Methods, broken func(kv.KV) kv.KV) {
	base := newWorld(t, setup{kv: kind, external: j.external, opts: j.opts})
	j.build(base)
	probe := base.over(base.disk.Pending())
	j.open(probe)
	before := probe.look()

	base.setup.broken = broken
	done := j.start(base)
	start := done.fault.Calls()
	if err := j.run(done); err != nil {
		t.Fatal(err)
	}
	calls := done.fault.Calls() - start
	done.settled("undisturbed")
	ends := jobEnds{job: j, before: before, after: done.look()}
	t.Logf("%d calls", calls)
	for n := 1; n <= calls; n++ {
		for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
			for _, crash := range []bool{false, true} {
				ends.disturb(base, n, when, crash)
			}
		}
	}
}

// start returns a world in which the job can run, over a copy of the disk.
func (j *job) start(base *world) *world {
	w := base.over(base.disk.Pending())
	w.setup.broken = base.setup.broken
	w.reopen()
	if j.name != "forget" && j.name != "schema change" && j.name != "deleted field" { // those begin before Load
		w.load()
	}
	return w
}

// jobEnds are the two states that a disturbed job may leave.
type jobEnds struct {
	*job
	before, after string
}

// disturb runs the job with a fault at its n-th call.
func (e *jobEnds) disturb(base *world, n int, when kvtest.When, crash bool) {
	w := e.start(base)
	if crash {
		w.fault.CrashAt(w.fault.Calls()+n, when)
	} else {
		w.failCall(n, when)
	}
	err := e.run(w)
	what := fmt.Sprintf("call %d (%v), %v, crash %v: the job returned %v", n, w.callAt(n), when, crash, err)
	if !crash {
		e.goOn(w, what)
	}
	pending := w.disk.Pending()
	for k := pending; k >= 0; k-- {
		e.recover(w.over(k), what, err == nil, k == pending)
		if base.setup.kv&kvtest.Sync == 0 {
			break
		}
	}
}

func (w *world) callAt(n int) kvtest.Call {
	log := w.fault.Log()
	return log[min(len(log), max(n, 1))-1]
}

// goOn checks the same process after an error.
func (e *jobEnds) goOn(w *world, what string) {
	if err := w.m.Load(w.t.Context()); err != nil {
		if !errors.Is(err, committer.ErrClosed) && !errors.Is(err, committer.ErrNotRegistered) {
			w.t.Fatalf("%s; then Load: %v", what, err)
		}
		return
	}
	_ = w.m.Cancel(w.t.Context()) // finds out what became of a write
	e.one(w, what+"; then in memory")
	w.settled(what)
}

// recover loads the disk that a crash has left: undisturbed, and with a second
// crash at every call of Load.
func (e *jobEnds) recover(left *world, what string, acknowledged, all bool) {
	first := left.over(left.disk.Pending())
	e.open(first)
	got := first.look()
	e.one(first, what+"; then after Load")
	if acknowledged && got != e.after {
		left.t.Fatalf("%s; but it is gone: \n%s", what, got)
	}
	first.settled(what)
	if !all || e.reopen != nil {
		return
	}
	again := left.over(left.disk.Pending())
	again.reopen()
	again.load()
	for n := 1; n <= again.fault.Calls(); n++ {
		second := left.over(left.disk.Pending())
		second.reopen()
		second.fault.CrashAt(n, kvtest.After)
		_ = second.m.Load(left.t.Context())
		third := second.over(second.disk.Pending())
		e.open(third)
		if now := third.look(); now != got {
			left.t.Fatalf("%s; then a crash at call %d of Load; then\n%swant\n%s", what, n, now, got)
		}
	}
}

// one fails the test unless the state is before or after.
func (e *jobEnds) one(w *world, what string) {
	w.t.Helper()
	if got := w.look(); got != e.before && got != e.after {
		w.t.Fatalf("%s:\n%swant\n%sor\n%s", what, got, e.before, e.after)
	}
}

// settled verifies the database, and commits and replays a session on a copy.
func (w *world) settled(what string) {
	w.t.Helper()
	if err := w.m.Verify(w.t.Context()); err != nil {
		w.t.Fatalf("%s; then Verify: %v", what, err)
	}
	if w.db != nil {
		return
	}
	copied := w.over(w.disk.Pending())
	copied.reopen()
	copied.load()
	w.must("Cancel what was left open", copied.m.Cancel(w.t.Context()), nil)
	if got, want := copied.look(), w.look(); got != want {
		w.t.Fatalf("%s; the KV has\n%smemory has\n%s", what, got, want)
	}
	id := copied.run("afterwards")
	copied.begin("afterwards")
	if again := copied.commit("afterwards"); !bytes.Equal(id, again) {
		w.t.Fatalf("%s; then a replay has ID %x, not %x", what, again, id)
	}
	if err := copied.m.Verify(w.t.Context()); err != nil {
		w.t.Fatalf("%s; then a session and Verify: %v", what, err)
	}
}
