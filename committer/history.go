package committer

import (
	"github.com/gencommittable/gencommittable/merkle"
)

// Session is the head of a committed session.
type Session struct {
	Seq   uint64 // 0 for the first
	Key   []byte
	ID    merkle.ID // the commit ID
	Parts []Part    // sorted by name
}

// Part is what one committable had to say of a session.
type Part struct {
	Name string
	ID   []byte // a store's change root (32 bytes, zeros if it had no changes); an external's own id
}

// copy returns a session that shares no memory with s.
func (s Session) copy() Session {
	parts := make([]Part, len(s.Parts))
	for i, p := range s.Parts {
		parts[i] = Part{Name: p.Name, ID: clone(p.ID)}
	}
	return Session{Seq: s.Seq, Key: clone(s.Key), ID: s.ID, Parts: parts}
}

// Last returns the newest session, false if there is none yet. Before Load the
// error is ErrNotLoaded.
func (m *MultiCommitter) Last() (Session, bool, error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return Session{}, false, err
	}
	s, ok := m.history.last()
	return s.copy(), ok, nil
}

// Lookup returns the retained session of a key, false if there is none; see
// WithHistory. Before Load the error is ErrNotLoaded.
func (m *MultiCommitter) Lookup(key []byte) (Session, bool, error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return Session{}, false, err
	}
	s, ok := m.history.lookup(key)
	return s.copy(), ok, nil
}

// Pending returns the key of a session that a crash, or the failed Commit of
// an external, left to be finished, and whether there is one. Begin or Do with
// that key finishes it. Before Load the error is ErrNotLoaded.
func (m *MultiCommitter) Pending() (key []byte, ok bool, err error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return nil, false, err
	}
	switch {
	case m.decided != nil:
		return clone(m.decided.key), true, nil
	case m.leftOpen != nil:
		return clone(m.leftOpen.key), true, nil
	}
	return nil, false, nil
}

// View calls fn with the last session, the zero Session if there is none.
// Nothing is published while fn runs, so views of several stores that fn opens
// show the same commit. Open the views in fn and read them afterwards: the end
// of a Commit waits for fn, and fn must not call the MultiCommitter.
func (m *MultiCommitter) View(fn func(Session) error) error {
	m.pub.RLock()
	defer m.pub.RUnlock()
	s, _, err := m.Last()
	if err != nil {
		return err
	}
	return fn(s)
}

// readable tells why committed sessions cannot be read. state is held.
func (m *MultiCommitter) readable() error {
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	}
	return nil
}

// history is the heads of the last sessions: a ring, and where a key is in it.
type history struct {
	ring  []Session         // at seq % (size+1), grown as needed
	size  uint64            // sessions retained; the ring has one more, for checkpoints
	first uint64            // the oldest sequence that was ever appended
	count uint64            // sessions ever; the newest has sequence count-1
	byKey map[string]uint64 // key → its newest sequence
}

// newHistory returns a history that begins with a sequence.
func newHistory(size, first uint64) *history {
	return &history{size: size, first: first, count: first, byKey: make(map[string]uint64)}
}

// at returns where a session is in the ring.
func (h *history) at(seq uint64) uint64 { return (seq - h.first) % (h.size + 1) }

// between returns the heads from a sequence up to another, as far as they are
// there.
func (h *history) between(from, to uint64) []Session {
	from = max(from, h.count-uint64(len(h.ring)))
	var list []Session
	for seq := from; seq < to; seq++ {
		list = append(list, h.ring[h.at(seq)])
	}
	return list
}

// append adds the session with sequence count and drops the one that is then
// too old.
func (h *history) append(s Session) {
	if i := h.at(h.count); i < uint64(len(h.ring)) {
		old := &h.ring[i]
		if h.byKey[string(old.Key)] == old.Seq {
			delete(h.byKey, string(old.Key))
		}
		*old = s
	} else {
		h.ring = append(h.ring, s)
	}
	h.byKey[string(s.Key)] = s.Seq
	h.count++
}

func (h *history) last() (Session, bool) {
	if len(h.ring) == 0 {
		return Session{}, false
	}
	return h.ring[h.at(h.count-1)], true
}

func (h *history) lookup(key []byte) (Session, bool) {
	seq, ok := h.byKey[string(key)]
	if !ok || seq+h.size < h.count {
		return Session{}, false
	}
	return h.ring[h.at(seq)], true
}
