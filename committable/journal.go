package committable

import (
	"bytes"
	"context"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/internal/journal"
	"github.com/gencommittable/gencommittable/internal/smt"
)

// journal returns the journal of a session's changes.
func (t *Table[K, V]) journal(changes []change[K, V]) []byte {
	out, payload := []byte{}, []byte(nil)
	for _, c := range changes {
		kind := journal.Delete
		if c.new != nil {
			kind, payload = journal.Put, t.def.AppendRow(payload[:0], c.new)
		} else {
			payload = t.def.AppendKey(payload[:0], c.key)
		}
		out = journal.Append(out, journal.Entry{Kind: kind, Payload: payload})
	}
	return out
}

// parseJournal reads a journal back. It is strict: it accepts only what a session
// can have staged, under the schema that conversion converts from or, if that is
// nil, under the table's own. The changes come without their rows; paths[i] is
// the path of changes[i].
func (t *Table[K, V]) parseJournal(op string, conversion *schema.Conversion, encoded []byte) (changes []change[K, V], paths []smt.Path, err error) {
	corrupt := func(cause error, reason string) error {
		return t.failBecause(op, ErrCorrupt, cause, "journal: entry %d: %s", len(changes), reason)
	}
	var encodedKey []byte
	for entry, err := range journal.Entries(encoded) {
		if err != nil {
			return nil, nil, t.fail(op, ErrCorrupt, "%v", err)
		}
		c := change[K, V]{}
		switch entry.Kind {
		case journal.Delete:
			if c.key, err = t.def.DecodeKey(entry.Payload); err != nil {
				return nil, nil, corrupt(err, "bad key")
			}
		case journal.Put:
			c.new = new(V)
			if err := t.decodeRow(conversion, entry.Payload, c.new); err != nil {
				return nil, nil, corrupt(err, "bad row")
			}
			c.key = t.def.Key(c.new)
		}
		encodedKey = t.def.AppendKey(encodedKey[:0], c.key)
		path := smt.KeyPath(encodedKey)
		if n := len(paths); n > 0 && bytes.Compare(paths[n-1][:], path[:]) >= 0 {
			return nil, nil, corrupt(nil, "not in the order of paths")
		}
		changes, paths = append(changes, c), append(paths, path)
	}
	return changes, paths, nil
}

// JournalRoot returns the id that Stage returned with a journal of the table's
// schema: the root over its changes. The error wraps [ErrCorrupt] for any other
// journal than Stage makes.
func (t *Table[K, V]) JournalRoot(encoded []byte) ([]byte, error) {
	_, paths, err := t.parseJournal("JournalRoot", nil, encoded)
	if err != nil {
		return nil, err
	}
	leaves := make([]smt.Leaf, 0, len(paths))
	for entry := range journal.Entries(encoded) {
		path := paths[len(leaves)]
		if entry.Kind == journal.Delete {
			leaves = append(leaves, smt.DeleteLeaf(path))
		} else {
			leaves = append(leaves, smt.PutLeaf(path, entry.Payload))
		}
	}
	root, err := smt.Root(leaves)
	if err != nil {
		return nil, t.failBecause("JournalRoot", ErrCorrupt, err, "journal")
	}
	return root[:], nil
}

// Redo applies a journal to the state that it was staged on and publishes it as
// the last session. After [Table.Restore] and until a session begins, it is a
// journal of the schema that the restored rows had. It checks no constraint but that what it deletes is there.
// It returns an error that wraps [ErrCorrupt] for any other journal than Stage
// makes, [ErrInSession], or [ErrEmptyKey], and then changes nothing.
func (t *Table[K, V]) Redo(ctx context.Context, idempotencyKey, journal []byte) error {
	if err := t.mayBegin("Redo", idempotencyKey); err != nil {
		return err
	}
	changes, paths, err := t.parseJournal("Redo", t.conversion, journal)
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		if c.row = t.committed.rows[c.key]; c.row == nil {
			c.row = &row[V]{absent: true}
		}
		if c.row.absent && c.new == nil {
			return t.fail("Redo", ErrCorrupt, "journal: entry %d: deletes a row that is not there", i)
		}
		c.row.path, c.row.hashed = paths[i], true
	}
	s := newSession[K, V](idempotencyKey, t.sequence(ctx), t.committed.orders)
	for _, c := range changes {
		t.moveEntries(s, c.key, c.row.before(), c.new)
	}
	t.publish(s, changes)
	return nil
}
