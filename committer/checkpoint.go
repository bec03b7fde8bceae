package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/gencommittable/gencommittable/kv"
)

// CheckpointPolicy says when a checkpoint is made: when the records since the
// last one have more bytes than MinBytes, and than Growth times the rows of the
// last one. So the work of checkpoints grows with that of the sessions, and
// what Load must read stays within a few times the state. Zero fields stand for
// the defaults, 64 MiB and 1.
//
// A checkpoint is written beside sessions, and rests three times as long as it
// works, so that they find a processor.
type CheckpointPolicy struct {
	MinBytes int64
	Growth   float64
}

// due tells whether it is time, by the bytes of the records since a checkpoint
// of so many bytes.
func (p CheckpointPolicy) due(since, size uint64) bool {
	least, growth := p.MinBytes, p.Growth
	if least <= 0 {
		least = 64 << 20
	}
	if !(growth > 0) {
		growth = 1
	}
	return since > uint64(least) && float64(since) > growth*float64(size)
}

// plan is a checkpoint that is to be written: a pinned state and what goes with
// it.
type plan struct {
	next   uint64 // the state has the sessions before this one
	link   link
	oldest uint64 // the records before this one are dropped

	stores []pinned
	kept   []headsChunk // values that already have heads
	heads  []Session    // those that follow

	change func(*manifest) // what else the manifest says from then on
	hurry  chan struct{}   // it rests until this is closed; nil: never
}

// pinned is the state of a store.
type pinned struct {
	store  string
	chunks iter.Seq2[[]byte, error]
}

// pin plans a checkpoint of the state 0 or 1 sessions back. op is held.
func (m *MultiCommitter) pin(ctx context.Context, back int) *plan {
	p := &plan{
		next:   m.history.count - uint64(back),
		stores: m.pinAll(ctx, back),
		change: func(*manifest) {},
	}
	if back == 1 {
		p.link = m.prev.link
	} else {
		p.link = m.prevLink()
	}
	p.oldest = p.next - min(p.next, m.recordsKept)
	m.manifestMu.Lock()
	written := m.manifest.checkpoint.heads
	m.manifestMu.Unlock()
	from := p.next - min(p.next, m.history.size)
	for _, h := range written[:max(len(written)-1, 0)] { // the last value is not full
		if h.first+h.count > from {
			p.kept = append(p.kept, h)
		}
	}
	if len(p.kept) > 0 {
		last := p.kept[len(p.kept)-1]
		from = last.first + last.count
	}
	p.heads = m.history.between(from, p.next)
	return p
}

// pinAll pins the state of every store, 0 or 1 sessions back. op is held.
func (m *MultiCommitter) pinAll(ctx context.Context, back int) []pinned {
	var list []pinned
	for _, p := range m.parts {
		if p.store != nil {
			list = append(list, pinned{p.name, p.store.Snapshot(ctx, back)})
		}
	}
	return list
}

// background is a checkpoint that is being written.
type background struct {
	cancel context.CancelFunc
	hurry  chan struct{} // closed when somebody waits for it
	done   chan struct{} // closed when what follows is set
	next   uint64
	size   uint64
	err    error
}

// checkpointIfDue begins a checkpoint of the state before the last session, so
// that the last record stays and can be replayed. op is held, and a session has
// just been published.
func (m *MultiCommitter) checkpointIfDue() error {
	if m.running != nil {
		select {
		case <-m.running.done:
			if err := m.endCheckpoint(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	if m.history.count < m.checkpointNext+2 || !m.policy.due(m.since, m.checkpointSize) {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := m.pin(ctx, 1)
	run := &background{cancel: cancel, hurry: make(chan struct{}), done: make(chan struct{}), next: p.next}
	m.running, m.since = run, uint64(len(m.prev.value))
	write := func() {
		defer close(run.done)
		defer cancel()
		run.size, run.err = m.writeCheckpoint(ctx, p)
	}
	if m.inline {
		write()
		return m.endCheckpoint()
	}
	p.hurry = run.hurry
	go write()
	return nil
}

// finishCheckpoint waits for a checkpoint in the background, if there is one.
// op is held.
func (m *MultiCommitter) finishCheckpoint() error {
	if m.running == nil {
		return nil
	}
	close(m.running.hurry)
	<-m.running.done
	return m.endCheckpoint()
}

// stopCheckpoint ends a checkpoint in the background, if there is one. What it
// has written is deleted by the next one, or by Load. op is held.
func (m *MultiCommitter) stopCheckpoint() error {
	if m.running == nil {
		return nil
	}
	m.running.cancel()
	<-m.running.done
	return m.endCheckpoint()
}

// endCheckpoint takes over what a checkpoint came to. One that failed is tried
// again when as many records have come together. op is held.
func (m *MultiCommitter) endCheckpoint() error {
	run := m.running
	m.running = nil
	switch {
	case run.err == nil:
		m.checkpointNext, m.checkpointSize = run.next, run.size
	case errors.Is(run.err, ErrFenced):
		return m.fail(run.err)
	case !errors.Is(run.err, context.Canceled):
		m.logger.Warn("committer: a checkpoint could not be written; the records stay", "error", run.err)
	}
	return nil
}

// writeCheckpoint writes a checkpoint and deletes what it replaces:
//
//  1. the manifest says which generation is being written;
//  2. chunks and heads, in ascending order;
//  3. the manifest says that the new checkpoint counts, and what does not any more;
//  4. that is deleted, and then dropped from the manifest.
//
// A crash before 3 leaves the old checkpoint, one after 3 the new one. Load
// deletes what is listed.
func (m *MultiCommitter) writeCheckpoint(ctx context.Context, p *plan) (size uint64, err error) {
	defer func() {
		if r := recover(); r != nil { // in a store
			err = fmt.Errorf("committer: checkpoint: panic: %v", r)
		}
	}()
	m.logger.Info("committer: checkpoint begins", "sessions", p.next)
	c := checkpoint{next: p.next, link: p.link}
	if err := m.changeManifest(ctx, func(d *manifest) { c.generation = d.begin() }); err != nil {
		return 0, err
	}
	if err := m.writeImages(ctx, &c, p); err != nil {
		return 0, err
	}
	err = m.changeManifest(ctx, func(d *manifest) { d.switchTo(c, p) })
	if err != nil {
		return 0, err
	}
	if err := m.deleteReplaced(ctx); err != nil {
		m.logger.Warn("committer: what a checkpoint replaces could not be deleted yet", "error", err)
	}
	m.logger.Info("committer: checkpoint ends", "sessions", p.next, "bytes", c.size)
	return c.size, nil
}

// switchTo makes a written checkpoint count.
func (m *manifest) switchTo(c checkpoint, p *plan) {
	oldest := max(m.oldest, p.oldest)
	m.drop(m.oldest, oldest)
	m.oldest = oldest
	p.change(m)
	m.replace(c)
	for len(m.epochs) > 1 && m.epochs[1].from <= m.oldest {
		m.epochs = m.epochs[1:]
	}
}

// writeImages is step 2.
func (m *MultiCommitter) writeImages(ctx context.Context, c *checkpoint, p *plan) error {
	for _, store := range p.stores {
		w := &chunkWriter{db: m.db, generation: c.generation, image: image{store: store.store}}
		began := time.Now()
		for rows, err := range store.chunks {
			if err == nil {
				err = w.write(ctx, rows)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("committer: checkpoint of store %q: %w", store.store, err)
			}
			if w.image.chunks%progressChunks == 0 {
				m.logger.Info("committer: writing a checkpoint", "store", store.store, "bytes", w.size)
			}
			p.rest(ctx, 3*time.Since(began))
			began = time.Now()
		}
		c.images = append(c.images, w.image)
		c.size += w.size
	}
	heads, err := m.db.writeHeads(ctx, c.generation, p.heads)
	if err != nil {
		return err
	}
	c.heads = append(slices.Clone(p.kept), heads...)
	return nil
}

// rest waits, unless the context ends or somebody waits for the checkpoint.
func (p *plan) rest(ctx context.Context, d time.Duration) {
	if p.hurry == nil {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.hurry:
	case <-ctx.Done():
	}
}

// progressChunks is how many chunks are written or read between two lines in
// the log.
const progressChunks = 64

// deleteReplaced deletes what the manifest lists, and then the list.
func (m *MultiCommitter) deleteReplaced(ctx context.Context) error {
	m.manifestMu.Lock()
	replaced := m.manifest.replaced
	m.manifestMu.Unlock()
	if len(replaced) == 0 {
		return nil
	}
	if err := m.db.deleteLeftovers(ctx, replaced); err != nil {
		return err
	}
	return m.changeManifest(ctx, func(d *manifest) {
		d.replaced = slices.DeleteFunc(d.replaced, func(l leftover) bool { return slices.Contains(replaced, l) })
	})
}

// changeManifest replaces the manifest by a changed one. It notices that
// another writer has replaced it already. An error of the KV leaves open
// whether the change took effect; the next change finds out.
func (m *MultiCommitter) changeManifest(ctx context.Context, change func(*manifest)) error {
	m.manifestMu.Lock()
	defer m.manifestMu.Unlock()
	if err := m.readBackManifest(ctx); err != nil {
		return err
	}
	d := m.manifest.clone()
	change(d)
	return m.writeManifest(ctx, d)
}

// readBackManifest finds out what became of a write of the manifest that
// failed. manifestMu is held.
func (m *MultiCommitter) readBackManifest(ctx context.Context) error {
	there, err := m.kv.Get(ctx, []byte(manifestKey))
	switch {
	case err == nil && bytes.Equal(there, m.manifest.value()):
		return nil
	case err == nil && m.tried != nil && bytes.Equal(there, m.tried.value()):
		m.manifest = m.tried
		return nil
	case err == nil || errors.Is(err, kv.ErrNotFound):
		return fmt.Errorf("%w: %s was written by somebody else", ErrFenced, manifestKey)
	}
	return fmt.Errorf("committer: read %s: %w", manifestKey, err)
}

// writeManifest writes a manifest and takes it over. manifestMu is held.
func (m *MultiCommitter) writeManifest(ctx context.Context, d *manifest) error {
	m.tried = d
	if err := m.db.set(ctx, manifestKey, d.value()); err != nil {
		return err
	}
	m.manifest, m.tried = d, nil
	return nil
}
