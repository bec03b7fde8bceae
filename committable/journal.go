package committable

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/merkle"
)

// Kinds of journal entries.
const (
	kindDelete = 0
	kindPut    = 1
)

func appendJournal(dst []byte, put bool, payload []byte) []byte {
	kind := byte(kindDelete)
	if put {
		kind = kindPut
	}
	return appendFrame(append(dst, kind), payload)
}

// journal returns the journal of a session's changes.
func (t *Table[K, V]) journal(changes []change[K, V]) []byte {
	journal, payload := []byte{}, []byte(nil)
	for _, c := range changes {
		if c.new != nil {
			payload = t.def.AppendRow(payload[:0], c.new)
		} else {
			payload = t.def.AppendKey(payload[:0], c.key)
		}
		journal = appendJournal(journal, c.new != nil, payload)
	}
	return journal
}

// appendFrame appends the payload after its length.
func appendFrame(dst, payload []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(payload))), payload...)
}

// cutFrame takes the first payload off. It refuses lengths that are longer than
// need be, or than what is there.
func cutFrame(b []byte) (payload, rest []byte, ok bool) {
	n, width := binary.Uvarint(b)
	if width <= 0 || width > 1 && b[width-1] == 0 || n > uint64(len(b)-width) {
		return nil, nil, false
	}
	end := width + int(n)
	return b[width:end:end], b[end:], true
}

// parseJournal reads a journal back, strictly: whatever it accepts, a session
// can have staged, under the schema that is converted from if that is not nil.
// Changes come without their rows; their paths are beside them.
func (t *Table[K, V]) parseJournal(op string, conversion *schema.Conversion, journal []byte) (changes []change[K, V], paths []merkle.Path, err error) {
	var encodedKey []byte
	for rest := journal; len(rest) > 0; {
		corrupt := func(cause error, reason string) error {
			return t.failBecause(op, ErrCorrupt, cause, "journal: change %d: %s", len(changes), reason)
		}
		kind := rest[0]
		payload, after, ok := cutFrame(rest[1:])
		if !ok {
			return nil, nil, corrupt(nil, "bad length")
		}
		rest = after

		c := change[K, V]{}
		switch kind {
		case kindDelete:
			k, err := t.def.DecodeKey(payload)
			if err != nil {
				return nil, nil, corrupt(err, "bad key")
			}
			c.key = k
		case kindPut:
			c.new = new(V)
			if err := t.decodeRow(conversion, payload, c.new); err != nil {
				return nil, nil, corrupt(err, "bad row")
			}
			c.key = t.def.Key(c.new)
		default:
			return nil, nil, corrupt(nil, "unknown kind")
		}

		encodedKey = t.def.AppendKey(encodedKey[:0], c.key)
		path := merkle.KeyPath(encodedKey)
		if n := len(paths); n > 0 && bytes.Compare(paths[n-1][:], path[:]) >= 0 {
			return nil, nil, corrupt(nil, "not in the order of paths")
		}
		changes, paths = append(changes, c), append(paths, path)
	}
	return changes, paths, nil
}

// JournalRoot returns the id that Stage returned with a journal of the table's
// schema: the root over its changes. The error wraps [ErrCorrupt] for any other journal than Stage
// makes.
func (t *Table[K, V]) JournalRoot(journal []byte) ([]byte, error) {
	changes, paths, err := t.parseJournal("JournalRoot", nil, journal)
	if err != nil {
		return nil, err
	}
	leaves, rest := make([]merkle.Leaf, len(changes)), journal
	for i, c := range changes {
		payload, after, _ := cutFrame(rest[1:])
		if rest = after; c.new == nil {
			leaves[i] = merkle.DeleteLeaf(paths[i])
		} else {
			leaves[i] = merkle.PutLeaf(paths[i], payload)
		}
	}
	root, err := merkle.ChangeRoot(leaves)
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
			return t.fail("Redo", ErrCorrupt, "journal: change %d: deletes a row that is not there", i)
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
