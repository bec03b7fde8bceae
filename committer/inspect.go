package committer

import (
	"context"
	"log/slog"

	"github.com/gencommittable/gencommittable/merkle"
)

// Inspection is what Inspect found.
type Inspection struct {
	s *scanner
}

// Inspect reads what a MultiCommitter left in a KV, without its stores: for
// programs that look at a database and do not have its code. It writes nothing,
// and reads all records after the checkpoint. The database should be at rest.
//
// The error is a *CorruptError if something that Load would read is damaged, or
// that of the KV. An empty KV is an empty database.
func Inspect(ctx context.Context, kv KV) (*Inspection, error) {
	s := &scanner{db: database{kv: kv}, logger: slog.New(slog.DiscardHandler)}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return &Inspection{s}, nil
}

// Empty tells whether the KV has no database at all: it was never loaded.
func (i *Inspection) Empty() bool { return i.s.fresh }

// Members returns the committables that the database knows, sorted by name.
func (i *Inspection) Members() []Member {
	var list []Member
	for _, m := range i.s.manifest.members {
		list = append(list, Member{Name: m.Name, Kind: m.Kind, Schema: clone(m.Schema)})
	}
	return list
}

// Sessions returns the retained heads, the oldest first.
func (i *Inspection) Sessions() []Session {
	h := i.s.history
	list := h.between(h.count-min(h.count, h.size), h.count)
	for n, s := range list {
		list[n] = s.copy()
	}
	return list
}

// Count returns how many sessions were ever committed.
func (i *Inspection) Count() uint64 { return i.s.history.count }

// Pending returns the key of a session that was not finished, and whether it is
// decided or was only begun; ok is false if there is none.
func (i *Inspection) Pending() (key []byte, decided, ok bool) {
	switch {
	case i.s.decided != nil:
		return clone(i.s.decided.key), true, true
	case i.s.leftOpen != nil:
		return clone(i.s.leftOpen.key), false, true
	}
	return nil, false, false
}

// Checkpoint returns how many sessions the checkpoint includes; ok is false if
// there is none.
func (i *Inspection) Checkpoint() (next uint64, ok bool) {
	c := &i.s.manifest.checkpoint
	return c.next, c.generation > 0
}

// Oldest returns the sequence of the oldest record that is kept, which is that
// of the next session if none is.
func (i *Inspection) Oldest() uint64 { return i.s.manifest.oldest }

// Record is the record of a session.
type Record struct {
	Session  Session
	Journals map[string][]byte // by store
	// Forgotten are the committables, sorted by name, of which Forget was called
	// after the session. A member of that name is another one, and its schema is
	// not that of the journal.
	Forgotten []string
	Decided   bool // the session is not finished; it has no commit ID and no ids of externals
	Resolved  bool // Resolve finished it, without its code
}

// Record reads the record of a session. The error is a *PrunedError if it is not
// kept any more or was never written, a *CorruptError, or that of the KV.
func (i *Inspection) Record(ctx context.Context, seq uint64) (*Record, error) {
	m := i.s.manifest
	if seq < m.oldest || seq > i.s.history.count {
		return nil, &PrunedError{Seq: seq, Oldest: m.oldest}
	}
	epoch := m.epochOf(seq)
	rec, err := i.s.db.record(ctx, epoch, seq)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		if seq < i.s.history.count {
			return nil, corrupt(recordKey(epoch, seq), errMissing)
		}
		return nil, &PrunedError{Seq: seq, Oldest: m.oldest}
	}
	if err := m.checkRecord(rec, rec.link); err != nil {
		return nil, corrupt(recordKey(epoch, seq), err)
	}
	if _, err := i.s.db.final(ctx, rec); err != nil {
		return nil, err
	}
	r := &Record{Session: rec.session(), Journals: make(map[string][]byte), Decided: rec.decided, Resolved: rec.resolved}
	for _, p := range rec.parts {
		if p.kind == merkle.Store {
			r.Journals[p.name] = append([]byte{}, p.journal...)
		}
		if !m.counts(p.name, seq) {
			r.Forgotten = append(r.Forgotten, p.name)
		}
	}
	return r, nil
}
