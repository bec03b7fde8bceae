package committable

import (
	"bytes"
	"context"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/internal/journal"
	"github.com/gencommittable/gencommittable/internal/smt"
)

// encodeJournal returns the journal of changes that are in the order of their
// paths.
func (t *Table[K, V]) encodeJournal(changes []change[K, V]) []byte {
	encoded, payload := []byte{}, []byte(nil)
	for _, c := range changes {
		kind := journal.Delete
		if c.new != nil {
			kind, payload = journal.Put, t.def.AppendRow(payload[:0], c.new)
		} else {
			payload = t.def.AppendKey(payload[:0], c.key)
		}
		encoded = journal.Append(encoded, journal.Entry{Kind: kind, Payload: payload})
	}
	return encoded
}

// parseJournal returns the changes in a journal, without their rows; paths[i] is
// the path of changes[i]. It is strict: it accepts only journals that Stage can
// have returned. The rows have the schema that conversion converts from or, if
// conversion is nil, the table's own.
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
				return nil, nil, corrupt(err, "invalid key")
			}
		case journal.Put:
			c.new = new(V)
			if err := t.decodeRow(conversion, entry.Payload, c.new); err != nil {
				return nil, nil, corrupt(err, "invalid row")
			}
			c.key = t.def.Key(c.new)
		}
		encodedKey = t.def.AppendKey(encodedKey[:0], c.key)
		path := smt.KeyPath(encodedKey)
		if n := len(paths); n > 0 && bytes.Compare(paths[n-1][:], path[:]) >= 0 {
			return nil, nil, corrupt(nil, "the entries are not sorted by path")
		}
		changes, paths = append(changes, c), append(paths, path)
	}
	return changes, paths, nil
}

// JournalRoot returns the change root that Stage returned with a journal of the
// table's schema. The error wraps [ErrCorrupt] if Stage cannot have returned the
// journal.
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

// Redo applies a journal to the state that its session began on, and publishes the
// result as the last session. After [Table.Restore] and before the next session,
// the rows of the journal must have the schema of the restored rows. Redo does not
// check unique indexes.
//
// The error wraps [ErrCorrupt] if Stage cannot have returned the journal on this
// state, [ErrInSession], or [ErrEmptyKey]. Redo then changes nothing.
func (t *Table[K, V]) Redo(ctx context.Context, idempotencyKey, journal []byte) error {
	if err := t.checkBegin("Redo", idempotencyKey); err != nil {
		return err
	}
	changes, paths, err := t.parseJournal("Redo", t.conversion, journal)
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		if c.row = t.committed.rows[c.key]; c.row == nil {
			c.row = &row[V]{base: committedRow[V]{absent: true}}
		}
		if c.row.base.absent && c.new == nil {
			return t.fail("Redo", ErrCorrupt, "journal: entry %d: the row to delete does not exist", i)
		}
		c.row.path = paths[i]
	}
	s := newSession[K, V](idempotencyKey, t.sequence(ctx), t.committed.orders)
	for _, c := range changes {
		t.moveEntries(s, c.key, c.row.committed(), c.new)
	}
	t.publish(s, changes)
	return nil
}
