package inspect_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/memkv"
	"github.com/gencommittable/gencommittable/merkle"
)

func TestEmpty(t *testing.T) {
	db := open(t, memkv.New())
	if _, ok := db.Last(); !db.Empty() || db.Count() != 0 || len(db.Members()) != 0 || ok {
		t.Errorf("an empty KV: %v, %d sessions, %d members", db.Empty(), db.Count(), len(db.Members()))
	}
	db = open(t, made(t, nil, func(*program) {}))
	if _, ok := db.Checkpoint(); db.Empty() || db.Count() != 0 || len(db.Members()) != 1 || ok {
		t.Errorf("a database without sessions: %v, %d sessions, %d members", db.Empty(), db.Count(), len(db.Members()))
	}
}

func TestMembers(t *testing.T) {
	var got []string
	for _, m := range open(t, made(t, map[string]committer.Committable{"mail": &mail{}}, func(*program) {})).Members() {
		got = append(got, fmt.Sprint(m.Name, " ", m.Kind == merkle.External, " ", bytes.Equal(m.Schema, generated.NewPairStore().Schema())))
	}
	equal(t, "members", got, []string{"mail true false", "pairs false true"})
}

func TestSessions(t *testing.T) {
	var want []committer.Session
	db := open(t, made(t, nil, func(p *program) {
		for n := range 5 {
			p.commits(n, n+1)
			last, _, err := p.Last()
			p.must(err)
			want = append(want, last)
		}
	}, committer.WithHistory(3)))
	equal(t, "all", slices.Collect(db.Sessions(0)), want[2:])
	equal(t, "from 4", slices.Collect(db.Sessions(4)), want[4:])
	equal(t, "from 5", slices.Collect(db.Sessions(5)), []committer.Session(nil))
	for s := range db.Sessions(3) {
		equal(t, "first from 3", s, want[3])
		break
	}
	if last, ok := db.Last(); !ok || db.Count() != 5 {
		t.Errorf("Last: %v, Count: %d", ok, db.Count())
	} else {
		equal(t, "last", last, want[4])
		last.Key[0], last.Parts[0].ID[0] = 'x', 0xff
		again, _ := db.Last()
		equal(t, "last, after the copy was changed", again, want[4])
	}
}

// TestCheckpoint inspects a database whose older records are gone.
func TestCheckpoint(t *testing.T) {
	store := made(t, nil, func(p *program) {
		sessions := uint64(0)
		for n := 0; sessions < 4; n++ {
			p.commits(n, n+1)
			if db, err := inspect.Open(t.Context(), p.kv); err == nil { // else a checkpoint is being written
				sessions, _ = db.Checkpoint()
			}
		}
	}, eager(2)...)
	db := open(t, store)
	sessions, ok := db.Checkpoint()
	oldest := db.OldestRecord()
	if !ok || oldest != sessions-2 || oldest == 0 {
		t.Fatalf("Checkpoint: %d, %v, OldestRecord: %d", sessions, ok, oldest)
	}
	_, err := db.Record(t.Context(), oldest-1)
	var pruned *committer.PrunedError
	if !errors.As(err, &pruned) || pruned.Oldest != oldest {
		t.Errorf("Record before the oldest: %v", err)
	}
	for r, err := range db.Records(t.Context(), oldest-1) {
		if r != nil || !errors.As(err, &pruned) {
			t.Errorf("Records from before the oldest: %v, %v", r, err)
		}
	}
	next := oldest
	for r, err := range db.Records(t.Context(), oldest) {
		if err != nil || r.Session.Seq != next {
			t.Fatalf("record %d: %+v, %v", next, r, err)
		}
		next++
	}
	equal(t, "records until", next, db.Count())
	for _, seq := range []uint64{db.Count(), db.Count() + 1} {
		if _, err := db.Record(t.Context(), seq); !errors.Is(err, inspect.ErrNoSession) {
			t.Errorf("Record %d of %d: %v", seq, db.Count(), err)
		}
	}
}

// TestPending follows a session that does not finish.
func TestPending(t *testing.T) {
	external := &mail{err: errors.New("no connection")}
	others := map[string]committer.Committable{"mail": external}
	p := start(t, memkv.New(), others)
	wantPending := func(when string, want inspect.Pending) *inspect.Database {
		t.Helper()
		db := open(t, p.kv)
		got, ok := db.Pending()
		if ok != (want.Key != nil) {
			t.Errorf("%s: %v", when, ok)
		}
		equal(t, when, got, want)
		return db
	}
	wantPending("before", inspect.Pending{})
	p.must(p.Begin(t.Context(), []byte("key")))
	wantPending("begun", inspect.Pending{Key: []byte("key")})
	p.must(p.pairs.Put(generated.Pair{Weight: 1}))
	if _, err := p.Commit(t.Context(), []byte("key")); err == nil {
		t.Fatal("the session was committed")
	}
	db := wantPending("decided", inspect.Pending{Key: []byte("key"), Decided: true})
	r, err := db.Record(t.Context(), 0)
	if err != nil || !r.Decided || r.Resolved || len(r.Parts) != 2 || len(r.Parts[0].ID) > 0 {
		t.Fatalf("the decided record: %+v, %v", r, err)
	}
	if changes, err := r.Parts[1].Changes(); err != nil || len(changes) != 1 {
		t.Errorf("its changes: %v, %v", changes, err)
	}
	for range db.Records(t.Context(), 0) {
		t.Error("the decided record is among those of committed sessions")
	}
	if count := db.Count(); count != 0 {
		t.Errorf("%d sessions", count)
	}

	external.err = nil
	p = start(t, p.kv, others)
	_, err = p.Resolve(t.Context(), []byte("key"))
	p.must(err)
	db = wantPending("resolved", inspect.Pending{})
	r, err = db.Record(t.Context(), 0)
	if err != nil || r.Decided || !r.Resolved {
		t.Fatalf("the resolved record: %+v, %v", r, err)
	}
	if mail, ok := r.Part("mail"); !ok || mail.Kind != merkle.External || string(mail.ID) != "sent key" {
		t.Errorf("the part of the external: %+v", mail)
	}
	if _, ok := r.Part("letters"); ok {
		t.Error("a part that is not there")
	}
}

// TestFailingKV returns an error from every Get in turn.
func TestFailingKV(t *testing.T) {
	store := made(t, nil, func(p *program) { p.commits(0, 3) })
	broken := errors.New("broken")
	for n := 0; ; n++ {
		k := &failing{KV: unwritable{store, t}, after: n, err: broken}
		db, err := inspect.Open(t.Context(), k)
		if err == nil {
			_, err = db.Record(t.Context(), 0)
		}
		if err == nil {
			for _, e := range db.Rows(t.Context(), "pairs") {
				err = e
			}
		}
		if err == nil {
			if n < 10 {
				t.Errorf("only %d reads", n)
			}
			return
		}
		if !errors.Is(err, broken) {
			t.Fatalf("read %d fails: %v", n, err)
		}
	}
}
