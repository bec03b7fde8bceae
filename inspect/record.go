package inspect

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/journal"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/merkle"
)

// Record is the record of a session: what the MultiCommitter stored to make the
// session durable.
type Record struct {
	Session committer.Session
	Parts   []Part // what each committable contributed, sorted by name

	// Decided is true if the session is not finished. The session then has no
	// commit ID and no ids of external committables.
	Decided bool

	// Resolved is true if MultiCommitter.Resolve finished the session.
	Resolved bool
}

// Part returns the part of a committable. ok is false if it took no part in the
// session.
func (r *Record) Part(name string) (p *Part, ok bool) {
	for i := range r.Parts {
		if r.Parts[i].Name == name {
			return &r.Parts[i], true
		}
	}
	return nil, false
}

// Part is what one committable contributed to a session.
type Part struct {
	Name string
	Kind merkle.Kind
	ID   []byte // what its Commit returned; for a store, the change root

	// Journal has the changes of a store, encoded. It is empty if the store was not
	// changed.
	Journal []byte

	// Forgotten is true if MultiCommitter.Forget removed the committable after the
	// session. A member with the same name is then a later, unrelated committable.
	Forgotten bool

	record string // the key of the record in the KV
	schema *schema.Schema
	reason error // why schema is nil
}

// Changes decodes the journal. The changes are sorted by encoded key; each key
// has at most one.
//
// The error is [ErrNotDecodable] if the part is that of an external committable
// or of a forgotten one, or if the schema of the store is not in the language of
// package schema. Any other error means that the journal does not match the
// schema.
func (p *Part) Changes() ([]Change, error) {
	if p.schema == nil {
		return nil, p.reason
	}
	var list []Change
	for entry, err := range journal.Entries(p.Journal) {
		var c Change
		if err == nil {
			c, err = decodeChange(p.schema, entry)
		}
		if err != nil {
			return nil, &committer.CorruptError{Key: p.record, Reason: fmt.Sprintf("change %d of store %q: %v", len(list), p.Name, err)}
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Change) int { return bytes.Compare(a.EncodedKey, b.EncodedKey) })
	return list, nil
}

// Change is the net effect of a session on one key of a store.
type Change struct {
	Row     // the new row; if Deleted, only Key and EncodedKey are set
	Deleted bool
}

func decodeChange(s *schema.Schema, entry journal.Entry) (c Change, err error) {
	if entry.Kind == journal.Delete {
		c.Deleted, c.EncodedKey = true, entry.Payload
		c.Key, err = s.DecodeKey(entry.Payload)
		return c, err
	}
	c.Row, err = decodeRow(s, entry.Payload)
	return c, err
}

// Record reads the record of a session. For the sequence Count it is that of a
// decided session; see [Database.Pending].
//
// The error is [ErrNoSession] if there is no such session, a
// *[committer.PrunedError] if the record is no longer kept (see
// committer.WithRecords), a *[committer.CorruptError], or an error of the KV.
func (d *Database) Record(ctx context.Context, seq uint64) (*Record, error) {
	if pending, _ := d.Pending(); seq > d.Count() || seq == d.Count() && !pending.Decided {
		return nil, d.noSession(seq)
	}
	rec, err := d.record(ctx, seq)
	if err != nil {
		return nil, err
	}
	m := d.scanned.Manifest
	r := &Record{Session: sessionOf(rec.Header()), Decided: rec.Decided, Resolved: rec.Resolved}
	for _, part := range rec.Parts {
		p := Part{Name: part.Name, Kind: part.Kind, ID: bytes.Clone(part.ID), Journal: part.Journal, record: format.RecordKey(rec.Epoch, rec.Seq)}
		p.Forgotten = !m.MeansMember(p.Name, seq)
		p.schema, p.reason = d.schemaOf(&p)
		r.Parts = append(r.Parts, p)
	}
	return r, nil
}

// record reads the record of a session that was committed or is decided, and
// checks it.
func (d *Database) record(ctx context.Context, seq uint64) (*storage.Record, error) {
	m := d.scanned.Manifest
	if seq < m.Oldest {
		return nil, &committer.PrunedError{Seq: seq, Oldest: m.Oldest}
	}
	epoch := m.EpochOf(seq)
	key := format.RecordKey(epoch, seq)
	rec, err := d.db.Record(ctx, epoch, seq)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, &committer.CorruptError{Key: key, Reason: "it is missing"}
	}
	if err := m.CheckRecord(&rec.Record, rec.PrevHash); err != nil {
		return nil, &committer.CorruptError{Key: key, Reason: err.Error()}
	}
	if _, err := d.db.Outcome(ctx, rec); err != nil {
		return nil, err
	}
	return rec, nil
}

// schemaOf returns the schema of the part's journal.
func (d *Database) schemaOf(p *Part) (*schema.Schema, error) {
	if p.Kind != merkle.Store {
		return nil, fmt.Errorf("%w: %q is an external committable", ErrNotDecodable, p.Name)
	}
	if p.Forgotten {
		return nil, fmt.Errorf("%w: the store %q was forgotten after the session, and its schema with it", ErrNotDecodable, p.Name)
	}
	member, _ := d.scanned.Manifest.Member(p.Name) // the record was checked against the manifest
	return parseSchema(member.Name, member.Schema)
}

// parseSchema parses the schema of a store.
func parseSchema(store string, text []byte) (*schema.Schema, error) {
	s, err := schema.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: the schema of store %q: %w", ErrNotDecodable, store, err)
	}
	return s, nil
}

// Records yields the records of the committed sessions, oldest first, beginning
// with the sequence from. To get all that are kept, begin with OldestRecord.
//
// After an error the sequence ends. The errors are those of [Database.Record].
func (d *Database) Records(ctx context.Context, from uint64) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for seq := from; seq < d.Count(); seq++ {
			r, err := d.Record(ctx, seq)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
