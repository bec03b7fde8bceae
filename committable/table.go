package committable

import (
	"context"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/internal/smt"
)

// Table is one store: rows in memory by key, ordered by key and by every index
// of its [Definition].
//
// Rows go in and come out as copies. Methods belong to the goroutine of the
// session, except View, Snapshot and CommittedLen.
type Table[K comparable, V any] struct {
	name string
	def  Definition[K, V]
	zero V

	// mu guards the pointer and everything behind it, but for what rows keep for
	// the session. The session's goroutine alone writes there, so that it reads
	// without the lock; it takes the lock to write, and others take it to read.
	mu        sync.RWMutex
	committed *committed[K, V]

	conversion *schema.Conversion // of journals that are redone; nil: they are of the table's schema

	session  *session[K, V] // nil: none is open
	versions versions[V]
	scratch  scratch[K, V]
}

// committed is the state at the last commit. Restore replaces it as a whole, so
// that views of the state before keep theirs.
type committed[K comparable, V any] struct {
	rows   map[K]*row[V]
	orders []*tree[K] // by key, then the indexes in the order of the definition; never changed once they are here

	newest *undo[K, V] // the node that the next publish fills
	last   *undo[K, V] // the last session's; nil if none is known

	foreign bool // restored from rows of another schema, which may not hold to the unique indexes

	lastKey []byte     // idempotency key of the last session; nil if none is known
	seq     sessionSeq // of the last session
}

// row is what there is of a key. It stays where it is for as long as the key has
// a row, so that sessions need not look it up twice, and the map of rows changes
// only when keys come and go.
//
// The value changes when a session is published; the rest belongs to the
// session's goroutine, and to those that stage for it.
type row[V any] struct {
	over    *version[V] // what the open session puts in place of the value; nil: nothing
	touched bool        // it is in session.touched
	absent  bool        // it has no value: it is the open session's, which has inserted the key
	hashed  bool        // path is set
	value   V
	path    smt.Path // place of the key in the change tree, which costs a hash
}

// before returns the value before the session; nil: there is none.
func (r *row[V]) before() *V {
	if r == nil || r.absent {
		return nil
	}
	return &r.value
}

// now returns the value that the session sees; nil: there is none.
func (r *row[V]) now() *V {
	switch {
	case r == nil || r.over == nil:
		return r.before()
	case r.over.deleted:
		return nil
	default:
		return &r.over.value
	}
}

// version is what a session puts in place of a row's value.
type version[V any] struct {
	value   V
	deleted bool // there is no value any more
}

// versions makes versions, a few at a time: those of one session are mostly
// forgotten together.
type versions[V any] struct {
	made  []version[V]
	spare *version[V] // one that nobody refers to; nil: none
}

const versionsAtATime = 16

func (m *versions[V]) take() *version[V] {
	if v := m.spare; v != nil {
		m.spare = nil
		return v
	}
	if len(m.made) == 0 {
		m.made = make([]version[V], versionsAtATime)
	}
	v := &m.made[0]
	m.made = m.made[1:]
	return v
}

// giveBack takes a version that nobody has seen.
func (m *versions[V]) giveBack(v *version[V]) {
	*v = version[V]{}
	m.spare = v
}

// scratch holds buffers that the session's goroutine reuses between calls.
type scratch[K comparable, V any] struct {
	before, after []byte
	touched       []touched[K, V]
	staging       staging[K, V]
}

// NewTable returns an empty table. It panics if a required function of the
// definition is missing.
func NewTable[K comparable, V any](def Definition[K, V], opts ...Option) *Table[K, V] {
	if missing := def.missing(); missing != "" {
		panic("committable: NewTable: the definition of store " + def.Name + " lacks " + missing)
	}
	o := options{name: def.Name}
	for _, opt := range opts {
		opt(&o)
	}
	def.Indexes = slices.Clone(def.Indexes)
	t := &Table[K, V]{name: o.name, def: def}
	t.committed = t.emptyState()
	return t
}

// Name returns the name to register the store by.
func (t *Table[K, V]) Name() string { return t.name }

// CommittedLen returns the number of rows at the last commit. Unlike Len it does
// not see the session in progress. Any goroutine may call it at any time.
func (t *Table[K, V]) CommittedLen() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.committed.orders[keyOrder].Len()
}

// Schema returns the canonical descriptor of the definition.
func (t *Table[K, V]) Schema() []byte { return []byte(t.def.Schema) }

func (t *Table[K, V]) emptyState() *committed[K, V] {
	c := &committed[K, V]{rows: make(map[K]*row[V]), newest: new(undo[K, V])}
	for range 1 + len(t.def.Indexes) {
		c.orders = append(c.orders, newTree[K]())
	}
	return c
}

// sessionSeq is the sequence of the newest session in a state.
type sessionSeq struct {
	number uint64
	known  bool // false before the first session
}

// next returns the sequence of the next session.
func (s sessionSeq) next() uint64 {
	if !s.known {
		return 0
	}
	return s.number + 1
}

type sequenceKey struct{}

// ContextWithSequence returns a context that tells Begin, BeginRecovery,
// Replay, Redo and Restore the sequence of the session; for Restore, of the
// newest one in the snapshot.
func ContextWithSequence(ctx context.Context, seq uint64) context.Context {
	return context.WithValue(ctx, sequenceKey{}, seq)
}

// SequenceFromContext returns the sequence that [ContextWithSequence] put into
// the context.
func SequenceFromContext(ctx context.Context) (uint64, bool) {
	seq, ok := ctx.Value(sequenceKey{}).(uint64)
	return seq, ok
}
