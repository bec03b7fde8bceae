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
// Changes come without the rows that they replaced.
func (t *Table[K, V]) parseJournal(op string, conversion *schema.Conversion, journal []byte) ([]change[K, V], error) {
	var changes []change[K, V]
	var before merkle.Path
	var encodedKey []byte
	for rest := journal; len(rest) > 0; {
		corrupt := func(cause error, reason string) error {
			return t.failBecause(op, ErrCorrupt, cause, "journal: change %d: %s", len(changes), reason)
		}
		kind := rest[0]
		payload, after, ok := cutFrame(rest[1:])
		if !ok {
			return nil, corrupt(nil, "bad length")
		}
		rest = after

		c := change[K, V]{}
		switch kind {
		case kindDelete:
			k, err := t.def.DecodeKey(payload)
			if err != nil {
				return nil, corrupt(err, "bad key")
			}
			c.key = k
		case kindPut:
			c.new = new(row[V])
			if err := t.decodeRow(conversion, payload, &c.new.value); err != nil {
				return nil, corrupt(err, "bad row")
			}
			c.key = t.def.Key(&c.new.value)
		default:
			return nil, corrupt(nil, "unknown kind")
		}

		encodedKey = t.def.AppendKey(encodedKey[:0], c.key)
		path := merkle.KeyPath(encodedKey)
		if len(changes) > 0 && bytes.Compare(before[:], path[:]) >= 0 {
			return nil, corrupt(nil, "not in the order of paths")
		}
		if c.new != nil {
			c.new.path, c.new.hashed = path, true
		}
		before, changes = path, append(changes, c)
	}
	return changes, nil
}

// JournalRoot returns the id that Stage returned with a journal of the table's
// schema: the root over its changes. The error wraps [ErrCorrupt] for any other journal than Stage
// makes.
func (t *Table[K, V]) JournalRoot(journal []byte) ([]byte, error) {
	changes, err := t.parseJournal("JournalRoot", nil, journal)
	if err != nil {
		return nil, err
	}
	leaves, rest := make([]merkle.Leaf, len(changes)), journal
	for i, c := range changes {
		payload, after, _ := cutFrame(rest[1:])
		if rest = after; c.new == nil {
			leaves[i] = merkle.DeleteLeaf(merkle.KeyPath(payload))
		} else {
			leaves[i] = merkle.PutLeaf(c.new.path, payload)
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
	changes, err := t.parseJournal("Redo", t.conversion, journal)
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		if c.old = t.committed.rows[c.key]; c.old == nil && c.new == nil {
			return t.fail("Redo", ErrCorrupt, "journal: change %d: deletes a row that is not there", i)
		}
	}
	s := newSession[K, V](idempotencyKey, t.sequence(ctx), t.committed.orders)
	for _, c := range changes {
		t.moveEntries(s, c.key, c.old, c.new)
	}
	t.publish(s, changes)
	return nil
}
