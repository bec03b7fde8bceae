package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/merkle"
)

// Comparison is the result of [Compare].
type Comparison struct {
	// From is the first session that was compared: the first that both databases
	// retain.
	From uint64

	// Difference is the first difference, nil if the databases have the same
	// sessions.
	Difference *Difference
}

// Difference is the first difference between two databases. Index 0 of an array
// is the first database, index 1 the second.
type Difference struct {
	Seq      uint64                // the first session that differs
	Sessions [2]*committer.Session // nil if the database ends before Seq

	// Name is the first committable, by name, whose part in the session differs. It
	// is empty if one database lacks the session, or if only the idempotency keys
	// differ.
	Name string

	// Changes are the changes of the first key in that store that differs. One of
	// them is nil if that database did not change the key in the session. Both are
	// nil if the changes of a database are not known.
	Changes [2]*Change

	// Unknown is the reason why the changes of a database are not known, nil if they
	// are: an error that is committer.ErrPruned, ErrNoStore or ErrNotDecodable.
	Unknown [2]error
}

// Compare finds the first session in which two databases differ. It compares
// the idempotency keys and commit IDs of the sessions that both retain. Of a
// session that differs it reads the records, if they are kept, to find the
// store and the key.
//
// The error is [ErrNothingInCommon], or one of [Database.Record].
func Compare(ctx context.Context, a, b *Database) (*Comparison, error) {
	from := max(a.oldestHeader(), b.oldestHeader())
	if until := min(a.Count(), b.Count()); from > until {
		return nil, fmt.Errorf("%w: one retains sessions from %d on, and the other ends before session %d", ErrNothingInCommon, from, until)
	}
	c := &Comparison{From: from}
	x, y := a.sessions(from), b.sessions(from)
	for i := range min(len(x), len(y)) {
		if x[i].ID != y[i].ID || !bytes.Equal(x[i].Key, y[i].Key) {
			c.Difference = &Difference{Seq: x[i].Seq, Sessions: [2]*committer.Session{&x[i], &y[i]}}
			return c, c.Difference.findChange(ctx, a, b)
		}
	}
	switch {
	case len(x) > len(y):
		c.Difference = &Difference{Seq: b.Count(), Sessions: [2]*committer.Session{&x[len(y)], nil}}
	case len(y) > len(x):
		c.Difference = &Difference{Seq: a.Count(), Sessions: [2]*committer.Session{nil, &y[len(x)]}}
	}
	return c, nil
}

// oldestHeader returns the sequence of the oldest session that is retained.
func (d *Database) oldestHeader() uint64 {
	for s := range d.Sessions(0) {
		return s.Seq
	}
	return d.Count()
}

// sessions returns the sessions from a sequence on.
func (d *Database) sessions(from uint64) (list []committer.Session) {
	for s := range d.Sessions(from) {
		list = append(list, s)
	}
	return list
}

// findChange finds the committable and the key whose changes differ.
func (d *Difference) findChange(ctx context.Context, dbs ...*Database) error {
	if d.Name = firstDifferent(d.Sessions[0], d.Sessions[1]); d.Name == "" {
		return nil
	}
	var lists [2][]Change
	for i, db := range dbs {
		var err error
		lists[i], err = db.changes(ctx, d.Seq, d.Name)
		switch {
		case errors.Is(err, committer.ErrPruned), errors.Is(err, ErrNoStore), errors.Is(err, ErrNotDecodable):
			d.Unknown[i] = err
		case err != nil:
			return err
		}
	}
	if d.Unknown[0] == nil && d.Unknown[1] == nil {
		d.Changes = firstDifference(lists[0], lists[1])
	}
	return nil
}

// firstDifferent returns the first committable, by name, whose ids differ or
// that took part in one of the sessions only.
func firstDifferent(a, b *committer.Session) string {
	x, y := a.Parts, b.Parts
	for len(x) > 0 && len(y) > 0 && x[0].Name == y[0].Name && bytes.Equal(x[0].ID, y[0].ID) {
		x, y = x[1:], y[1:]
	}
	switch {
	case len(x) == 0 && len(y) == 0:
		return ""
	case len(y) == 0 || len(x) > 0 && x[0].Name <= y[0].Name:
		return x[0].Name
	default:
		return y[0].Name
	}
}

// changes returns the changes of a store in a session.
func (d *Database) changes(ctx context.Context, seq uint64, store string) ([]Change, error) {
	r, err := d.Record(ctx, seq)
	if err != nil {
		return nil, err
	}
	p, ok := r.Part(store)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w %q in session %d", ErrNoStore, store, seq)
	case p.Kind != merkle.Store:
		return nil, fmt.Errorf("%w %q in session %d: the committable is external", ErrNoStore, store, seq)
	}
	return p.Changes()
}

// firstDifference returns the changes of the first key at which two lists that
// are sorted by key differ.
func firstDifference(a, b []Change) (changes [2]*Change) {
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = bytes.Compare(a[0].EncodedKey, b[0].EncodedKey)
		}
		switch {
		case order < 0:
			return [2]*Change{&a[0], nil}
		case order > 0:
			return [2]*Change{nil, &b[0]}
		case a[0].Deleted != b[0].Deleted || !bytes.Equal(a[0].Encoded, b[0].Encoded):
			return [2]*Change{&a[0], &b[0]}
		}
		a, b = a[1:], b[1:]
	}
	return changes
}
