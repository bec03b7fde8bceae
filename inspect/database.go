package inspect

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// Database is what a MultiCommitter stored in a KV, as [Open] found it. Its
// methods are safe for concurrent use.
type Database struct {
	kv      kv.KV
	db      *storage.DB
	scanned *storage.Scanner
}

// Open reads the database in a KV. It reads the manifest, the session headers
// and every record since the checkpoint, and checks them as Load does. It writes
// nothing to the KV, and no method of the Database does.
//
// No MultiCommitter may write to the KV while the Database is in use. An empty
// KV is not an error; see [Database.Empty].
//
// The error is a *[committer.CorruptError] that names a damaged value, or comes
// from the KV.
func Open(ctx context.Context, store kv.KV) (*Database, error) {
	db, err := storage.Open(ctx, store, storage.Errors{
		Corrupt: func(key, reason string) error { return &committer.CorruptError{Key: key, Reason: reason} },
		Limit: func(what string, size, limit int) error {
			return &committer.LimitError{What: what, Size: size, Max: limit}
		},
		Fenced: committer.ErrFenced,
	})
	if err != nil {
		return nil, err
	}
	s := db.Scanner(slog.New(slog.DiscardHandler))
	if err := s.Scan(ctx); err != nil {
		return nil, err
	}
	return &Database{kv: store, db: db, scanned: s}, nil
}

// Empty reports whether no MultiCommitter has ever loaded the KV.
func (d *Database) Empty() bool { return d.scanned.Fresh }

// Member is a committable that the database knows.
type Member struct {
	Name string
	Kind merkle.Kind // merkle.Store or merkle.External
	// Schema is what Journaled.Schema of the store returned. For a generated store
	// it is a text that schema.Parse reads. It is nil for an external committable.
	Schema []byte
}

// Members returns the committables of the database, sorted by name.
func (d *Database) Members() []Member {
	var list []Member
	for _, m := range d.scanned.Manifest.Members {
		list = append(list, Member{Name: m.Name, Kind: m.Kind, Schema: bytes.Clone(m.Schema)})
	}
	return list
}

// Count returns the number of committed sessions. The first session has the
// sequence 0, so Count is the sequence of the next session.
func (d *Database) Count() uint64 { return d.scanned.History.Count() }

// Sessions yields the committed sessions, oldest first, beginning with the
// sequence from. A database retains the headers of its latest sessions only (see
// committer.WithHistory); sessions without a header are skipped.
func (d *Database) Sessions(from uint64) iter.Seq[committer.Session] {
	return func(yield func(committer.Session) bool) {
		for _, header := range d.scanned.History.Retained() {
			if header.Seq >= from && !yield(sessionOf(header)) {
				return
			}
		}
	}
}

// Last returns the latest committed session. ok is false if there is none.
func (d *Database) Last() (s committer.Session, ok bool) {
	header, ok := d.scanned.History.Last()
	if !ok {
		return s, false
	}
	return sessionOf(header), true
}

// sessionOf returns the session of a header. It shares no memory with the header.
func sessionOf(header format.Header) committer.Session {
	s := committer.Session{Seq: header.Seq, Key: bytes.Clone(header.Key), ID: header.ID, Parts: []committer.Part{}}
	for _, p := range header.Parts {
		s.Parts = append(s.Parts, committer.Part{Name: p.Name, ID: bytes.Clone(p.ID)})
	}
	return s
}

// Pending is a session that a crash or an error left unfinished.
type Pending struct {
	Key []byte // its idempotency key
	// Decided is true once the changes of the stores are on record and only
	// external committables have to follow. The record is that of the sequence
	// Count. Without Decided, nothing of the session is stored but its key.
	Decided bool
}

// Pending returns the unfinished session. ok is false if there is none.
func (d *Database) Pending() (p Pending, ok bool) {
	switch {
	case d.scanned.Decided != nil:
		return Pending{Key: bytes.Clone(d.scanned.Decided.Key), Decided: true}, true
	case d.scanned.LeftOpen != nil:
		return Pending{Key: bytes.Clone(d.scanned.LeftOpen.Key)}, true
	}
	return Pending{}, false
}

// Checkpoint returns the number of sessions that the checkpoint includes. ok is
// false if no checkpoint was written yet.
func (d *Database) Checkpoint() (sessions uint64, ok bool) {
	c := &d.scanned.Manifest.Checkpoint
	return c.Next, c.Generation > 0
}

// OldestRecord returns the sequence of the oldest record that is kept. It is
// Count if no record is kept.
func (d *Database) OldestRecord() uint64 { return d.scanned.Manifest.Oldest }

// noSession returns the error for a sequence that has no session.
func (d *Database) noSession(seq uint64) error {
	plural := "s"
	if d.Count() == 1 {
		plural = ""
	}
	return fmt.Errorf("%w %d: the database has %d session%s", ErrNoSession, seq, d.Count(), plural)
}
