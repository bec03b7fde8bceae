package committer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/gencommittable/gencommittable/merkle"
)

// Export writes all stores and the retained heads at the last commit as one
// stream with a checksum, for Import. Sessions go on meanwhile. Externals are
// not in it. The same state gives the same bytes.
//
// The error is that of w, of ctx or of a store, or wraps ErrNotLoaded or
// ErrClosed.
func (m *MultiCommitter) Export(ctx context.Context, w io.Writer) error {
	h, stores, heads, err := m.pinExport(ctx)
	if err != nil {
		return err
	}
	out := newStreamWriter(w)
	if err := out.write(h.encode()); err != nil {
		return fmt.Errorf("committer: export: %w", err)
	}
	for _, store := range stores {
		if err := m.exportStore(ctx, out, store); err != nil {
			return fmt.Errorf("committer: export store %q: %w", store.store, err)
		}
	}
	for some := range slices.Chunk(heads, headsPerValue) {
		v := newWriter(kindHeads, headsSize)
		v.uints(0, 0, some[0].Seq, uint64(len(some)))
		for i := range some {
			appendHead(v, &some[i])
		}
		if err := out.write(v.seal()); err != nil {
			return fmt.Errorf("committer: export: %w", err)
		}
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("committer: export: %w", err)
	}
	m.logger.Info("committer: exported", "sessions", h.next)
	return nil
}

// headsPerValue is how many heads a value of a stream has.
const headsPerValue = 512

// pinExport pins the state at the last commit.
func (m *MultiCommitter) pinExport(ctx context.Context) (*header, []pinned, []Session, error) {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.settle(ctx); err != nil {
		return nil, nil, nil, err
	}
	switch m.phase {
	case phaseNew:
		return nil, nil, nil, ErrNotLoaded
	case phaseClosed:
		return nil, nil, nil, m.closedError()
	}
	p := m.pinAll(ctx, 0)
	h := &header{history: m.history.size, next: m.history.count}
	for _, c := range m.members() {
		if c.Kind == merkle.Store {
			h.members = append(h.members, c)
		}
	}
	return h, p, m.history.between(h.next-min(h.next, h.history), h.next), nil
}

func (m *MultiCommitter) exportStore(ctx context.Context, out *streamWriter, store pinned) error {
	c := chunk{store: store.store}
	size := 0
	for rows, err := range store.chunks {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		c.rows = rows
		value := c.encode()
		if err := out.write(value); err != nil {
			return err
		}
		c.n++
		c.before = sha256.Sum256(value)
		size += len(rows)
		if c.n%progressChunks == 0 {
			m.logger.Info("committer: exporting", "store", store.store, "bytes", size)
		}
	}
	return nil
}
