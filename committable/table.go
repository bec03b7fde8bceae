package committable

import (
	"slices"
	"sync"

	"github.com/gencommittable/gencommittable/committable/schema"
)

// Table is one store: rows in memory, ordered by key and by every index of its
// [Definition].
//
// Rows are copied on the way in and out. All methods belong to the session's
// goroutine, except View, Snapshot and CommittedLen.
type Table[K comparable, V any] struct {
	name string
	def  Definition[K, V]
	zero V

	// mu guards the pointer committed and the state that it points to. Only the
	// session's goroutine changes them, so it reads without the lock and takes the
	// lock to write. Other goroutines take it to read.
	mu        sync.RWMutex
	committed *committed[K, V]

	// The session's goroutine owns the fields below.

	conversion *schema.Conversion // converts the rows of journals for Redo; nil if they have the table's schema
	session    *session[K, V]     // nil if none is open
	versions   versionPool[V]
	rolledBack version[V] // what all rows that were rolled back to their committed state point to
	buffers    buffers[K, V]
}

// committed is the committed state. Restore replaces it as a whole, so that views
// of the previous state keep theirs.
type committed[K comparable, V any] struct {
	rows   map[K]*row[V]
	orders []*tree[K] // by key, then by each index; these trees never change

	newest *undo[K, V] // the next publish fills this node
	last   *undo[K, V] // filled by the last session; nil if the last session is unknown

	lastKey []byte     // idempotency key of the last session; nil if it is unknown
	seq     sessionSeq // of the last session

	// uniqueUnchecked is set if the rows were restored from another schema and may
	// violate the unique indexes.
	uniqueUnchecked bool
}

// buffers are the buffers that the session's goroutine reuses.
type buffers[K comparable, V any] struct {
	components, otherComponents []byte             // of index entries, within one call
	written                     []writtenRow[K, V] // lent to the open session
	staging                     staging[K, V]
}

// NewTable returns an empty table. It panics if the definition lacks a required
// function.
func NewTable[K comparable, V any](def Definition[K, V], opts ...Option) *Table[K, V] {
	if missing := def.missing(); missing != "" {
		panic("committable: NewTable: the definition of store " + def.Name + " lacks " + missing)
	}
	o := options{name: def.Name}
	for _, opt := range opts {
		opt(&o)
	}
	def.Indexes = slices.Clone(def.Indexes)
	t := &Table[K, V]{name: o.name, def: def, rolledBack: version[V]{kind: rolledBack}}
	t.committed = t.emptyState()
	return t
}

// Name returns the name to register the store with.
func (t *Table[K, V]) Name() string { return t.name }

// Schema returns the schema of the definition.
func (t *Table[K, V]) Schema() []byte { return []byte(t.def.Schema) }

// CommittedLen returns the number of committed rows. Unlike Len, it does not see
// the open session. Any goroutine may call it at any time.
func (t *Table[K, V]) CommittedLen() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.committed.orders[keyOrder].Len()
}

func (t *Table[K, V]) emptyState() *committed[K, V] {
	c := &committed[K, V]{rows: make(map[K]*row[V]), newest: new(undo[K, V])}
	for range 1 + len(t.def.Indexes) {
		c.orders = append(c.orders, newTree[K]())
	}
	return c
}
