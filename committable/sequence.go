package committable

import "context"

// sessionSeq is the sequence of the last session of a state.
type sessionSeq struct {
	number uint64
	known  bool // false before the first session
}

// next returns the sequence of the next session.
func (s sessionSeq) next() uint64 {
	if !s.known {
		return 0
	}
	return s.number + 1
}

type sequenceKey struct{}

// ContextWithSequence returns a context that carries the sequence of a session
// to Begin, BeginRecovery, Replay and Redo. Restore expects the sequence of the
// last session in the snapshot. A MultiCommitter calls the methods with such
// contexts.
func ContextWithSequence(ctx context.Context, seq uint64) context.Context {
	return context.WithValue(ctx, sequenceKey{}, seq)
}

// SequenceFromContext returns the sequence that the context carries. ok is false
// if it carries none.
func SequenceFromContext(ctx context.Context) (seq uint64, ok bool) {
	seq, ok = ctx.Value(sequenceKey{}).(uint64)
	return seq, ok
}

// sequence returns the sequence that ctx carries or, without one, the next
// sequence of the table.
func (t *Table[K, V]) sequence(ctx context.Context) uint64 {
	if seq, ok := SequenceFromContext(ctx); ok {
		return seq
	}
	return t.committed.seq.next()
}
