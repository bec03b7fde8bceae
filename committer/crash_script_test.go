package committer_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committable"
	generated "github.com/gencommittable/gencommittable/generated_test"
)

// script is what a client wants done, in this order.
type script struct {
	remotes int  // how many externals take part
	engine  bool // the first of them is made by committable.New, and a generated store takes part, too
	steps   []step
}

// step is one session.
type step struct {
	key    string
	writes []rowWrite
	end    ending
}

type ending int

const (
	commits       ending = iota
	cancels              // after its writes
	cancelsStaged        // after Stage, where the session has no externals
)

// rowWrite is one thing that a session's code does. What it writes depends on
// what it reads, so that a session which ran twice, or on another state, leaves
// other rows.
type rowWrite struct {
	do    doing
	store int
	id    string
	by    int64
	inner []rowWrite // of a try
}

type doing int

const (
	put        doing = iota
	insert           // if it is not there yet
	update           // if it is there
	remove           // a delete
	send             // to an external
	tryKeep          // the inner writes in a transaction of their own
	tryDiscard       // the same, rolled back
)

// storeNames and remoteNames interleave when sorted.
var (
	storeNames  = [...]string{"accounts", "orders", "savings"}
	remoteNames = [...]string{"bank", "queue"}
)

var errRollBack = errors.New("roll back")

// write is the code of a session.
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
		if len(p.remotes) > 0 {
			return p.remotes[w.store%len(p.remotes)].Set(w.id, value)
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

// shortScript has what a protocol can get wrong: a first session, one that is
// cancelled, a delete, and a last one that changes one store only.
func shortScript(remotes int) script {
	return script{remotes: remotes, steps: []step{
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

// longScript adds savepoints, a session that is sealed and then cancelled, one
// without any change, and rows that come back.
func longScript(remotes int) script {
	s := shortScript(remotes)
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
