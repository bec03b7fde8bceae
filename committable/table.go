package committable

import (
	"context"
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/merkle"
)

// Table is one store: rows in memory by key, ordered by key and by every index
// of its [Definition].
//
// Rows go in and come out as copies. Methods belong to the goroutine of the
// session, except View and Snapshot.
type Table[K comparable, V any] struct {
	name string
	def  Definition[K, V]

	// mu guards the pointer and everything behind it. The session's goroutine
	// alone writes there, so that it reads without the lock; it takes the lock
	// to write, and others take it to read.
	mu        sync.RWMutex
	committed *committed[K, V]

	conversion *schema.Conversion // of journals that are redone; nil: they are of the table's schema

	session *session[K, V] // nil: none is open
	scratch scratch
	spare   *row[V] // a row that nobody refers to, for the next write; nil: none
}

// committed is the state at the last commit. Restore replaces it as a whole, so
// that views of the state before keep theirs.
type committed[K comparable, V any] struct {
	rows   map[K]*row[V]
	orders []*tree[K] // by key, then the indexes in the order of the definition; never changed once they are here

	newest *undo[K, V] // the node that the next publish fills
	last   *undo[K, V] // the last session's; nil if none is known

	foreign bool // restored from rows of another schema, which may not hold to the unique indexes

	lastKey []byte // idempotency key of the last session; nil if none is known
	seq     uint64 // of the last session
	nextSeq uint64 // of the next session, if nobody says another
}

// row is a record of the table. Once published, its value and path never change;
// the rest is the open session's, and its goroutine's alone.
type row[V any] struct {
	value  V
	path   merkle.Path // place of the key in the change tree; costs a hash, so an update passes it on
	hashed bool        // path is set

	fresh   bool // the session has written it
	deleted bool // what the session puts in the place of a row that it deletes
	listed  bool // it is in session.replaced

	// pair links a row to the one that the session has put in its place, and a
	// fresh row to the one that was there before; nil: none. It is reset when
	// the session ends.
	pair *row[V]
}

// scratch holds buffers that the session's goroutine reuses between calls.
type scratch struct {
	before, after []byte
	staging       staging
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

// Schema returns the canonical descriptor of the definition.
func (t *Table[K, V]) Schema() []byte { return []byte(t.def.Schema) }

func (t *Table[K, V]) emptyState() *committed[K, V] {
	c := &committed[K, V]{rows: make(map[K]*row[V]), newest: new(undo[K, V])}
	for range 1 + len(t.def.Indexes) {
		c.orders = append(c.orders, newTree[K]())
	}
	return c
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
