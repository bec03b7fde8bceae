package committable

import (
	"bytes"
	"context"

	"github.com/gencommittable/gencommittable/internal/smt"
)

// Replay opens a session that was recorded with this journal, to run it again.
// Stage and Commit then return a [DivergenceError] unless the session changes
// the same; after one the session is sealed, and stays open until Cancel. A nil
// journal says that nothing was recorded; then Replay does what Begin does. An
// empty one records no change.
//
// If the key is that of the last committed session, reads show the state before
// it, and Commit publishes nothing. Otherwise the session was decided but not
// published; it runs on the current state and Commit publishes it.
//
// It returns the errors of Begin, or one that wraps [ErrCorrupt] for any other
// journal than Stage makes.
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
	if err := t.mayBegin(op, key); err != nil {
		return err
	}
	c := t.committed
	var s *session[K, V]
	if t.isLast(key) {
		s = newSession[K, V](key, c.seq.number, c.last.orders)
		s.again, s.prior = true, c.prior()
	} else {
		s = newSession[K, V](key, t.sequence(ctx), c.orders)
	}
	s.replay, s.recorded = true, recorded
	t.start(s)
	return nil
}

// checkReplay compares the result of a replay with its record. Both are in the
// order of paths.
func (t *Table[K, V]) checkReplay(s *session[K, V], result *staged[K, V]) error {
	if !s.replay {
		return nil
	}
	recorded, replayed := s.recorded, result.changes
	for len(recorded) > 0 && len(replayed) > 0 && t.sameChange(&recorded[0], &replayed[0]) {
		recorded, replayed = recorded[1:], replayed[1:]
	}
	if len(recorded) == 0 && len(replayed) == 0 {
		return nil
	}

	diverged := &DivergenceError{Store: t.name}
	first := t.firstOf(recorded, replayed)
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

// firstOf returns the key that comes first in the order of paths, of those at
// the head of two lists; one may be empty.
func (t *Table[K, V]) firstOf(a, b []change[K, V]) K {
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

func (t *Table[K, V]) encodedRow(v *V) []byte {
	if v == nil {
		return nil
	}
	return t.def.AppendRow([]byte{}, v) // not nil, even if the row is empty
}
