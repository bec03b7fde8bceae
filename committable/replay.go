package committable

import (
	"bytes"
	"context"

	"github.com/gencommittable/gencommittable/internal/smt"
)

// replay is what a session needs in addition if it runs again. The zero value
// stands for a session that runs for the first time.
type replay[K comparable, V any] struct {
	active   bool
	recorded []change[K, V] // what the session must change again, in the order of paths

	// published is set if the session is published already. Reads then look into
	// before, the rows that the session replaced, prior to the committed rows.
	published bool
	before    map[K]*row[V]
}

// Replay opens a session again that was recorded with a journal. Stage and Commit
// then return a [DivergenceError] unless the session changes the same; after that
// error the session is sealed, and only Cancel ends it. An empty journal records
// that nothing changed. With a nil journal, Replay does the same as Begin.
//
// If the key is that of the last committed session, reads show the state before
// that session, and Commit publishes nothing. Otherwise the session was decided but
// not published: it runs on the committed state, and Commit publishes it.
//
// The errors are those of Begin, or wrap [ErrCorrupt] if Stage cannot have
// returned the journal.
func (t *Table[K, V]) Replay(ctx context.Context, idempotencyKey, journal []byte) error {
	if journal == nil {
		return t.begin(ctx, "Replay", idempotencyKey)
	}
	recorded, _, err := t.parseJournal("Replay", nil, journal)
	if err != nil {
		return err
	}
	return t.beginReplay(ctx, "Replay", idempotencyKey, recorded)
}

func (t *Table[K, V]) beginReplay(ctx context.Context, op string, key []byte, recorded []change[K, V]) error {
	if err := t.checkBegin(op, key); err != nil {
		return err
	}
	c := t.committed
	var s *session[K, V]
	if t.isLast(key) {
		s = newSession[K, V](key, c.seq.number, c.last.orders)
		s.replay = replay[K, V]{published: true, before: c.rowsBeforeLast()}
	} else {
		s = newSession[K, V](key, t.sequence(ctx), c.orders)
	}
	s.replay.active, s.replay.recorded = true, recorded
	t.startSession(s)
	return nil
}

// checkReplay compares the result of a replay with its record. Both are in the
// order of paths.
func (t *Table[K, V]) checkReplay(s *session[K, V], result *stageResult[K, V]) error {
	if !s.replay.active {
		return nil
	}
	recorded, replayed := s.replay.recorded, result.changes
	for len(recorded) > 0 && len(replayed) > 0 && t.sameChange(&recorded[0], &replayed[0]) {
		recorded, replayed = recorded[1:], replayed[1:]
	}
	if len(recorded) == 0 && len(replayed) == 0 {
		return nil
	}

	diverged := &DivergenceError{Store: t.name}
	first := t.firstKey(recorded, replayed)
	diverged.Key = t.def.AppendKey(nil, first)
	if len(recorded) > 0 && recorded[0].key == first {
		diverged.Recorded = t.encodedRow(recorded[0].new)
	}
	if len(replayed) > 0 && replayed[0].key == first {
		diverged.Replayed = t.encodedRow(replayed[0].new)
	}
	return diverged
}

func (t *Table[K, V]) sameChange(a, b *change[K, V]) bool {
	if a.key != b.key || (a.new == nil) != (b.new == nil) {
		return false
	}
	return a.new == nil || t.def.Equal(a.new, b.new)
}

// firstKey returns the key with the smaller path, of the first changes of two
// lists. One list may be empty.
func (t *Table[K, V]) firstKey(a, b []change[K, V]) K {
	if len(a) == 0 {
		return b[0].key
	}
	if len(b) == 0 {
		return a[0].key
	}
	pathA := smt.KeyPath(t.def.AppendKey(nil, a[0].key))
	pathB := smt.KeyPath(t.def.AppendKey(nil, b[0].key))
	if bytes.Compare(pathA[:], pathB[:]) <= 0 {
		return a[0].key
	}
	return b[0].key
}

// encodedRow returns the encoding of a row, which may be empty, or nil if there is
// no row.
func (t *Table[K, V]) encodedRow(v *V) []byte {
	if v == nil {
		return nil
	}
	return t.def.AppendRow([]byte{}, v)
}
