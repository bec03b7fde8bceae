package inspector

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector/internal/dynamic"
	"github.com/gencommittable/gencommittable/committer"
)

// difference is the first one of two databases. The index is 0 for the first
// database and 1 for the second.
type difference struct {
	seq      uint64
	sessions [2]*committer.Session // nil: the database has no such session
	store    string                // the first committable that differs; empty: none does, or one has no session
	change   [2]*dynamic.Change    // to the first key that differs; nil: the key was not touched
	unknown  string                // why the key cannot be told
}

// diff finds the first session in which two databases differ.
func (in *inspector) diff(ctx context.Context, operands []string) (status int, err error) {
	var dbs [2]*database
	for i, path := range operands {
		if dbs[i], err = in.open(ctx, path, true); err != nil {
			return exitFailed, err
		}
		defer func() { err = errors.Join(err, dbs[i].close()) }()
	}
	d, from, err := compare(ctx, dbs)
	switch {
	case err != nil:
		return exitFailed, err
	case d == nil && in.json:
		return exitOK, in.writeObject(object{{"same", true}, {"from", from}, {"sessions", dbs[0].Count()}, {"id", dbs[0].lastID()}})
	case d == nil:
		_, err = fmt.Fprintf(in.stdout, "the same: %s%s%s\n", counted(dbs[0].Count(), "session"), dbs[0].lastIDText(), notCompared(from))
		return exitOK, err
	case in.json:
		return exitNo, in.writeObject(d.object(from))
	}
	return exitNo, d.write(in.stdout, dbs, from)
}

func notCompared(from uint64) string {
	if from == 0 {
		return ""
	}
	return fmt.Sprintf("\nsessions before %d are not retained by both, and were not compared", from)
}

// compare returns the first difference, and the first session that both retain.
func compare(ctx context.Context, dbs [2]*database) (d *difference, from uint64, err error) {
	a, b := dbs[0].Sessions(), dbs[1].Sessions()
	from = max(dbs[0].Count()-uint64(len(a)), dbs[1].Count()-uint64(len(b)))
	until := min(dbs[0].Count(), dbs[1].Count())
	a, b = since(a, from), since(b, from)
	if from > until {
		return nil, from, fmt.Errorf("the databases retain no session in common: %s has %d to %d, and %s fewer than %d sessions", dbs[0].path, from, dbs[0].Count(), dbs[1].path, from)
	}
	for i := range min(len(a), len(b)) {
		if a[i].ID != b[i].ID || !bytes.Equal(a[i].Key, b[i].Key) {
			d := &difference{seq: a[i].Seq, sessions: [2]*committer.Session{&a[i], &b[i]}}
			d.store = firstPart(&a[i], &b[i])
			return d, from, d.findKey(ctx, dbs)
		}
	}
	switch {
	case len(a) > len(b):
		return &difference{seq: a[len(b)].Seq, sessions: [2]*committer.Session{&a[len(b)], nil}}, from, nil
	case len(b) > len(a):
		return &difference{seq: b[len(a)].Seq, sessions: [2]*committer.Session{nil, &b[len(a)]}}, from, nil
	}
	return nil, from, nil
}

// since drops the sessions before a sequence.
func since(sessions []committer.Session, from uint64) []committer.Session {
	for len(sessions) > 0 && sessions[0].Seq < from {
		sessions = sessions[1:]
	}
	return sessions
}

// firstPart returns the first committable, by name, whose ids differ, or that
// only one session has.
func firstPart(a, b *committer.Session) string {
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

// findKey finds the first key of the store that differs.
func (d *difference) findKey(ctx context.Context, dbs [2]*database) error {
	if d.store == "" {
		return nil
	}
	var changes [2][]dynamic.Change
	for i, db := range dbs {
		record, err := db.Record(ctx, d.seq)
		if errors.Is(err, committer.ErrPruned) {
			d.unknown = "the record of the session is not kept in " + db.path
			return nil
		}
		if err != nil {
			return err
		}
		journal, store := record.Journals[d.store]
		if !store {
			d.unknown = fmt.Sprintf("in %s it is no store", db.path)
			return nil
		}
		schema, unreadable := db.schemaOf(record, d.store)
		if schema == nil {
			d.unknown = fmt.Sprintf("in %s it is a store %s", db.path, unreadable)
			return nil
		}
		if changes[i], err = dynamic.Changes(schema, journal); err != nil {
			return fmt.Errorf("%s: store %q: %w", db.path, d.store, err)
		}
	}
	d.firstChange(changes[0], changes[1])
	return nil
}

// firstChange finds the first key at which two lists in key order differ.
func (d *difference) firstChange(a, b []dynamic.Change) {
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = bytes.Compare(a[0].Key, b[0].Key)
		}
		switch {
		case order < 0:
			d.change[0] = &a[0]
			return
		case order > 0:
			d.change[1] = &b[0]
			return
		case a[0].Put != b[0].Put || !bytes.Equal(a[0].Encoded, b[0].Encoded):
			d.change[0], d.change[1] = &a[0], &b[0]
			return
		}
		a, b = a[1:], b[1:]
	}
}

// key returns the change that tells the key, nil if none is known.
func (d *difference) key() *dynamic.Change {
	if d.change[0] != nil {
		return d.change[0]
	}
	return d.change[1]
}
