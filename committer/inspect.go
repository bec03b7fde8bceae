package committer

import (
	"context"
	"log/slog"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/merkle"
)

// Inspection is what Inspect found.
type Inspection struct {
	s  *storage.Scanner
	db *storage.DB
}

// Inspect reads what a MultiCommitter left in a KV, without its stores: for
// programs that look at a database and do not have its code. It writes nothing,
// and reads all records after the checkpoint. The database should be at rest.
//
// The error is a *CorruptError if something that Load would read is damaged, or
// that of the KV. An empty KV is an empty database.
func Inspect(ctx context.Context, kv KV) (*Inspection, error) {
	db, err := storage.Open(ctx, kv, storage.Errors{
		Corrupt: func(key, reason string) error { return &CorruptError{Key: key, Reason: reason} },
		Limit:   func(what string, size, limit int) error { return &LimitError{What: what, Size: size, Max: limit} },
		Fenced:  ErrFenced,
	})
	if err != nil {
		return nil, err
	}
	s := db.Scanner(slog.New(slog.DiscardHandler))
	if err := s.Scan(ctx); err != nil {
		return nil, err
	}
	return &Inspection{s, db}, nil
}

// Empty tells whether the KV has no database at all: it was never loaded.
func (i *Inspection) Empty() bool { return i.s.Fresh }

// Member is a committable that a database knows.
type Member struct {
	Name   string
	Kind   merkle.Kind
	Schema []byte // of a store: the descriptor of its rows
}

// Members returns the committables that the database knows, sorted by name.
func (i *Inspection) Members() []Member {
	var list []Member
	for _, m := range i.s.Manifest.Members {
		list = append(list, Member{Name: m.Name, Kind: m.Kind, Schema: clone(m.Schema)})
	}
	return list
}

// Sessions returns the retained heads, the oldest first.
func (i *Inspection) Sessions() []Session {
	h := i.s.History
	var list []Session
	for _, header := range h.Retained() {
		list = append(list, sessionOf(&header))
	}
	return list
}

// Count returns how many sessions were ever committed.
func (i *Inspection) Count() uint64 { return i.s.History.Count() }

// Pending returns the key of a session that was not finished, and whether it is
// decided or was only begun; ok is false if there is none.
func (i *Inspection) Pending() (key []byte, decided, ok bool) {
	switch {
	case i.s.Decided != nil:
		return clone(i.s.Decided.Key), true, true
	case i.s.LeftOpen != nil:
		return clone(i.s.LeftOpen.Key), false, true
	}
	return nil, false, false
}

// Checkpoint returns how many sessions the checkpoint includes; ok is false if
// there is none.
func (i *Inspection) Checkpoint() (next uint64, ok bool) {
	c := &i.s.Manifest.Checkpoint
	return c.Next, c.Generation > 0
}

// Oldest returns the sequence of the oldest record that is kept, which is that
// of the next session if none is.
func (i *Inspection) Oldest() uint64 { return i.s.Manifest.Oldest }

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
	m := i.s.Manifest
	if seq < m.Oldest || seq > i.s.History.Count() {
		return nil, &PrunedError{Seq: seq, Oldest: m.Oldest}
	}
	epoch := m.EpochOf(seq)
	rec, err := i.db.Record(ctx, epoch, seq)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		if seq < i.s.History.Count() {
			return nil, corrupt(format.RecordKey(epoch, seq), errMissing)
		}
		return nil, &PrunedError{Seq: seq, Oldest: m.Oldest}
	}
	if err := m.CheckRecord(&rec.Record, rec.PrevHash); err != nil {
		return nil, corrupt(format.RecordKey(epoch, seq), err)
	}
	if _, err := i.db.Outcome(ctx, rec); err != nil {
		return nil, err
	}
	h := rec.Header()
	r := &Record{Session: sessionOf(&h), Journals: make(map[string][]byte), Decided: rec.Decided, Resolved: rec.Resolved}
	for _, p := range rec.Parts {
		if p.Kind == merkle.Store {
			r.Journals[p.Name] = append([]byte{}, p.Journal...)
		}
		if !m.MeansMember(p.Name, seq) {
			r.Forgotten = append(r.Forgotten, p.Name)
		}
	}
	return r, nil
}
