package committer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/merkle"
)

// manifest says what the database is. A KV that was loaded once always has one,
// and whatever replaces a part of the database, a checkpoint, a Rollback, an
// Import, takes effect by one Set of it.
type manifest struct {
	history uint64  // sessions retained
	epochs  []epoch // ascending; the last one is the current
	oldest  uint64  // sequence of the oldest record that is kept, at most checkpoint.next

	checkpoint checkpoint
	generation uint64 // the last one that was given to a checkpoint
	writing    uint64 // the generation of a checkpoint that is being written, 0 if none

	members   []Member // sorted by name
	forgotten []forgotten
	replaced  []leftover // what still has to be deleted

	encoded []byte // see value
}

// epoch says that the records from a sequence on are those of an epoch. A
// Rollback or an Import begins a new one, so that no record of the abandoned
// future can come back.
type epoch struct{ number, from uint64 }

// checkpoint is a full image of the stores. Generation 0 is none: all stores
// are empty and next is 0.
type checkpoint struct {
	generation uint64
	next       uint64 // the sessions before this one are in it
	link       link   // what the record of session next carries
	size       uint64 // bytes of the rows
	images     []image
	heads      []headsChunk // the retained sessions before next
}

// image is the rows of one store in a checkpoint.
type image struct {
	store  string
	chunks uint64
	link   link // of the last chunk; see chunk
}

// headsChunk is a value with heads. A checkpoint goes on using the full ones of
// the checkpoint before, so they have the generation that wrote them.
type headsChunk struct {
	generation, n uint64
	first, count  uint64 // sequences; the value may have more, which do not count
	hash          link   // of the value
}

// Member is a committable that a database knows.
type Member struct {
	Name   string
	Kind   merkle.Kind
	Schema []byte // of a store: the descriptor of its rows
}

// forgotten says that a name in the records before a sequence is not that of a
// member.
type forgotten struct {
	name  string
	kind  merkle.Kind
	until uint64
}

// leftover is a range of keys that do not count any more.
type leftover struct {
	what     leftoverKind
	number   uint64 // the generation, or the epoch
	store    string // of chunks
	from, to uint64 // numbers or sequences; to 0: until one is missing
}

type leftoverKind byte

const (
	leftoverChunks  leftoverKind = 'C'
	leftoverHeads   leftoverKind = 'H'
	leftoverRecords leftoverKind = 'R'
)

// newManifest describes a database with nothing in it.
func newManifest() *manifest { return &manifest{epochs: []epoch{{}}} }

// epoch returns the current epoch.
func (m *manifest) epoch() uint64 { return m.epochs[len(m.epochs)-1].number }

// epochOf returns the epoch that the record of a session belongs to.
func (m *manifest) epochOf(seq uint64) uint64 {
	for _, e := range slices.Backward(m.epochs) {
		if e.from <= seq {
			return e.number
		}
	}
	return m.epochs[0].number
}

// cut begins a new epoch with session n.
func (m *manifest) cut(n uint64) {
	next := epoch{number: m.epoch() + 1, from: n}
	m.epochs = append(slices.DeleteFunc(m.epochs, func(e epoch) bool { return e.from >= n }), next)
	for i := range m.forgotten {
		m.forgotten[i].until = min(m.forgotten[i].until, n)
	}
}

// member returns what the manifest says of a name.
func (m *manifest) member(name string) (Member, bool) {
	for _, c := range m.members {
		if c.Name == name {
			return c, true
		}
	}
	return Member{}, false
}

// counts tells whether what the record of a session says of a name is about
// the member of that name, and not about one that was forgotten.
func (m *manifest) counts(name string, seq uint64) bool {
	return !slices.ContainsFunc(m.forgotten, func(f forgotten) bool { return f.name == name && seq < f.until })
}

// kindOf returns the kind that a name has in the record of a session.
func (m *manifest) kindOf(name string, seq uint64) (merkle.Kind, bool) {
	for _, f := range m.forgotten {
		if f.name == name && seq < f.until {
			return f.kind, true
		}
	}
	c, known := m.member(name)
	return c.Kind, known
}

// image returns the image of a store in the checkpoint. A store that it does
// not have was empty.
func (c *checkpoint) image(store string) image {
	for _, i := range c.images {
		if i.store == store {
			return i
		}
	}
	return image{store: store}
}

// drop lists the records of the sessions from a sequence up to another to be
// deleted.
func (m *manifest) drop(from, to uint64) {
	for i, e := range m.epochs {
		end := to
		if i+1 < len(m.epochs) {
			end = min(end, m.epochs[i+1].from)
		}
		if start := max(from, e.from); start < end {
			m.replaced = append(m.replaced, leftover{what: leftoverRecords, number: e.number, from: start, to: end})
		}
	}
}

// replace makes a checkpoint the one that counts, and lists what the one before
// had and the new one has not. What had been begun is over.
func (m *manifest) replace(c checkpoint) {
	old := m.checkpoint
	for _, i := range old.images {
		if old.generation != c.generation && i.chunks > 0 {
			m.replaced = append(m.replaced, leftover{what: leftoverChunks, number: old.generation, store: i.store, to: i.chunks})
		}
	}
	for _, h := range old.heads {
		if !slices.ContainsFunc(c.heads, func(k headsChunk) bool { return k.generation == h.generation && k.n == h.n }) {
			m.replaced = append(m.replaced, leftover{what: leftoverHeads, number: h.generation, from: h.n, to: h.n + 1})
		}
	}
	m.checkpoint = c
	if m.writing == c.generation {
		m.writing = 0
	}
	m.forgotten = slices.DeleteFunc(m.forgotten, func(f forgotten) bool { return f.until <= m.oldest })
}

// begin gives out the next generation. What the one before left unfinished is
// listed.
func (m *manifest) begin() (generation uint64) {
	m.abandon()
	m.generation++
	m.writing = m.generation
	return m.generation
}

// abandon lists what an unfinished checkpoint has written so far.
func (m *manifest) abandon() {
	if m.writing == 0 {
		return
	}
	for _, c := range m.members {
		if c.Kind == merkle.Store {
			m.replaced = append(m.replaced, leftover{what: leftoverChunks, number: m.writing, store: c.Name})
		}
	}
	m.replaced = append(m.replaced, leftover{what: leftoverHeads, number: m.writing})
	m.writing = 0
}

// clone returns a manifest whose lists can be changed. What they hold is never
// changed in place.
func (m *manifest) clone() *manifest {
	c := *m
	c.encoded = nil
	c.epochs = slices.Clone(m.epochs)
	c.members = slices.Clone(m.members)
	c.forgotten = slices.Clone(m.forgotten)
	c.replaced = slices.Clone(m.replaced)
	c.checkpoint.images = slices.Clone(m.checkpoint.images)
	c.checkpoint.heads = slices.Clone(m.checkpoint.heads)
	return &c
}

// value returns the encoding of a manifest that does not change any more.
func (m *manifest) value() []byte {
	if m.encoded == nil {
		m.encoded = m.encode()
	}
	return m.encoded
}

func (m *manifest) encode() []byte {
	w := newWriter(kindManifest, 512)
	w.uint(m.history)
	w.uint(m.oldest)
	w.uint(m.generation)
	w.uint(m.writing)
	list(w, m.epochs, func(e epoch) { w.uints(e.number, e.from) })
	c := &m.checkpoint
	w.uints(c.generation, c.next, c.size)
	w.fixed(c.link[:])
	list(w, c.images, func(i image) {
		w.bytes([]byte(i.store))
		w.uint(i.chunks)
		w.fixed(i.link[:])
	})
	list(w, c.heads, func(h headsChunk) {
		w.uints(h.generation, h.n, h.first, h.count)
		w.fixed(h.hash[:])
	})
	list(w, m.members, func(c Member) {
		w.bytes([]byte(c.Name))
		w.byte(byte(c.Kind))
		w.bytes(c.Schema)
	})
	list(w, m.forgotten, func(f forgotten) {
		w.bytes([]byte(f.name))
		w.byte(byte(f.kind))
		w.uint(f.until)
	})
	list(w, m.replaced, func(l leftover) {
		w.byte(byte(l.what))
		w.uint(l.number)
		w.bytes([]byte(l.store))
		w.uints(l.from, l.to)
	})
	return w.seal()
}

func list[T any](w *writer, elements []T, write func(T)) {
	w.uint(uint64(len(elements)))
	for _, e := range elements {
		write(e)
	}
}

// decodeManifest reads a manifest. The result shares the value's memory.
func decodeManifest(value []byte) (*manifest, error) {
	r, err := openValue(value, kindManifest)
	if err != nil {
		return nil, err
	}
	m := &manifest{history: r.uint(), oldest: r.uint(), generation: r.uint(), writing: r.uint()}
	for range r.elements() {
		m.epochs = append(m.epochs, epoch{number: r.uint(), from: r.uint()})
	}
	c := &m.checkpoint
	c.generation, c.next, c.size, c.link = r.uint(), r.uint(), r.uint(), r.link()
	for range r.elements() {
		c.images = append(c.images, image{store: string(r.bytes()), chunks: r.uint(), link: r.link()})
	}
	for range r.elements() {
		c.heads = append(c.heads, headsChunk{generation: r.uint(), n: r.uint(), first: r.uint(), count: r.uint(), hash: r.link()})
	}
	for range r.elements() {
		m.members = append(m.members, Member{Name: string(r.bytes()), Kind: merkle.Kind(r.byte()), Schema: r.bytes()})
	}
	for range r.elements() {
		m.forgotten = append(m.forgotten, forgotten{name: string(r.bytes()), kind: merkle.Kind(r.byte()), until: r.uint()})
	}
	for range r.elements() {
		m.replaced = append(m.replaced, leftover{
			what: leftoverKind(r.byte()), number: r.uint(), store: string(r.bytes()), from: r.uint(), to: r.uint(),
		})
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	return m, m.check()
}

// maxCount bounds sequences, generations and the like, so that sums of them do
// not overflow.
const maxCount = 1 << 62

// check tells what no MultiCommitter writes.
func (m *manifest) check() error {
	c := &m.checkpoint
	if m.history == 0 {
		return errors.New("it retains no session")
	}
	if max(m.history, m.generation, c.next) > maxCount {
		return errors.New("its numbers are too large")
	}
	if len(m.epochs) == 0 || !slices.IsSortedFunc(m.epochs, func(a, b epoch) int { return cmp.Compare(a.number, b.number) }) ||
		!slices.IsSortedFunc(m.epochs, func(a, b epoch) int { return cmp.Compare(a.from, b.from) }) {
		return errors.New("its epochs are not in order")
	}
	if last := m.epochs[len(m.epochs)-1]; max(last.number, last.from) > maxCount {
		return errors.New("its epochs are too large")
	}
	for _, l := range m.replaced {
		if max(l.number, l.from, l.to) > maxCount {
			return errors.New("what it replaces is too large")
		}
	}
	if m.oldest > c.next || max(c.generation, m.writing) > m.generation || c.generation == 0 && c.next > 0 {
		return errors.New("its numbers contradict each other")
	}
	next := c.next
	for _, h := range slices.Backward(c.heads) {
		if h.count == 0 || h.count > next || h.first != next-h.count {
			return errors.New("its heads have a gap")
		}
		next = h.first
	}
	if len(c.heads) == 0 && c.next > 0 {
		return errors.New("it has no heads")
	}
	for i, c := range m.members {
		if err := merkle.CheckName(c.Name); err != nil {
			return err
		}
		if i > 0 && m.members[i-1].Name >= c.Name {
			return fmt.Errorf("%q is out of order", c.Name)
		}
		if c.Kind != merkle.Store && c.Kind != merkle.External {
			return fmt.Errorf("%q has kind %d", c.Name, c.Kind)
		}
	}
	for _, f := range m.forgotten {
		if err := merkle.CheckName(f.name); err != nil {
			return err
		}
	}
	for _, i := range c.images {
		if c, known := m.member(i.store); !known || c.Kind != merkle.Store {
			return fmt.Errorf("it has an image of %q, which is not a store", i.store)
		}
	}
	return nil
}
