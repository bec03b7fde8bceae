package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gencommittable/gencommittable/committable"
)

// Import replaces the state of all stores, and the history, by those of a
// stream that Export wrote, all or nothing. It takes effect by one write, in a
// new epoch. A registered store that the stream does not have becomes empty; one
// that the stream has must be registered. The last session of the stream can be
// looked up but not replayed. Views that are open go on showing what they
// showed; View waits for the end. r is read to its end, which must be that of
// the stream.
//
// The error wraps ErrCorrupt if the stream is damaged, ends too early or goes on,
// ErrNotRegistered, ErrNotLoaded, ErrClosed, ErrExternal if an external is
// registered, ErrInSession or ErrUndecided while a session is open or pending; it
// is a *SchemaError if a store cannot read the rows, or the error of r, ctx or
// the KV. Then nothing has changed, but that the last session cannot be
// replayed any more; or, if the KV does not tell what became of the write, the
// MultiCommitter is closed.
func (m *MultiCommitter) Import(ctx context.Context, r io.Reader) error {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.replaceable(ctx); err != nil {
		return err
	}
	in := newStreamReader(r)
	value, k, err := in.next()
	if err != nil {
		return err
	}
	if k != kindExport {
		return in.damaged(fmt.Errorf("it does not begin like a stream of Export"))
	}
	h, err := decodeHeader(value)
	if err != nil {
		return in.damaged(err)
	}
	for _, c := range h.members {
		if _, registered := m.find(c.Name); !registered {
			return fmt.Errorf("%w: store %q is in the stream", ErrNotRegistered, c.Name)
		}
	}
	i := &importer{m: m, in: in, header: h}
	if err := i.receive(ctx); err != nil {
		m.dropUnfinished(ctx)
		return m.failIfFenced(err)
	}
	if err := m.refill(func() error { return i.replace(ctx) }); err != nil {
		return err
	}
	m.logger.Info("committer: imported", "sessions", h.next, "epoch", m.epoch)
	return nil
}

// importer brings a stream into the KV, then into the stores, and then makes it
// the state.
type importer struct {
	m      *MultiCommitter
	in     *streamReader
	header *header

	checkpoint checkpoint
	heads      []Session
}

// receive writes the stream to the KV, as a checkpoint that does not count yet.
func (i *importer) receive(ctx context.Context) error {
	m, c := i.m, &i.checkpoint
	c.next = i.header.next
	if err := m.changeManifest(ctx, func(d *manifest) { c.generation = d.begin() }); err != nil {
		return err
	}
	var w *chunkWriter
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("committer: import: %w", err)
		}
		value, k, err := i.in.next()
		if err != nil {
			return err
		}
		switch k {
		case kindChunk:
			w, err = i.chunk(ctx, w, value)
		case kindHeads:
			var heads []Session
			if heads, err = decodeHeads(value); err != nil {
				return i.in.damaged(err)
			}
			i.heads = append(i.heads, heads...)
		case kindEnd:
			c.link = i.in.sum
			return i.received(ctx, w)
		default:
			err = i.in.damaged(fmt.Errorf("a value of kind %q has no place here", byte(k)))
		}
		if err != nil {
			return err
		}
	}
}

// chunk writes one chunk of the stream.
func (i *importer) chunk(ctx context.Context, w *chunkWriter, value []byte) (*chunkWriter, error) {
	c, err := decodeChunk(value)
	if err != nil {
		return w, i.in.damaged(err)
	}
	if w == nil || w.image.store != c.store {
		if !slices.ContainsFunc(i.header.members, func(m Member) bool { return m.Name == c.store }) ||
			w != nil && w.image.store >= c.store {
			return w, i.in.damaged(fmt.Errorf("a chunk of store %q has no place here", c.store))
		}
		i.add(w)
		w = &chunkWriter{db: i.m.db, generation: i.checkpoint.generation, image: image{store: c.store}}
	}
	return w, w.write(ctx, c.rows)
}

func (i *importer) add(w *chunkWriter) {
	if w != nil {
		i.checkpoint.images = append(i.checkpoint.images, w.image)
		i.checkpoint.size += w.size
	}
}

// received is called at the end of the stream.
func (i *importer) received(ctx context.Context, w *chunkWriter) (err error) {
	i.add(w)
	next := i.header.next
	for _, head := range slices.Backward(i.heads) {
		if next == 0 || head.Seq != next-1 {
			return i.in.damaged(errors.New("its sessions have a gap"))
		}
		next--
	}
	if len(i.heads) == 0 && i.header.next > 0 || i.header.next == 0 && i.checkpoint.size > 0 {
		return i.in.damaged(errors.New("it has no sessions"))
	}
	i.checkpoint.heads, err = i.m.db.writeHeads(ctx, i.checkpoint.generation, i.heads)
	return err
}

// replace fills the stores, and then makes what was received the state. Until
// that is decided, the state so far is pinned, and the stores go back to it if
// something is wrong. No View is open.
func (i *importer) replace(ctx context.Context) error {
	m := i.m
	before := m.pinAll(context.WithoutCancel(ctx), 0)
	changed, err := i.fill(ctx)
	if err == nil && changed {
		err = i.rewrite(ctx)
	}
	if err == nil {
		err = m.switchManifest(ctx, i.change)
	}
	if m.phase == phaseClosed {
		return err
	}
	if err != nil {
		m.prev = nil
		if back := m.putBack(context.WithoutCancel(ctx), before); back != nil {
			return m.fail(errors.Join(err, back))
		}
		m.dropUnfinished(ctx)
		return m.failIfFenced(err)
	}

	l := &loader{scanner: m.scanner(), m: m}
	l.manifest, l.link = m.manifest, i.checkpoint.link
	l.history = newHistory(m.retained(i.header.history), i.header.next-uint64(len(i.heads)))
	for _, head := range i.heads {
		l.history.append(head)
	}
	m.takeOver(l)
	m.settled = nil
	if err := m.deleteReplaced(context.WithoutCancel(ctx)); err != nil {
		m.logger.Warn("committer: what does not count any more could not be deleted yet", "error", err)
	}
	return nil
}

// fill restores every store from what was received. It tells whether a store
// has another schema than the stream.
func (i *importer) fill(ctx context.Context) (changed bool, err error) {
	l := &loader{scanner: i.m.scanner(), m: i.m}
	l.manifest = newManifest()
	l.manifest.checkpoint = i.checkpoint
	for _, p := range i.m.parts {
		schema := p.store.Schema()
		for _, c := range i.header.members {
			if c.Name == p.name && !bytes.Equal(c.Schema, schema) {
				schema, changed = c.Schema, true
			}
		}
		l.known = append(l.known, known{p, schema})
	}
	return changed, l.each(func(p known) error { return l.restore(ctx, p) })
}

// rewrite makes a checkpoint of the stores, whose rows have another encoding
// than what was received.
func (i *importer) rewrite(ctx context.Context) error {
	c := checkpoint{next: i.checkpoint.next, link: i.checkpoint.link}
	if err := i.m.changeManifest(ctx, func(d *manifest) { c.generation = d.begin() }); err != nil {
		return err
	}
	p := &plan{stores: i.m.pinAll(ctx, 0), heads: i.heads}
	if err := i.m.writeImages(ctx, &c, p); err != nil {
		return err
	}
	i.checkpoint = c
	return nil
}

// change makes what was received the state.
func (i *importer) change(d *manifest) error {
	d.drop(d.oldest, i.m.history.count+1) // one more may have parts without a record
	d.cut(0)
	d.epochs[0].from, d.oldest = i.checkpoint.next, i.checkpoint.next
	d.forgotten = nil
	d.history = i.m.retained(i.header.history)
	d.replace(i.checkpoint)
	return nil
}

// putBack restores stores from the pinned state.
func (m *MultiCommitter) putBack(ctx context.Context, state []pinned) error {
	if m.history.count > 0 {
		ctx = committable.ContextWithSequence(ctx, m.history.count-1)
	}
	var errs []error
	for _, s := range state {
		i, _ := m.find(s.store)
		store := m.parts[i].store
		if err := store.Restore(ctx, store.Schema(), s.chunks); err != nil {
			errs = append(errs, fmt.Errorf("committer: import: store %q: %w", s.store, err))
		}
	}
	return errors.Join(errs...)
}

// dropUnfinished deletes what an Import that failed has written. If that fails,
// the next checkpoint or Load does it.
func (m *MultiCommitter) dropUnfinished(ctx context.Context) {
	if m.phase == phaseClosed {
		return
	}
	if err := m.finishReplacing(context.WithoutCancel(ctx)); err != nil {
		m.logger.Warn("committer: what an import left could not be deleted yet", "error", err)
	}
}
