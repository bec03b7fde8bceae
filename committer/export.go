package committer

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/merkle"
)

// Export writes the state of all stores at the last commit, and the headers of
// the retained sessions, as one stream with a checksum, for [MultiCommitter.Import].
// Sessions can go on meanwhile. The state of externals is not included. The same
// state gives the same bytes.
//
// The error is that of w, of ctx or of a store, or wraps ErrNotLoaded or
// ErrClosed.
func (m *MultiCommitter) Export(ctx context.Context, w io.Writer) error {
	start, stores, headers, err := m.pinExport(ctx)
	if err != nil {
		return err
	}
	out := format.NewStreamWriter(w)
	if err := out.Write(start.Encode()); err != nil {
		return fmt.Errorf("committer: export: %w", err)
	}
	for _, store := range stores {
		if err := m.exportStore(ctx, out, store); err != nil {
			return fmt.Errorf("committer: export store %q: %w", store.name, err)
		}
	}
	for some := range slices.Chunk(headers, headersPerValue) {
		value, _ := format.EncodeHeaders(0, 0, some, math.MaxInt)
		if err := out.Write(value); err != nil {
			return fmt.Errorf("committer: export: %w", err)
		}
	}
	if err := out.End(); err != nil {
		return fmt.Errorf("committer: export: %w", err)
	}
	m.opts.logger.InfoContext(ctx, "exported", "sessions", start.Next)
	return nil
}

// headersPerValue is how many headers a value of a stream has.
const headersPerValue = 512

// pinExport pins the state at the last commit.
func (m *MultiCommitter) pinExport(ctx context.Context) (*format.StreamStart, []pinnedStore, []format.Header, error) {
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
	stores := m.pinStores(ctx, 0)
	start := &format.StreamStart{History: m.history.Size(), Next: m.history.Count()}
	for _, c := range m.members() {
		if c.Kind == merkle.Store {
			start.Stores = append(start.Stores, c)
		}
	}
	return start, stores, m.history.Retained(), nil
}

func (m *MultiCommitter) exportStore(ctx context.Context, out *format.StreamWriter, store pinnedStore) error {
	c := format.Chunk{Store: store.name}
	size := 0
	for rows, err := range store.chunks {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		c.Rows = rows
		value := c.Encode()
		if err := out.Write(value); err != nil {
			return err
		}
		c.N++
		c.PrevHash = format.HashOf(value)
		size += len(rows)
		if c.N%progressChunks == 0 {
			m.opts.logger.InfoContext(ctx, "exporting", "store", store.name, "bytes", size)
		}
	}
	return nil
}
