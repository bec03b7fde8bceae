package committable

import "github.com/gencommittable/gencommittable/internal/smt"

// row is the state of one key: its committed row, and what the open session
// wrote. One look-up finds both. A row stays at its address while the key exists,
// so the map of rows changes only when keys are inserted or deleted.
//
// The order of the fields puts what reads need into one cache line.
type row[V any] struct {
	// pending is the version that the open session wrote; nil if it did not write
	// the key. Only the session's goroutine uses it.
	pending *version[V]
	// base is the committed row. Table.mu guards it once the row is in
	// committed.rows.
	base committedRow[V]
	// path is the key's path in the change tree, kept because it costs a hash; zero
	// if it was not computed yet. Only the session's goroutine, and the goroutines
	// that stage for it, use it.
	path smt.Path
}

// committedRow is the committed row of a key.
type committedRow[V any] struct {
	absent bool // no row is committed: the open session inserted the key
	value  V
}

// version is what the open session wrote for a key.
type version[V any] struct {
	value V
	kind  versionKind
}

type versionKind uint8

const (
	put        versionKind = iota
	deleted                // there is no value
	rolledBack             // the write was rolled back: the committed row counts again
)

// committed returns the committed value, or nil if there is none. r may be nil.
func (r *row[V]) committed() *V {
	if r == nil || r.base.absent {
		return nil
	}
	return &r.base.value
}

// current returns the value that the open session sees, or nil if there is none.
// r may be nil.
func (r *row[V]) current() *V {
	if r == nil || r.pending == nil {
		return r.committed()
	}
	switch r.pending.kind {
	case put:
		return &r.pending.value
	case deleted:
		return nil
	default:
		return r.committed()
	}
}

// written returns the version that counts for the session, or nil if the
// committed row does.
func (r *row[V]) written() *version[V] {
	if r.pending == nil || r.pending.kind == rolledBack {
		return nil
	}
	return r.pending
}

// versionPool allocates versions, several at a time: most of those that one
// session uses become garbage together.
type versionPool[V any] struct {
	block []version[V]
	spare *version[V] // recycled; nil if there is none
}

const versionsPerBlock = 16

// take returns a zero version.
func (p *versionPool[V]) take() *version[V] {
	if v := p.spare; v != nil {
		p.spare = nil
		return v
	}
	if len(p.block) == 0 {
		p.block = make([]version[V], versionsPerBlock)
	}
	v := &p.block[0]
	p.block = p.block[1:]
	return v
}

// recycle takes back an unpublished version that nothing refers to.
func (p *versionPool[V]) recycle(v *version[V]) {
	*v = version[V]{}
	p.spare = v
}
