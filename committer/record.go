package committer

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/merkle"
)

// link is the SHA-256 of the previous session's record, and of its final where
// it has one. It chains the records, so that one that was swapped or belongs to
// another history is noticed.
type link [sha256.Size]byte

// linkAfter returns the link that the session after these values carries.
func linkAfter(record, final []byte) link {
	h := sha256.New()
	h.Write(record)
	h.Write(final)
	return link(h.Sum(nil))
}

// hashedBeside is from how many bytes on records are hashed beside what follows:
// the link is not needed until the next session is staged.
const hashedBeside = 16 << 10

// futureLink returns what computes linkAfter, once, or waits until it is computed.
func futureLink(record, final []byte) func() link {
	future := sync.OnceValue(func() link { return linkAfter(record, final) })
	if len(record) >= hashedBeside {
		go future()
	}
	return future
}

// record is what the MultiCommitter writes for a session.
//
// With externals it is written before they commit. It is then only decided: it
// has no commit ID, and the ids of the externals are in the final.
type record struct {
	epoch, seq uint64
	link       link
	key        []byte
	parts      []recordPart // sorted by name
	id         merkle.ID    // valid if !decided
	decided    bool
	resolved   bool // what its final says

	value  []byte // the record
	stored []byte // what stands under its key: the record, or what says that its parts have it
}

// recordPart is what a record says of one committable.
type recordPart struct {
	name    string
	kind    merkle.Kind
	id      []byte // of a store: its change root, 32 bytes
	journal []byte // of a store, never nil
}

// encode returns the value of the record. From then on the journals share its
// memory, as they do after decodeRecord.
func (r *record) encode() []byte {
	size := len(r.key) + 128
	for _, p := range r.parts {
		size += len(p.name) + len(p.id) + len(p.journal) + 16
	}
	w := newWriter(kindRecord, size)
	w.uint(r.epoch)
	w.uint(r.seq)
	w.fixed(r.link[:])
	w.bytes(r.key)
	w.uint(uint64(len(r.parts)))
	for i := range r.parts {
		p := &r.parts[i]
		w.bytes([]byte(p.name))
		w.byte(byte(p.kind))
		if p.kind == merkle.Store {
			w.bytes(withoutZero(p.id))
			w.bytes(p.journal)
			p.journal = slices.Clip(w.buf[len(w.buf)-len(p.journal):])
		}
	}
	w.bool(r.decided)
	if !r.decided {
		w.fixed(r.id[:])
	}
	return w.seal()
}

// withoutZero makes the id of an unchanged store take no room.
func withoutZero(id []byte) []byte {
	if len(id) == len(merkle.ID{}) && merkle.ID(id).IsZero() {
		return nil
	}
	return id
}

// decodeRecord reads a record. The result shares the value's memory.
func decodeRecord(value []byte) (*record, error) {
	r, err := openValue(value, kindRecord)
	if err != nil {
		return nil, err
	}
	rec := &record{epoch: r.uint(), seq: r.uint(), link: r.link(), key: r.bytes(), parts: []recordPart{}, value: value, stored: value}
	for range r.elements() {
		p := recordPart{name: string(r.bytes()), kind: merkle.Kind(r.byte())}
		if p.kind == merkle.Store {
			if p.id = r.bytes(); p.id == nil {
				p.id = make([]byte, len(merkle.ID{}))
			}
			if p.journal = r.bytes(); p.journal == nil {
				p.journal = []byte{}
			}
		}
		rec.parts = append(rec.parts, p)
	}
	if rec.decided = r.bool(); !rec.decided {
		copy(rec.id[:], r.fixed(uint64(len(rec.id))))
	}
	return rec, r.close()
}

// part returns what the record says of a committable.
func (r *record) part(name string) (recordPart, bool) {
	for _, p := range r.parts {
		if p.name == name {
			return p, true
		}
	}
	return recordPart{}, false
}

// session returns the head of the recorded session. It shares no memory with
// the record.
func (r *record) session() Session {
	s := Session{Seq: r.seq, Key: clone(r.key), ID: r.id, Parts: make([]Part, len(r.parts))}
	for i, p := range r.parts {
		s.Parts[i] = Part{Name: p.name, ID: clone(p.id)}
	}
	return s
}

// commitID computes the commit ID from the ids of the parts.
func (r *record) commitID() (merkle.ID, error) {
	parts := make([]merkle.Part, len(r.parts))
	for i, p := range r.parts {
		parts[i] = merkle.Part{Name: p.name, Kind: p.kind, ID: p.id}
	}
	return merkle.CommitID(parts)
}

// final is what ends a decided session.
type final struct {
	epoch, seq uint64
	record     link // SHA-256 of the decided record
	ids        []Part
	id         merkle.ID
	resolved   bool // by Resolve, without the session's code
}

func (f *final) encode() []byte {
	w := newWriter(kindFinal, 128)
	w.uint(f.epoch)
	w.uint(f.seq)
	w.fixed(f.record[:])
	w.uint(uint64(len(f.ids)))
	for _, p := range f.ids {
		w.bytes([]byte(p.Name))
		w.bytes(p.ID)
	}
	w.fixed(f.id[:])
	w.bool(f.resolved)
	return w.seal()
}

// decodeFinal reads a final. The result shares the value's memory.
func decodeFinal(value []byte) (*final, error) {
	r, err := openValue(value, kindFinal)
	if err != nil {
		return nil, err
	}
	f := &final{epoch: r.uint(), seq: r.uint(), record: r.link()}
	for range r.elements() {
		f.ids = append(f.ids, Part{Name: string(r.bytes()), ID: r.bytes()})
	}
	copy(f.id[:], r.fixed(uint64(len(f.id))))
	f.resolved = r.bool()
	return f, r.close()
}

// finish adds to a decided record what its final says.
func (r *record) finish(f *final) error {
	next := 0
	for i, p := range r.parts {
		if p.kind != merkle.External {
			continue
		}
		if next == len(f.ids) || f.ids[next].Name != p.name {
			return fmt.Errorf("it has no id of %q", p.name)
		}
		r.parts[i].id = f.ids[next].ID
		next++
	}
	if next != len(f.ids) {
		return errors.New("it has ids of committables that the record does not name")
	}
	r.id, r.decided, r.resolved = f.id, false, f.resolved
	return nil
}

// pending names the session in progress.
type pending struct {
	epoch, seq uint64
	key        []byte
}

func (p *pending) encode() []byte {
	w := newWriter(kindPending, len(p.key))
	w.uint(p.epoch)
	w.uint(p.seq)
	w.bytes(p.key)
	return w.seal()
}

func decodePending(value []byte) (*pending, error) {
	r, err := openValue(value, kindPending)
	if err != nil {
		return nil, err
	}
	p := &pending{epoch: r.uint(), seq: r.uint(), key: r.bytes()}
	return p, r.close()
}

// check tells what no pending entry is while a session is the next one.
func (p *pending) check(epoch, next uint64) error {
	if p.epoch > epoch || p.epoch == epoch && p.seq > next {
		return fmt.Errorf("it names session %d of epoch %d, but the next one is session %d of epoch %d",
			p.seq, p.epoch, next, epoch)
	}
	return checkKey(p.key)
}

// over tells whether it is the entry of a session before the next one.
func (p *pending) over(epoch, next uint64) bool { return p.epoch < epoch || p.seq < next }
