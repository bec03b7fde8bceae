package committer

import (
	"context"

	"github.com/gencommittable/gencommittable/internal/format"
)

// checkpointIfDue starts a checkpoint of the state before the last session, so
// that the last record is kept and can be replayed. op is held, and a session
// has just been published.
func (m *MultiCommitter) checkpointIfDue() error {
	due, err := m.checkpoints.due(m.history.Count())
	if err == nil && due {
		for _, p := range m.parts {
			part, _ := m.prev.Part(p.name)
			p.usage.journal.Store(uint64(len(part.Journal)))
		}
		err = m.checkpoints.start(uint64(len(m.prev.Value)), func(ctx context.Context) *checkpointPlan { return m.planCheckpoint(ctx, 1) })
	}
	return m.failIfFenced(err)
}

// planCheckpoint plans a checkpoint of the state 0 or 1 sessions back, and pins
// that state. op is held.
func (m *MultiCommitter) planCheckpoint(ctx context.Context, back int) *checkpointPlan {
	p := &checkpointPlan{next: m.history.Count() - uint64(back), stores: m.pinStores(ctx, back)}
	if back == 1 {
		p.prevHash = m.prev.PrevHash
	} else {
		p.prevHash = m.prevHash()
	}
	p.oldest = p.next - min(p.next, m.opts.records)
	p.kept, p.headers = m.planHeaders(p.next)
	return p
}

// planHeaders returns the headers that a checkpoint before session next needs:
// the values that are already written, without the last one, which is not full,
// and the headers after those. op is held.
func (m *MultiCommitter) planHeaders(next uint64) (kept []format.HeadersRef, headers []format.Header) {
	written := m.manifest.Current().Checkpoint.Headers
	from := next - min(next, m.history.Size())
	for _, h := range written[:max(len(written)-1, 0)] {
		if h.First+h.Count > from {
			kept = append(kept, h)
		}
	}
	if len(kept) > 0 {
		last := kept[len(kept)-1]
		from = last.First + last.Count
	}
	return kept, m.history.Between(from, next)
}

// pinStores pins the state of every store, 0 or 1 sessions back. op is held.
func (m *MultiCommitter) pinStores(ctx context.Context, back int) []pinnedStore {
	var list []pinnedStore
	for _, p := range m.parts {
		if p.store != nil {
			list = append(list, pinnedStore{p, p.store.Snapshot(ctx, back)})
		}
	}
	return list
}
