package committer_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	generated "github.com/gencommittable/gencommittable/generated_test"
)

// script is a list of sessions that a client runs in order.
type script struct {
	externals int  // how many externals take part
	engine    bool // the first external is one of committable.NewExternal, and a generated store takes part
	steps     []step
}

// step is one session.
type step struct {
	key    string
	writes []rowWrite
	end    sessionEnd
}

type sessionEnd int

const (
	commits       sessionEnd = iota
	cancels                  // after its writes
	cancelsStaged            // after Stage, where the session has no externals
)

// rowWrite is one write of a session. The written row depends on rows that are
// read, so a session that runs twice, or on another state, leaves other rows.
type rowWrite struct {
	do    writeKind
	store int
	id    string
	by    int64
	inner []rowWrite // of a try
}

type writeKind int

const (
	put        writeKind = iota
	insert               // if it is not there yet
	update               // if it is there
	remove               // a delete
	send                 // to an external
	tryKeep              // the inner writes in a transaction of their own
	tryDiscard           // the same, rolled back
)

// storeNames and externalNames interleave when sorted.
var (
	storeNames    = [...]string{"accounts", "orders", "savings"}
	externalNames = [...]string{"bank", "queue"}
)

var errRollBack = errors.New("roll back")

// write runs the code of a session.
func (p *process) write(ctx context.Context, st step) error {
	return p.writeAll(ctx, st.key, st.writes)
}

func (p *process) writeAll(ctx context.Context, key string, writes []rowWrite) error {
	for _, w := range writes {
		if err := p.writeOne(ctx, key, w); err != nil {
			return fmt.Errorf("code of session %q: %w", key, err)
		}
	}
	return nil
}

func (p *process) writeOne(ctx context.Context, key string, w rowWrite) error {
	s := p.stores[w.store%len(p.stores)]
	change := func(a *account) error {
		a.ID, a.Owner, a.Balance, a.Sequence = w.id, key, 3*a.Balance+w.by, uint64(s.Len())
		return nil
	}
	old, there := s.Get(w.id)
	switch w.do {
	case put:
		_ = change(&old)
		return s.Put(old)
	case insert:
		_ = change(&old)
		if err := s.Insert(old); errors.Is(err, committable.ErrExists) != there || err != nil && !there {
			return fmt.Errorf("insert %q, there %v: %w", w.id, there, err)
		}
	case update:
		if err := s.Update(w.id, change); errors.Is(err, committable.ErrNotFound) == there || err != nil && there {
			return fmt.Errorf("update %q, there %v: %w", w.id, there, err)
		}
	case remove:
		if was, err := s.Delete(w.id); was != there || err != nil {
			return fmt.Errorf("delete %q, there %v: %v, %w", w.id, there, was, err)
		}
	case send:
		value := fmt.Sprintf("%s %d %d", key, w.by, old.Balance)
		if p.transfers != nil {
			next := generated.Transfer{ID: uint64(p.transfers.Len()) + 1, Amount: int64(len(value))}
			if err := p.transfers.Insert(next); err != nil {
				return err
			}
		}
		if len(p.externals) > 0 {
			return p.externals[w.store%len(p.externals)].Set(w.id, value)
		}
	case tryKeep:
		return p.m.Try(ctx, func(ctx context.Context) error { return p.writeAll(ctx, key, w.inner) })
	case tryDiscard:
		err := p.m.Try(ctx, func(ctx context.Context) error { return errors.Join(p.writeAll(ctx, key, w.inner), errRollBack) })
		if fmt.Sprint(err) != errRollBack.Error() {
			return fmt.Errorf("try: %w", err)
		}
	}
	return nil
}

// shortScript returns a script with the cases that a protocol can get wrong: a
// first session, a cancelled one, a delete, and a session that leaves a store
// unchanged.
func shortScript(externals int) script {
	return script{externals: externals, steps: []step{
		{key: "open", writes: []rowWrite{
			{do: put, store: 0, id: "a", by: 1},
			{do: insert, store: 1, id: "b", by: 2},
			{do: send, store: 0, id: "a", by: 1},
		}},
		{key: "oops", end: cancels, writes: []rowWrite{
			{do: put, store: 0, id: "a", by: 7},
			{do: send, store: 1, id: "a", by: 7},
		}},
		{key: "move", writes: []rowWrite{
			{do: update, store: 0, id: "a", by: -1},
			{do: remove, store: 1, id: "b"},
			{do: put, store: 2, id: "c", by: 3},
			{do: send, store: 1, id: "c", by: 3},
		}},
	}}
}

// longScript adds savepoints, a session that is cancelled after Stage, one without
// changes, and rows that are inserted again.
func longScript(externals int) script {
	s := shortScript(externals)
	s.steps = append(
		s.steps,
		step{key: "try", writes: []rowWrite{
			{do: put, store: 0, id: "a", by: 5},
			{do: tryDiscard, inner: []rowWrite{
				{do: remove, store: 0, id: "a"},
				{do: put, store: 2, id: "d", by: 1},
				{do: send, store: 0, id: "d", by: 9},
			}},
			{do: tryKeep, inner: []rowWrite{
				{do: update, store: 2, id: "c", by: 2},
				{do: tryDiscard, inner: []rowWrite{{do: remove, store: 2, id: "c"}}},
				{do: send, store: 0, id: "a", by: 2},
			}},
		}},
		step{key: "sealed", end: cancelsStaged, writes: []rowWrite{
			{do: remove, store: 0, id: "a"},
			{do: put, store: 1, id: "b", by: 9},
		}},
		step{key: "oops", end: cancels},
		step{key: "nothing"},
		step{key: "back", writes: []rowWrite{
			{do: insert, store: 1, id: "b", by: 4},
			{do: insert, store: 0, id: "a", by: 4},
			{do: send, store: 0, id: "a", by: 8},
			{do: send, store: 1, id: "b", by: 8},
		}},
	)
	return s
}
