package committer

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/merkle"
)

// Load restores every store from the KV, from its checkpoint and the records
// after it: what a store held before is replaced. It is idempotent; Begin and
// Do call it if you have not. On an empty KV it writes the manifest.
//
// A store whose schema has changed decides itself whether it can read the rows.
// If all can, Load goes on and then writes them anew in a checkpoint; the
// records before it are dropped. That is refused while a session is pending.
//
// The error wraps ErrName, or ErrNotRegistered if the KV knows a committable
// that was not registered or was registered as another kind; it is a
// *SchemaError if a store cannot read the stored rows, and a *CorruptError if
// something stored is damaged; nothing is written then. After any error the
// MultiCommitter is not loaded, the stores that the KV knows are empty, and
// Load may be called again.
func (m *MultiCommitter) Load(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	switch m.phase {
	case phaseNew:
		return m.load(ctx)
	case phaseClosed:
		return m.closedError()
	}
	return m.settle(ctx)
}

func (m *MultiCommitter) load(ctx context.Context) error {
	if m.optErr != nil {
		return m.optErr
	}
	if err := m.db.open(ctx); err != nil {
		return err
	}
	l := &loader{scanner: m.scanner(), m: m}
	err := l.read(ctx)
	if err == nil {
		m.takeOver(l)
		err = m.bringUpToDate(ctx, l)
	}
	if err != nil {
		return errors.Join(err, l.reset(context.WithoutCancel(ctx)))
	}
	m.state.Lock()
	m.leftOpen, m.decided = l.leftOpen, l.decided
	m.phase = m.idlePhase()
	m.state.Unlock()
	m.logger.Info("committer: loaded", "sessions", m.history.count, "epoch", m.epoch)
	return nil
}

// takeOver makes what was read that of the MultiCommitter. op is held.
func (m *MultiCommitter) takeOver(l *loader) {
	m.manifestMu.Lock()
	m.manifest, m.tried = l.manifest, nil
	m.manifestMu.Unlock()
	m.epoch = l.manifest.epoch()
	last := l.link
	m.prev, m.prevLink = l.prev, func() link { return last }
	m.since = l.since
	m.checkpointNext, m.checkpointSize = l.manifest.checkpoint.next, l.manifest.checkpoint.size
	m.written = l.history.count
	m.state.Lock()
	m.history, m.durable = l.history, l.history.count
	m.state.Unlock()
}

// bringUpToDate writes what has to change in the KV, after everything was
// read.
func (m *MultiCommitter) bringUpToDate(ctx context.Context, l *loader) error {
	members, history := m.members(), m.history.size
	update := func(d *manifest) { d.members, d.history = members, history }
	switch {
	case len(l.changed) > 0:
		p := m.pin(ctx, 0)
		p.change, p.oldest = update, p.next // the records have rows of the old schema
		m.logger.Info("committer: a schema has changed; all rows are written anew", "stores", l.changed)
		size, err := m.writeCheckpoint(ctx, p)
		if err != nil {
			return err
		}
		m.prev, m.since = nil, 0
		m.checkpointNext, m.checkpointSize = p.next, size
	case l.fresh || !sameMembers(members, l.manifest.members) || history != l.manifest.history:
		m.manifestMu.Lock()
		d := m.manifest.clone()
		update(d)
		err := m.writeManifest(ctx, d)
		m.manifestMu.Unlock()
		if err != nil {
			return err
		}
	}
	if !l.marked {
		if err := m.db.set(ctx, markerKey, encodeMarker()); err != nil {
			return err
		}
	}
	// What was read may not be on stable storage yet, and it is about to be
	// answered for.
	if err := m.db.sync(ctx); err != nil {
		return m.fail(err)
	}
	if l.stale {
		m.dropPending(ctx)
	}
	if err := m.dropParts(ctx, l.decided); err != nil {
		return err
	}
	if err := m.finishReplacing(ctx); err != nil {
		m.logger.Warn("committer: what does not count any more could not be deleted yet", "error", err)
	}
	return nil
}

// finishReplacing does what a crash, or an error of the KV, left to be done.
func (m *MultiCommitter) finishReplacing(ctx context.Context) error {
	if m.manifest.writing != 0 {
		if err := m.changeManifest(ctx, (*manifest).abandon); err != nil {
			return err
		}
	}
	return m.deleteReplaced(ctx)
}

// noChunks is the empty state, for Restore.
func noChunks(func([]byte, error) bool) {}

// loader is a scanner that fills the stores.
type loader struct {
	*scanner
	m *MultiCommitter

	known   []known  // registered, and in the manifest
	changed []string // stores with another schema than the manifest has
}

// known is a committable and the schema of its rows in the KV.
type known struct {
	*participant
	schema []byte
}

func (m *MultiCommitter) scanner() *scanner {
	return &scanner{db: m.db, logger: m.logger}
}

// run reads everything, without stores.
func (s *scanner) run(ctx context.Context) error {
	if err := s.readManifest(ctx); err != nil {
		return err
	}
	if err := s.readHeads(ctx, s.manifest.history); err != nil {
		return err
	}
	if err := s.readRecords(ctx, nil); err != nil {
		return err
	}
	if err := s.readPending(ctx); err != nil {
		return err
	}
	return s.checkMarked()
}

// read reads everything into the stores.
func (l *loader) read(ctx context.Context) error {
	if err := l.readManifest(ctx); err != nil {
		return err
	}
	if err := l.checkMembers(ctx); err != nil {
		return err
	}
	if err := l.rebuild(ctx, l.m.retained(l.manifest.history)); err != nil {
		return err
	}
	if err := l.readPending(ctx); err != nil {
		return err
	}
	if err := l.checkMarked(); err != nil {
		return err
	}
	open := l.leftOpen
	if l.decided != nil {
		open = &pending{key: l.decided.key}
	}
	if len(l.changed) > 0 && open != nil {
		return fmt.Errorf("%w: stores %q have another schema, and key %q is pending; finish or cancel it with the code that began it first",
			ErrSchema, l.changed, open.key)
	}
	return nil
}

// retained returns how many sessions are retained, by the option or as so far.
func (m *MultiCommitter) retained(soFar uint64) uint64 {
	switch {
	case m.historyOpt > 0:
		return uint64(m.historyOpt)
	case soFar > 0:
		return soFar
	default:
		return defaultHistory
	}
}

// rebuild fills the stores from the checkpoint and the records after it.
func (l *loader) rebuild(ctx context.Context, history uint64) error {
	if err := l.readHeads(ctx, history); err != nil {
		return err
	}
	if err := l.each(func(p known) error { return l.restore(ctx, p) }); err != nil {
		return err
	}
	return l.readRecords(ctx, l.redo)
}

// reset empties the stores that the KV knows.
func (l *loader) reset(ctx context.Context) error {
	return l.each(func(p known) error {
		if err := p.store.Restore(ctx, p.store.Schema(), noChunks); err != nil {
			return fmt.Errorf("committer: load: store %q: %w", p.name, err)
		}
		return nil
	})
}

// each calls fn for every known store, side by side.
func (l *loader) each(fn func(known) error) error {
	var stores []known
	for _, p := range l.known {
		if p.store != nil {
			stores = append(stores, p)
		}
	}
	errs := make([]error, len(stores))
	parallel.Do(len(stores), func(i int) { errs[i] = fn(stores[i]) })
	return errors.Join(errs...)
}

// restore fills a store from its image.
func (l *loader) restore(ctx context.Context, p known) error {
	c := &l.manifest.checkpoint
	if c.next > 0 {
		ctx = committable.ContextWithSequence(ctx, c.next-1)
	}
	image, at := c.image(p.name), uint64(0)
	var chunks iter.Seq2[[]byte, error] = func(yield func([]byte, error) bool) {
		for rows, err := range l.db.chunks(ctx, c.generation, image) {
			at++
			if at%progressChunks == 0 {
				l.logger.Info("committer: reading the checkpoint", "store", p.name, "chunks", at, "of", image.chunks)
			}
			if !yield(rows, err) {
				return
			}
		}
	}
	err := p.store.Restore(ctx, p.schema, chunks)
	if err == nil {
		return nil
	}
	if errors.Is(err, committable.ErrCorrupt) {
		return corrupt(chunkKey(c.generation, p.name, max(at, 1)-1), err)
	}
	return fmt.Errorf("committer: load: store %q: %w", p.name, err)
}

// redo applies records to the stores. Of several faults the one of the earliest
// session is reported.
func (l *loader) redo(ctx context.Context, batch []*record) error {
	at := make([]int, len(l.known))
	errs := make([]error, len(l.known))
	parallel.Do(len(l.known), func(i int) {
		for at[i] = range batch {
			if errs[i] = l.redoOne(ctx, l.known[i], batch[at[i]]); errs[i] != nil {
				return
			}
		}
	})
	var first error
	earliest := len(batch)
	for i, err := range errs {
		if err != nil && at[i] < earliest {
			first, earliest = err, at[i]
		}
	}
	return first
}

func (l *loader) redoOne(ctx context.Context, p known, rec *record) error {
	part, named := rec.part(p.name)
	if !named || part.kind != merkle.Store || !l.manifest.counts(p.name, rec.seq) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("committer: load: %w", err)
	}
	inner := l.m.sessionContext(ctx, &session{seq: rec.seq, key: rec.key})
	if err := p.store.Redo(inner, rec.key, part.journal); err != nil {
		return corrupt(recordKey(rec.epoch, rec.seq), fmt.Errorf("store %q: %w", p.name, err))
	}
	return nil
}
