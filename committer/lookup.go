package committer

import (
	"bytes"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/merkle"
)

// Session is a committed session, without its changes.
type Session struct {
	Seq   uint64 // 0 for the first session
	Key   []byte
	ID    merkle.ID // the commit ID
	Parts []Part    // sorted by name
}

// Part is what one committable contributed to a session.
type Part struct {
	Name string
	ID   []byte // a store's change root (32 bytes, zeros without changes); an external's own id
}

// sessionOf returns the session of a header. It shares no memory with the
// header.
func sessionOf(h *format.Header) Session {
	parts := make([]Part, len(h.Parts))
	for i, p := range h.Parts {
		parts[i] = Part{Name: p.Name, ID: clone(p.ID)}
	}
	return Session{Seq: h.Seq, Key: clone(h.Key), ID: h.ID, Parts: parts}
}

// Last returns the newest session; ok is false if there is none. Before Load the
// error is ErrNotLoaded.
func (m *MultiCommitter) Last() (s Session, ok bool, err error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return Session{}, false, err
	}
	h, ok := m.history.Last()
	return sessionOf(&h), ok, nil
}

// Lookup returns the retained session of a key; ok is false if there is none,
// see [WithHistory]. Before Load the error is ErrNotLoaded.
func (m *MultiCommitter) Lookup(key []byte) (s Session, ok bool, err error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return Session{}, false, err
	}
	h, ok := m.history.Lookup(key)
	return sessionOf(&h), ok, nil
}

// Pending returns the key of an unfinished session; ok is false if there is
// none. A crash leaves one, and so does an external whose Commit failed. Begin
// or Do with that key finishes the session. Before Load the error is
// ErrNotLoaded.
func (m *MultiCommitter) Pending() (key []byte, ok bool, err error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if err := m.readable(); err != nil {
		return nil, false, err
	}
	switch {
	case m.decided != nil:
		return clone(m.decided.Key), true, nil
	case m.leftOpen != nil:
		return clone(m.leftOpen.Key), true, nil
	}
	return nil, false, nil
}

// View calls fn with the last session, or with the zero Session if there is
// none. No session is published while fn runs, so views of several stores that
// fn opens show the same commit.
//
// Open the views in fn, and read them after View has returned: a Commit waits
// for fn before it publishes. fn must not call the MultiCommitter.
func (m *MultiCommitter) View(fn func(Session) error) error {
	m.pub.RLock()
	defer m.pub.RUnlock()
	s, _, err := m.Last()
	if err != nil {
		return err
	}
	return fn(s)
}

// readable returns an error if committed sessions cannot be read. state is held.
func (m *MultiCommitter) readable() error {
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	}
	return nil
}

// clone copies b; the copy of an empty slice is nil.
func clone(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}
