package storage

import "github.com/gencommittable/gencommittable/internal/format"

// History has the headers of the last sessions, by sequence and by key. It is
// not safe for concurrent use. Its headers must not be changed.
type History struct {
	ring  []format.Header // header of session seq at index(seq), grown as needed
	size  uint64          // sessions retained; the ring has one more, for checkpoints
	first uint64          // the first sequence that was appended
	count uint64          // the next sequence
	byKey map[string]uint64
}

// NewHistory returns a history that retains size sessions and begins with
// sequence first.
func NewHistory(size, first uint64) *History {
	return &History{size: size, first: first, count: first, byKey: make(map[string]uint64)}
}

// Count returns how many sessions were ever committed, which is the sequence of
// the next one.
func (h *History) Count() uint64 { return h.count }

// Size returns for how many sessions headers are retained.
func (h *History) Size() uint64 { return h.size }

// index returns the index of a session in the ring.
func (h *History) index(seq uint64) uint64 { return (seq - h.first) % (h.size + 1) }

// Between returns the headers of the sessions from a sequence up to another,
// without those that are no longer there.
func (h *History) Between(from, to uint64) []format.Header {
	from = max(from, h.count-uint64(len(h.ring)))
	var list []format.Header
	for seq := from; seq < to; seq++ {
		list = append(list, h.ring[h.index(seq)])
	}
	return list
}

// Retained returns the retained headers, the oldest first.
func (h *History) Retained() []format.Header {
	return h.Between(h.count-min(h.count, h.size), h.count)
}

// Append adds the session with sequence Count. The header that is then too old
// is dropped.
func (h *History) Append(header format.Header) {
	if i := h.index(h.count); i < uint64(len(h.ring)) {
		old := &h.ring[i]
		if h.byKey[string(old.Key)] == old.Seq {
			delete(h.byKey, string(old.Key))
		}
		*old = header
	} else {
		h.ring = append(h.ring, header)
	}
	h.byKey[string(header.Key)] = header.Seq
	h.count++
}

// At returns the header of a session.
func (h *History) At(seq uint64) (format.Header, bool) {
	if seq >= h.count || seq < h.count-uint64(len(h.ring)) {
		return format.Header{}, false
	}
	return h.ring[h.index(seq)], true
}

// Last returns the newest header.
func (h *History) Last() (format.Header, bool) {
	if len(h.ring) == 0 {
		return format.Header{}, false
	}
	return h.ring[h.index(h.count-1)], true
}

// Lookup returns the newest retained header with a key.
func (h *History) Lookup(key []byte) (format.Header, bool) {
	seq, ok := h.byKey[string(key)]
	if !ok || seq+h.size < h.count {
		return format.Header{}, false
	}
	return h.ring[h.index(seq)], true
}
