package format

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/merkle"
)

// Manifest describes a database: which of its other values count. Whatever
// replaces a part of the database, a checkpoint, a Rollback or an Import, takes
// effect by one write of the manifest.
//
//	sessions retained uint ‖ oldest record uint ‖ generation uint ‖ writing uint
//	‖ [epoch uint, from uint]
//	‖ checkpoint: generation uint, next uint, size uint, previous hash,
//	    [store bytes, chunks uint, hash of the last chunk]
//	    [generation uint, number uint, first uint, count uint, hash of the value]
//	‖ members: [name bytes, kind byte, schema bytes]
//	‖ forgotten: [name bytes, kind byte, until uint]
//	‖ garbage: [kind byte, number uint, store bytes, from uint, to uint]
type Manifest struct {
	History uint64  // for how many sessions headers are retained
	Epochs  []Epoch // ascending; the last one is the current
	Oldest  uint64  // the oldest record that is kept, at most Checkpoint.Next

	Checkpoint Checkpoint
	Generation uint64 // the newest one that was given to a checkpoint
	Writing    uint64 // the generation of an unfinished checkpoint, 0 if none

	Members   []Member // sorted by name
	Forgotten []Forgotten
	Garbage   []Garbage // keys still to be deleted
}

// Epoch says that the records from a sequence on belong to an epoch. Rollback
// and Import begin a new one, so that no record of the abandoned future can come
// back.
type Epoch struct{ Number, From uint64 }

// Checkpoint is an image of all stores. Generation 0 is no checkpoint: all
// stores are empty, and Next is 0.
type Checkpoint struct {
	Generation uint64
	Next       uint64 // the image includes the sessions before this one
	PrevHash   Hash   // of the record of session Next
	Size       uint64 // bytes of the rows
	Images     []Image
	Headers    []HeadersRef // the retained sessions before Next
}

// Image refers to the chunks of one store in a checkpoint.
type Image struct {
	Store    string
	Chunks   uint64
	LastHash Hash // of the value of the last chunk; see Chunk
}

// HeadersRef refers to a value with headers. A checkpoint keeps using the full
// values of the checkpoint before, so they keep the generation that wrote them.
type HeadersRef struct {
	Generation, N uint64
	First, Count  uint64 // which headers count; the value may have more behind them
	Hash          Hash   // of the value
}

// Member is a committable that a database knows.
type Member struct {
	Name   string
	Kind   merkle.Kind
	Schema []byte // of a store: the descriptor of its rows
}

// Forgotten says that a name in the records before session Until does not mean
// the member of that name, but a committable that was forgotten.
type Forgotten struct {
	Name  string
	Kind  merkle.Kind
	Until uint64
}

// Garbage is a range of obsolete keys.
type Garbage struct {
	Kind     GarbageKind
	Number   uint64 // the generation; the epoch of records
	Store    string // of chunks
	From, To uint64 // numbers, or sequences of records; To 0: until a key is missing
}

// GarbageKind says which keys a Garbage range has.
type GarbageKind byte

// The kinds of garbage.
const (
	GarbageChunks  GarbageKind = 'C'
	GarbageHeaders GarbageKind = 'H'
	GarbageRecords GarbageKind = 'R' // with their outcomes and pieces
)

// Keys returns the keys of number n in the range, without those of pieces.
func (g *Garbage) Keys(n uint64) []string {
	switch g.Kind {
	case GarbageChunks:
		return []string{ChunkKey(g.Number, g.Store, n)}
	case GarbageHeaders:
		return []string{HeadersKey(g.Number, n)}
	default:
		return []string{RecordKey(g.Number, n), OutcomeKey(g.Number, n)}
	}
}

// NewManifest returns the manifest of an empty database.
func NewManifest() *Manifest { return &Manifest{Epochs: []Epoch{{}}} }

// Epoch returns the number of the current epoch.
func (m *Manifest) Epoch() uint64 { return m.Epochs[len(m.Epochs)-1].Number }

// EpochOf returns the epoch that the record of session seq belongs to.
func (m *Manifest) EpochOf(seq uint64) uint64 {
	for _, e := range slices.Backward(m.Epochs) {
		if e.From <= seq {
			return e.Number
		}
	}
	return m.Epochs[0].Number
}

// Member returns the member of a name.
func (m *Manifest) Member(name string) (Member, bool) {
	for _, c := range m.Members {
		if c.Name == name {
			return c, true
		}
	}
	return Member{}, false
}

// MeansMember reports whether a name in the record of session seq means the
// member of that name, and not one that was forgotten.
func (m *Manifest) MeansMember(name string, seq uint64) bool {
	return !slices.ContainsFunc(m.Forgotten, func(f Forgotten) bool { return f.Name == name && seq < f.Until })
}

// KindOf returns the kind that a name has in the record of session seq.
func (m *Manifest) KindOf(name string, seq uint64) (merkle.Kind, bool) {
	for _, f := range m.Forgotten {
		if f.Name == name && seq < f.Until {
			return f.Kind, true
		}
	}
	c, known := m.Member(name)
	return c.Kind, known
}

// Image returns the image of a store. A store without one was empty.
func (c *Checkpoint) Image(store string) Image {
	for _, i := range c.Images {
		if i.Store == store {
			return i
		}
	}
	return Image{Store: store}
}

// DescribeKind returns the kind of a committable with its article, for messages.
func DescribeKind(k merkle.Kind) string {
	if k == merkle.Store {
		return "a store"
	}
	return "an external"
}

// CheckRecord reports why rec is not the record that follows a session with this
// chain hash, as far as that shows without the stores.
func (m *Manifest) CheckRecord(rec *Record, prevHash Hash) error {
	if rec.PrevHash != prevHash {
		return errors.New("it does not follow the record before it")
	}
	if err := CheckKey(rec.Key); err != nil {
		return err
	}
	for i, part := range rec.Parts {
		if i > 0 && rec.Parts[i-1].Name >= part.Name {
			return fmt.Errorf("%q is out of order", part.Name)
		}
		if kind, known := m.KindOf(part.Name, rec.Seq); !known || kind != part.Kind {
			return fmt.Errorf("it names %q, which the manifest does not know as %s", part.Name, DescribeKind(part.Kind))
		}
	}
	if rec.Decided {
		return nil
	}
	return rec.CheckID()
}

// Clone returns a copy whose lists can be changed. Their elements are never
// changed in place.
func (m *Manifest) Clone() *Manifest {
	c := *m
	c.Epochs = slices.Clone(m.Epochs)
	c.Members = slices.Clone(m.Members)
	c.Forgotten = slices.Clone(m.Forgotten)
	c.Garbage = slices.Clone(m.Garbage)
	c.Checkpoint.Images = slices.Clone(m.Checkpoint.Images)
	c.Checkpoint.Headers = slices.Clone(m.Checkpoint.Headers)
	return &c
}

// Encode returns the value of m.
func (m *Manifest) Encode() []byte {
	w := newWriter(KindManifest, 512)
	w.uints(m.History, m.Oldest, m.Generation, m.Writing)
	list(w, m.Epochs, func(e Epoch) { w.uints(e.Number, e.From) })
	c := &m.Checkpoint
	w.uints(c.Generation, c.Next, c.Size)
	w.fixed(c.PrevHash[:])
	list(w, c.Images, func(i Image) {
		w.string(i.Store)
		w.uint(i.Chunks)
		w.fixed(i.LastHash[:])
	})
	list(w, c.Headers, func(h HeadersRef) {
		w.uints(h.Generation, h.N, h.First, h.Count)
		w.fixed(h.Hash[:])
	})
	list(w, m.Members, func(c Member) {
		w.string(c.Name)
		w.byte(byte(c.Kind))
		w.bytes(c.Schema)
	})
	list(w, m.Forgotten, func(f Forgotten) {
		w.string(f.Name)
		w.byte(byte(f.Kind))
		w.uint(f.Until)
	})
	list(w, m.Garbage, func(g Garbage) {
		w.byte(byte(g.Kind))
		w.uint(g.Number)
		w.string(g.Store)
		w.uints(g.From, g.To)
	})
	return w.seal()
}

// DecodeManifest decodes a manifest and checks it. It shares memory with value.
func DecodeManifest(value []byte) (*Manifest, error) {
	r, err := open(value, KindManifest)
	if err != nil {
		return nil, err
	}
	m := &Manifest{History: r.uint(), Oldest: r.uint(), Generation: r.uint(), Writing: r.uint()}
	for range r.elements() {
		m.Epochs = append(m.Epochs, Epoch{Number: r.uint(), From: r.uint()})
	}
	c := &m.Checkpoint
	c.Generation, c.Next, c.Size, c.PrevHash = r.uint(), r.uint(), r.uint(), r.hash()
	for range r.elements() {
		c.Images = append(c.Images, Image{Store: r.string(), Chunks: r.uint(), LastHash: r.hash()})
	}
	for range r.elements() {
		c.Headers = append(c.Headers, HeadersRef{Generation: r.uint(), N: r.uint(), First: r.uint(), Count: r.uint(), Hash: r.hash()})
	}
	for range r.elements() {
		m.Members = append(m.Members, Member{Name: r.string(), Kind: merkle.Kind(r.byte()), Schema: r.bytes()})
	}
	for range r.elements() {
		m.Forgotten = append(m.Forgotten, Forgotten{Name: r.string(), Kind: merkle.Kind(r.byte()), Until: r.uint()})
	}
	for range r.elements() {
		m.Garbage = append(m.Garbage, Garbage{
			Kind: GarbageKind(r.byte()), Number: r.uint(), Store: r.string(), From: r.uint(), To: r.uint(),
		})
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	return m, m.check()
}

// check reports why m is a manifest that is never written.
func (m *Manifest) check() error {
	if err := m.checkNumbers(); err != nil {
		return err
	}
	if err := m.Checkpoint.checkHeaders(); err != nil {
		return err
	}
	return m.checkNames()
}

func (m *Manifest) checkNumbers() error {
	c := &m.Checkpoint
	if m.History == 0 {
		return errors.New("it retains no session")
	}
	if max(m.History, m.Generation, c.Next) > MaxCount {
		return errors.New("its numbers are too large")
	}
	if len(m.Epochs) == 0 || !slices.IsSortedFunc(m.Epochs, func(a, b Epoch) int { return cmp.Compare(a.Number, b.Number) }) ||
		!slices.IsSortedFunc(m.Epochs, func(a, b Epoch) int { return cmp.Compare(a.From, b.From) }) {
		return errors.New("its epochs are not in order")
	}
	if last := m.Epochs[len(m.Epochs)-1]; max(last.Number, last.From) > MaxCount {
		return errors.New("its epochs are too large")
	}
	for _, g := range m.Garbage {
		if max(g.Number, g.From, g.To) > MaxCount {
			return errors.New("its garbage ranges are too large")
		}
	}
	if m.Oldest > c.Next || max(c.Generation, m.Writing) > m.Generation || c.Generation == 0 && c.Next > 0 {
		return errors.New("its numbers contradict each other")
	}
	return nil
}

// checkHeaders reports a gap in the headers that end before session Next.
func (c *Checkpoint) checkHeaders() error {
	next := c.Next
	for _, h := range slices.Backward(c.Headers) {
		if h.Count == 0 || h.Count > next || h.First != next-h.Count {
			return errors.New("its headers have a gap")
		}
		next = h.First
	}
	if len(c.Headers) == 0 && c.Next > 0 {
		return errors.New("it has no headers")
	}
	return nil
}

func (m *Manifest) checkNames() error {
	for i, c := range m.Members {
		if err := merkle.CheckName(c.Name); err != nil {
			return err
		}
		if i > 0 && m.Members[i-1].Name >= c.Name {
			return fmt.Errorf("%q is out of order", c.Name)
		}
		if c.Kind != merkle.Store && c.Kind != merkle.External {
			return fmt.Errorf("%q has the unknown kind %d", c.Name, c.Kind)
		}
	}
	for _, f := range m.Forgotten {
		if err := merkle.CheckName(f.Name); err != nil {
			return err
		}
	}
	for _, i := range m.Checkpoint.Images {
		if c, known := m.Member(i.Store); !known || c.Kind != merkle.Store {
			return fmt.Errorf("it has an image of %q, which is not a store", i.Store)
		}
	}
	return nil
}
