package committable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
)

// TestSessionStates calls every method in every state of a session, and compares the
// error with a table. A refused call must not change the store.
func TestSessionStates(t *testing.T) {
	key, other := []byte("this"), []byte("other")
	calls := []struct {
		name                     string
		call                     func(p *Table[partKey, part]) error
		closed, open, staged, re error // re: in a replay of the last session
	}{
		{"Begin", func(p *Table[partKey, part]) error { return p.Begin(ctx, key) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"Begin empty", func(p *Table[partKey, part]) error { return p.Begin(ctx, nil) }, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey},
		{"BeginRecovery", func(p *Table[partKey, part]) error { return p.BeginRecovery(ctx, key) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"BeginRecovery last", func(p *Table[partKey, part]) error { return p.BeginRecovery(ctx, []byte("last")) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"BeginRecovery empty", func(p *Table[partKey, part]) error { return p.BeginRecovery(ctx, []byte{}) }, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey},
		{"Replay nothing", func(p *Table[partKey, part]) error { return p.Replay(ctx, key, nil) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"Replay", func(p *Table[partKey, part]) error { return p.Replay(ctx, key, []byte{}) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"Replay corrupt", func(p *Table[partKey, part]) error { return p.Replay(ctx, key, []byte{7}) }, ErrCorrupt, ErrCorrupt, ErrCorrupt, ErrCorrupt},
		{"Replay empty", func(p *Table[partKey, part]) error { return p.Replay(ctx, nil, []byte{}) }, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey},
		{"Stage", func(p *Table[partKey, part]) error { _, _, err := p.Stage(ctx, key); return err }, ErrNotInSession, nil, nil, ErrIdempotencyKeyMismatch},
		{"Stage other", func(p *Table[partKey, part]) error { _, _, err := p.Stage(ctx, other); return err }, ErrNotInSession, ErrIdempotencyKeyMismatch, ErrIdempotencyKeyMismatch, ErrIdempotencyKeyMismatch},
		{"Commit", func(p *Table[partKey, part]) error { _, err := p.Commit(ctx, key); return err }, ErrNotInSession, nil, nil, ErrIdempotencyKeyMismatch},
		{"Commit last", func(p *Table[partKey, part]) error { _, err := p.Commit(ctx, []byte("last")); return err }, ErrNotInSession, ErrIdempotencyKeyMismatch, ErrIdempotencyKeyMismatch, ErrDivergence},
		{"Commit empty", func(p *Table[partKey, part]) error { _, err := p.Commit(ctx, nil); return err }, ErrNotInSession, ErrIdempotencyKeyMismatch, ErrIdempotencyKeyMismatch, ErrIdempotencyKeyMismatch},
		{"Cancel", func(p *Table[partKey, part]) error { return p.Cancel(ctx) }, nil, nil, nil, nil},
		{"Savepoint", func(p *Table[partKey, part]) error { _, err := p.Savepoint(ctx); return err }, ErrNotInSession, nil, ErrNotInSession, nil},
		{"Insert", func(p *Table[partKey, part]) error { return p.Insert(part{Org: "n", Serial: "n"}) }, ErrNotInSession, nil, ErrNotInSession, nil},
		{"Put", func(p *Table[partKey, part]) error { return p.Put(part{Org: "n", Serial: "n"}) }, ErrNotInSession, nil, ErrNotInSession, nil},
		{"Update", func(p *Table[partKey, part]) error {
			return p.Update(partKey{Org: "first"}, func(*part) error { return nil })
		}, ErrNotInSession, nil, ErrNotInSession, nil},
		{"Delete", func(p *Table[partKey, part]) error { _, err := p.Delete(partKey{Org: "none"}); return err }, ErrNotInSession, nil, ErrNotInSession, nil},
		{"Redo", func(p *Table[partKey, part]) error { return p.Redo(ctx, key, nil) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"Redo empty", func(p *Table[partKey, part]) error { return p.Redo(ctx, nil, nil) }, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey, ErrEmptyKey},
		{"Restore", func(p *Table[partKey, part]) error { return p.Restore(ctx, p.Schema(), nil) }, nil, ErrInSession, ErrInSession, ErrInSession},
		{"Restore schema", func(p *Table[partKey, part]) error { return p.Restore(ctx, nil, nil) }, ErrSchema, ErrInSession, ErrInSession, ErrInSession},
	}
	states := []struct {
		name  string
		enter func(t *testing.T, p *Table[partKey, part])
		want  func(i int) error
	}{
		{"closed", func(*testing.T, *Table[partKey, part]) {}, func(i int) error { return calls[i].closed }},
		{"open", func(t *testing.T, p *Table[partKey, part]) {
			must(t, p.Begin(ctx, key))
			must(t, p.Put(part{Org: "this", Serial: "this"}))
		}, func(i int) error { return calls[i].open }},
		{"staged", func(t *testing.T, p *Table[partKey, part]) {
			must(t, p.Begin(ctx, key))
			_, _, err := p.Stage(ctx, key)
			must(t, err)
		}, func(i int) error { return calls[i].staged }},
		{"replay", func(t *testing.T, p *Table[partKey, part]) {
			must(t, p.BeginRecovery(ctx, []byte("last")))
		}, func(i int) error { return calls[i].re }},
	}
	for _, state := range states {
		for i, c := range calls {
			t.Run(state.name+"/"+c.name, func(t *testing.T) {
				p := newParts()
				inSession(t, p, "first", func() { must(t, p.Put(part{Org: "first", Serial: "first"})) })
				inSession(t, p, "last", func() { must(t, p.Put(part{Org: "last", Serial: "last"})) })
				state.enter(t, p)
				rows, session := collect(t, p.All()), p.session
				committed := image(t, p)
				err := c.call(p)
				wantError(t, err, state.want(i))
				if err == nil {
					return
				}
				if p.session != session || fmt.Sprint(collect(t, p.All())) != fmt.Sprint(rows) || image(t, p) != committed {
					t.Fatal("a refused call changed the store")
				}
			})
		}
	}
}

func TestKeysAndResultsAreCopied(t *testing.T) {
	p := newParts()
	key := []byte("key")
	must(t, p.Begin(ctx, key))
	must(t, p.Put(part{Org: "a"}))
	key[0] = 'X'
	id, journal, err := p.Stage(ctx, []byte("key"))
	must(t, err)
	wantID, wantJournal := bytes.Clone(id), bytes.Clone(journal)
	id[0]++
	journal[0]++
	id, journal, err = p.Stage(ctx, []byte("key"))
	must(t, err)
	if !bytes.Equal(id, wantID) || !bytes.Equal(journal, wantJournal) {
		t.Fatal("Stage gave away its own bytes")
	}
	id, err = p.Commit(ctx, []byte("key"))
	must(t, err)
	id[0]++
	must(t, p.BeginRecovery(ctx, []byte("key")))
	must(t, p.Put(part{Org: "a"}))
	id, err = p.Commit(ctx, []byte("key"))
	must(t, err)
	if !bytes.Equal(id, wantID) {
		t.Fatalf("replay has id %x, want %x", id, wantID)
	}
	p.Schema()[0] = 'X'
	must(t, p.Restore(ctx, []byte(partDefinition().Schema), nil))
}

func TestSequences(t *testing.T) {
	at := func(seq uint64) context.Context { return ContextWithSequence(ctx, seq) }
	p := newParts()
	want := func(seq uint64) {
		t.Helper()
		if got, ok := p.View().Seq(); got != seq || !ok {
			t.Fatalf("Seq = %d, %t, want %d", got, ok, seq)
		}
	}
	wantNone := func() {
		t.Helper()
		if got, ok := p.View().Seq(); got != 0 || ok {
			t.Fatalf("Seq = %d, %t before the first session", got, ok)
		}
	}
	commit := func(key string) {
		t.Helper()
		_, err := p.Commit(ctx, []byte(key))
		must(t, err)
	}
	wantNone()
	inSession(t, p, "0", func() {})
	want(0)
	old := p.View()
	inSession(t, p, "1", func() {})
	want(1)
	must(t, p.Begin(ctx, []byte("cancelled")))
	must(t, p.Cancel(ctx))
	inSession(t, p, "2", func() {})
	want(2)
	must(t, p.Begin(at(10), []byte("10")))
	want(2)
	commit("10")
	want(10)
	must(t, p.BeginRecovery(at(11), []byte("10")))
	commit("10")
	want(10)
	inSession(t, p, "11", func() {})
	want(11)
	must(t, p.Redo(at(20), []byte("20"), nil))
	want(20)
	must(t, p.Replay(at(30), []byte("30"), []byte{}))
	commit("30")
	want(30)
	must(t, p.Restore(at(40), p.Schema(), nil))
	want(40)
	inSession(t, p, "41", func() {})
	want(41)
	must(t, p.Restore(ctx, p.Schema(), nil))
	wantNone()
	if seq, ok := old.Seq(); seq != 0 || !ok {
		t.Fatal("a view changed its sequence")
	}
}

// TestCommitAlone compares a commit without Stage with one after Stage.
func TestCommitAlone(t *testing.T) {
	a, b := newParts(), newParts()
	write := func(p *Table[partKey, part]) func() {
		return func() { must(t, p.Put(part{Org: "a", Tags: []string{"x"}})) }
	}
	id := inSession(t, a, "key", write(a))
	staged, _ := stagedSession(t, b, "key", write(b))
	if !bytes.Equal(id, staged) || len(id) != 32 {
		t.Fatalf("committed %x, staged %x", id, staged)
	}
	if id := inSession(t, a, "again", write(a)); !bytes.Equal(id, make([]byte, 32)) {
		t.Fatalf("a session without changes has id %x", id)
	}
}

// TestReplayStoppedHalfway replays only some of the changes. Commit must refuse the
// session until it is cancelled.
func TestReplayStoppedHalfway(t *testing.T) {
	p := newParts()
	first, second := part{Org: "a", Serial: "1"}, part{Org: "b", Serial: "2"}
	inSession(t, p, "key", func() { must(t, errors.Join(p.Put(first), p.Put(second))) })
	must(t, p.BeginRecovery(ctx, []byte("key")))
	if p.Len() != 0 {
		t.Fatal("the replay sees what the session wrote")
	}
	must(t, p.Put(first))
	_, err := p.Commit(ctx, []byte("key"))
	var diverged *DivergenceError
	if !errors.As(err, &diverged) || !bytes.Equal(diverged.Recorded, appendPart(nil, &second)) || diverged.Replayed != nil {
		t.Fatalf("Commit = %v", err)
	}
	wantError(t, p.Put(second), ErrNotInSession)
	must(t, p.Cancel(ctx))
	if p.Len() != 2 {
		t.Fatal("the recorded state is gone")
	}
}

func TestNames(t *testing.T) {
	if name := newParts().Name(); name != "parts" {
		t.Fatalf("default name %q", name)
	}
	if name := newParts(WithName("spare")).Name(); name != "spare" {
		t.Fatalf("name %q", name)
	}
	defer func() {
		if fmt.Sprint(recover()) != "committable: NewTable: the definition of store parts lacks Indexes[1].Append" {
			t.Fatal("NewTable took an incomplete definition")
		}
	}()
	d := partDefinition()
	d.Indexes[bySerial].Append = nil
	NewTable(d)
}

// TestSavepointOfAnotherSession uses a savepoint after its session has ended.
func TestSavepointOfAnotherSession(t *testing.T) {
	p := newParts()
	must(t, p.Begin(ctx, []byte("one")))
	sp, err := p.Savepoint(ctx)
	must(t, err)
	must(t, p.Cancel(ctx))
	must(t, p.Begin(ctx, []byte("two")))
	_, err = p.Savepoint(ctx)
	must(t, err)
	must(t, p.Put(part{Org: "a"}))
	wantError(t, sp.Rollback(ctx), ErrNotInSession)
	wantError(t, sp.Release(ctx), ErrNotInSession)
	if p.Len() != 1 {
		t.Fatal("the savepoint of another session was used")
	}
}

func TestErrorMessages(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{
			&DivergenceError{Store: "parts", Key: []byte("a\x00"), Recorded: []byte("row")},
			`committable: store parts: the replay differs from the record at encoded key "a\x00": recorded row "row", replayed no put`,
		},
		{
			&DivergenceError{Store: "bank", Recorded: []byte{1}, Replayed: []byte{2}},
			`committable: external bank: the replay differs from the record: recorded id 01, replayed id 02`,
		},
		{
			&SchemaError{Store: "parts", Changes: []string{"- key A", "+ key B"}},
			"committable: store parts: the snapshot has an incompatible schema: - key A; + key B",
		},
		{
			newParts(WithName("spare")).Put(part{}),
			"committable: store spare: Put: no session is open; call Begin first",
		},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("message %q, want %q", got, c.want)
		}
	}
}
