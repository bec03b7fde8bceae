package format

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/merkle"
)

// Record is what one session did: the record of session seq.
//
//	epoch uint ‖ sequence uint ‖ previous hash ‖ idempotency key bytes
//	‖ [name bytes, kind byte, of a store: change root bytes, journal bytes]
//	‖ decided bool ‖ if not decided: commit ID, 32 bytes
//
// The parts are sorted by name. The change root of a store without changes is
// encoded as no bytes, since it would be 32 zeros.
//
// The record of a session with externals is written before they commit. It is
// then decided: it has no commit ID, and the ids of externals follow in its
// outcome.
type Record struct {
	Epoch, Seq uint64
	PrevHash   Hash // the ChainHash of the previous session
	Key        []byte
	Parts      []RecordPart // sorted by name
	ID         merkle.ID    // unless Decided
	Decided    bool
	Resolved   bool // from the outcome; not encoded in the record
}

// RecordPart is the part of one committable in a record.
type RecordPart struct {
	Name    string
	Kind    merkle.Kind
	ID      []byte // a store's change root, 32 bytes; an external's id, from the outcome
	Journal []byte // of a store, never nil
}

// ChainHash returns the PrevHash of the session that follows a session with this
// record and outcome; outcome is empty for sessions without externals.
//
//	SHA-256(record ‖ outcome)
//
// It chains the records, so that a record that was swapped, or that belongs to
// another history, is noticed.
func ChainHash(record, outcome []byte) Hash {
	h := sha256.New()
	h.Write(record)
	h.Write(outcome)
	return Hash(h.Sum(nil))
}

// Encode returns the value of r. Afterwards the journals of r share memory with
// the value, as they do after DecodeRecord.
func (r *Record) Encode() []byte {
	size := len(r.Key) + 128
	for _, p := range r.Parts {
		size += len(p.Name) + len(p.ID) + len(p.Journal) + 16
	}
	w := newWriter(KindRecord, size)
	w.uint(r.Epoch)
	w.uint(r.Seq)
	w.fixed(r.PrevHash[:])
	w.bytes(r.Key)
	w.uint(uint64(len(r.Parts)))
	for i := range r.Parts {
		p := &r.Parts[i]
		w.string(p.Name)
		w.byte(byte(p.Kind))
		if p.Kind == merkle.Store {
			w.bytes(withoutZero(p.ID))
			w.bytes(p.Journal)
			p.Journal = slices.Clip(w.buf[len(w.buf)-len(p.Journal):])
		}
	}
	w.bool(r.Decided)
	if !r.Decided {
		w.fixed(r.ID[:])
	}
	return w.seal()
}

// withoutZero returns no bytes for the change root of an unchanged store.
func withoutZero(id []byte) []byte {
	if len(id) == len(merkle.ID{}) && merkle.ID(id).IsZero() {
		return nil
	}
	return id
}

// DecodeRecord decodes a record. It shares memory with value.
func DecodeRecord(value []byte) (Record, error) {
	r, err := open(value, KindRecord)
	if err != nil {
		return Record{}, err
	}
	rec := Record{Epoch: r.uint(), Seq: r.uint(), PrevHash: r.hash(), Key: r.bytes(), Parts: []RecordPart{}}
	for range r.elements() {
		p := RecordPart{Name: r.string(), Kind: merkle.Kind(r.byte())}
		if p.Kind == merkle.Store {
			if p.ID = r.bytes(); p.ID == nil {
				p.ID = make([]byte, len(merkle.ID{}))
			}
			if p.Journal = r.bytes(); p.Journal == nil {
				p.Journal = []byte{}
			}
		}
		rec.Parts = append(rec.Parts, p)
	}
	if rec.Decided = r.bool(); !rec.Decided {
		copy(rec.ID[:], r.fixed(uint64(len(rec.ID))))
	}
	return rec, r.close()
}

// Part returns the part of a committable.
func (r *Record) Part(name string) (RecordPart, bool) {
	for _, p := range r.Parts {
		if p.Name == name {
			return p, true
		}
	}
	return RecordPart{}, false
}

// Header returns the header of the session. It shares no memory with r.
func (r *Record) Header() Header {
	h := Header{Seq: r.Seq, Key: cloneBytes(r.Key), ID: r.ID, Parts: make([]HeaderPart, len(r.Parts))}
	for i, p := range r.Parts {
		h.Parts[i] = HeaderPart{Name: p.Name, ID: cloneBytes(p.ID)}
	}
	return h
}

// CommitID computes the commit ID from the parts.
func (r *Record) CommitID() (merkle.ID, error) {
	parts := make([]merkle.Part, len(r.Parts))
	for i, p := range r.Parts {
		parts[i] = merkle.Part{Name: p.Name, Kind: p.Kind, ID: p.ID}
	}
	return merkle.CommitID(parts)
}

// CheckID reports why the commit ID of r is not that of its parts.
func (r *Record) CheckID() error {
	id, err := r.CommitID()
	if err != nil {
		return err
	}
	if id != r.ID {
		return fmt.Errorf("its commit ID is %s, but its parts have the commit ID %s", r.ID, id)
	}
	return nil
}

// Finish adds an outcome to a decided record.
func (r *Record) Finish(o *Outcome) error {
	next := 0
	for i, p := range r.Parts {
		if p.Kind != merkle.External {
			continue
		}
		if next == len(o.IDs) || o.IDs[next].Name != p.Name {
			return fmt.Errorf("it has no id of %q", p.Name)
		}
		r.Parts[i].ID = o.IDs[next].ID
		next++
	}
	if next != len(o.IDs) {
		return errors.New("it has ids of committables that the record does not name")
	}
	r.ID, r.Decided, r.Resolved = o.ID, false, o.Resolved
	return nil
}

// Outcome is how a decided session ended.
//
//	epoch uint ‖ sequence uint ‖ hash of the decided record
//	‖ [name bytes, id bytes] ‖ commit ID, 32 bytes ‖ resolved bool
type Outcome struct {
	Epoch, Seq uint64
	Record     Hash         // of the decided record
	IDs        []HeaderPart // of the externals, sorted by name
	ID         merkle.ID    // the commit ID
	Resolved   bool         // the session was finished from its record, without its code
}

// Encode returns the value of o.
func (o *Outcome) Encode() []byte {
	w := newWriter(KindOutcome, 128)
	w.uint(o.Epoch)
	w.uint(o.Seq)
	w.fixed(o.Record[:])
	list(w, o.IDs, func(p HeaderPart) {
		w.string(p.Name)
		w.bytes(p.ID)
	})
	w.fixed(o.ID[:])
	w.bool(o.Resolved)
	return w.seal()
}

// DecodeOutcome decodes an outcome. It shares memory with value.
func DecodeOutcome(value []byte) (*Outcome, error) {
	r, err := open(value, KindOutcome)
	if err != nil {
		return nil, err
	}
	o := &Outcome{Epoch: r.uint(), Seq: r.uint(), Record: r.hash()}
	for range r.elements() {
		o.IDs = append(o.IDs, HeaderPart{Name: r.string(), ID: r.bytes()})
	}
	copy(o.ID[:], r.fixed(uint64(len(o.ID))))
	o.Resolved = r.bool()
	return o, r.close()
}

// cloneBytes copies b; the copy of an empty slice is nil.
func cloneBytes(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}
