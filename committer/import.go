package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
)

// Import replaces the state of all stores, and the history, by those of a stream
// that [MultiCommitter.Export] wrote, all or nothing. It takes effect by one
// write, in a new epoch. Every store in the stream must be registered; a
// registered store that is not in the stream becomes empty. The last session of
// the stream can be looked up, but not replayed. Open views keep showing what
// they showed; View waits until Import returns. Import reads r to its end, and
// nothing may follow the stream.
//
// The error wraps ErrCorrupt if the stream is damaged, truncated, or followed by
// other bytes; ErrNotRegistered, ErrNotLoaded, ErrClosed; ErrExternal if an
// external is registered; ErrInSession or ErrUndecided while a session is open or
// pending; it is a *SchemaError if a store cannot read the rows; or it is the
// error of r, ctx or the KV. After an error the state is unchanged, but the last
// session may no longer be replayable. If it is unknown whether the write took
// effect, the MultiCommitter is closed.
func (m *MultiCommitter) Import(ctx context.Context, r io.Reader) error {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.replaceable(ctx); err != nil {
		return err
	}
	i := &importer{m: m, in: format.NewStreamReader(r)}
	if err := i.readStart(); err != nil {
		return importError(err)
	}
	if err := i.receive(ctx); err != nil {
		m.dropUnfinished(ctx)
		return m.failIfFenced(importError(err))
	}
	if err := m.refill(func() error { return i.replace(ctx) }); err != nil {
		return err
	}
	m.opts.logger.InfoContext(ctx, "imported", "sessions", i.start.Next, "epoch", m.epoch)
	return nil
}

// importError makes the error of a corrupt stream one that wraps ErrCorrupt.
func importError(err error) error {
	if corrupt := (*format.StreamError)(nil); errors.As(err, &corrupt) {
		return fmt.Errorf("%w: %w", ErrCorrupt, corrupt)
	}
	return err
}

// importer writes a stream to the KV, then restores it in the stores, and then
// makes it the state.
type importer struct {
	m     *MultiCommitter
	in    *format.StreamReader
	start *format.StreamStart

	checkpoint format.Checkpoint
	headers    []format.Header
}

// readStart reads the start of the stream.
func (i *importer) readStart() error {
	value, kind, err := i.next()
	if err != nil {
		return err
	}
	if kind != format.KindStreamStart {
		return i.in.Corrupt(errors.New("it is not the start of a stream of Export"))
	}
	if i.start, err = format.DecodeStreamStart(value); err != nil {
		return i.in.Corrupt(err)
	}
	for _, c := range i.start.Stores {
		if _, registered := i.m.find(c.Name); !registered {
			return fmt.Errorf("%w: store %q is in the stream", ErrNotRegistered, c.Name)
		}
	}
	return nil
}

// next returns the next value of the stream.
func (i *importer) next() ([]byte, format.Kind, error) {
	value, kind, err := i.in.Next()
	if corrupt := (*format.StreamError)(nil); err != nil && !errors.As(err, &corrupt) {
		err = fmt.Errorf("committer: import: %w", err)
	}
	return value, kind, err
}

// receive writes the stream to the KV, as a checkpoint that does not count yet.
func (i *importer) receive(ctx context.Context) error {
	c := &i.checkpoint
	c.Next = i.start.Next
	if err := i.m.manifest.Change(ctx, func(e storage.Edit) { c.Generation = e.BeginCheckpoint() }); err != nil {
		return err
	}
	var w *storage.ImageWriter
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("committer: import: %w", err)
		}
		value, kind, err := i.next()
		if err != nil {
			return err
		}
		switch kind {
		case format.KindChunk:
			w, err = i.receiveChunk(ctx, w, value)
		case format.KindHeaders:
			var headers []format.Header
			if headers, err = format.DecodeHeaders(value); err != nil {
				return i.in.Corrupt(err)
			}
			i.headers = append(i.headers, headers...)
		case format.KindStreamEnd:
			c.PrevHash = i.in.Sum()
			return i.receiveEnd(ctx, w)
		default:
			err = i.in.Corrupt(fmt.Errorf("a value of kind %q is not expected here", byte(kind)))
		}
		if err != nil {
			return err
		}
	}
}

// receiveChunk writes one chunk of the stream. w writes the store of the chunk
// before, and is nil for the first.
func (i *importer) receiveChunk(ctx context.Context, w *storage.ImageWriter, value []byte) (*storage.ImageWriter, error) {
	c, err := format.DecodeChunk(value)
	if err != nil {
		return w, i.in.Corrupt(err)
	}
	if w == nil || w.Image().Store != c.Store {
		if !slices.ContainsFunc(i.start.Stores, func(m format.Member) bool { return m.Name == c.Store }) ||
			w != nil && w.Image().Store >= c.Store {
			return w, i.in.Corrupt(fmt.Errorf("a chunk of store %q is not expected here", c.Store))
		}
		i.add(w)
		w = i.m.db.NewImageWriter(i.checkpoint.Generation, c.Store)
	}
	return w, w.Write(ctx, c.Rows)
}

// add adds the image of a store to the checkpoint.
func (i *importer) add(w *storage.ImageWriter) {
	if w != nil {
		i.checkpoint.Images = append(i.checkpoint.Images, w.Image())
		i.checkpoint.Size += w.Size()
	}
}

// receiveEnd checks and writes the headers at the end of the stream.
func (i *importer) receiveEnd(ctx context.Context, w *storage.ImageWriter) (err error) {
	i.add(w)
	next := i.start.Next
	for _, h := range slices.Backward(i.headers) {
		if next == 0 || h.Seq != next-1 {
			return i.in.Corrupt(errors.New("its headers have a gap"))
		}
		next--
	}
	if len(i.headers) == 0 && i.start.Next > 0 || i.start.Next == 0 && i.checkpoint.Size > 0 {
		return i.in.Corrupt(errors.New("it has no headers"))
	}
	i.checkpoint.Headers, err = i.m.db.WriteHeaders(ctx, i.checkpoint.Generation, i.headers)
	return err
}

// replace restores the stores from what was received, and then makes it the
// state. The state so far is pinned, and the stores return to it if an error
// occurs before that. No View runs.
func (i *importer) replace(ctx context.Context) error {
	m := i.m
	before := m.pinStores(context.WithoutCancel(ctx), 0)
	l, changed, err := i.fill(ctx)
	if err == nil && changed {
		err = i.rewrite(ctx, l)
	}
	if err == nil {
		err = m.switchManifest(ctx, func(e storage.Edit) error {
			e.Import(i.checkpoint, m.history.Count(), m.retained(i.start.History))
			return nil
		})
	}
	if m.phase == phaseClosed {
		return err
	}
	if err != nil {
		m.prev = nil
		if unrestored := m.putBack(context.WithoutCancel(ctx), before); unrestored != nil {
			return m.fail(errors.Join(err, unrestored))
		}
		m.dropUnfinished(ctx)
		return m.failIfFenced(err)
	}

	l.Manifest, l.PrevHash = m.manifest.Current(), i.checkpoint.PrevHash
	l.History = storage.NewHistory(m.retained(i.start.History), i.start.Next-uint64(len(i.headers)))
	for _, h := range i.headers {
		l.History.Append(h)
	}
	m.takeOver(l)
	m.settled = nil
	if err := m.manifest.CollectGarbage(context.WithoutCancel(ctx)); err != nil {
		m.opts.logger.WarnContext(ctx, "obsolete keys could not be deleted yet", "error", err)
	}
	return nil
}

// fill restores every store from what was received. changed reports whether a
// store has another schema than the stream.
func (i *importer) fill(ctx context.Context) (l *loader, changed bool, err error) {
	l = i.m.newLoader()
	l.Manifest = format.NewManifest()
	l.Manifest.Checkpoint = i.checkpoint
	for _, p := range i.m.parts {
		schema := p.store.Schema()
		for _, c := range i.start.Stores {
			if c.Name == p.name && !bytes.Equal(c.Schema, schema) {
				schema, changed = c.Schema, true
			}
		}
		l.known = append(l.known, &knownMember{participant: p, schema: schema})
	}
	return l, changed, l.each(func(p *knownMember) error { return l.restore(ctx, p) })
}

// rewrite writes a checkpoint of the stores, whose rows have another encoding
// than what was received.
func (i *importer) rewrite(ctx context.Context, l *loader) error {
	c := format.Checkpoint{Next: i.checkpoint.Next, PrevHash: i.checkpoint.PrevHash}
	if err := i.m.manifest.Change(ctx, func(e storage.Edit) { c.Generation = e.BeginCheckpoint() }); err != nil {
		return err
	}
	p := &checkpointPlan{stores: i.m.pinStores(ctx, 0), headers: i.headers}
	sizes, err := i.m.checkpoints.writeImages(ctx, &c, p)
	if err != nil {
		return err
	}
	for n, size := range sizes { // all participants are stores
		l.known[n].imageBytes = size
	}
	i.checkpoint = c
	return nil
}

// putBack restores stores from a pinned state.
func (m *MultiCommitter) putBack(ctx context.Context, state []pinnedStore) error {
	if m.history.Count() > 0 {
		ctx = committable.ContextWithSequence(ctx, m.history.Count()-1)
	}
	var errs []error
	for _, p := range state {
		if err := p.store.Restore(ctx, p.store.Schema(), p.chunks); err != nil {
			errs = append(errs, fmt.Errorf("committer: import: store %q: %w", p.name, err))
		}
	}
	return errors.Join(errs...)
}

// dropUnfinished deletes what a failed Import wrote. If that fails, the next
// checkpoint or Load deletes it.
func (m *MultiCommitter) dropUnfinished(ctx context.Context) {
	if m.phase == phaseClosed {
		return
	}
	if err := m.manifest.FinishPending(context.WithoutCancel(ctx)); err != nil {
		m.opts.logger.WarnContext(ctx, "obsolete keys of an import could not be deleted yet", "error", err)
	}
}
