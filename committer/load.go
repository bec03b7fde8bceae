package committer

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/parallel"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/merkle"
)

// Load restores every store from the KV: from its checkpoint and the records
// after that. It replaces what the stores held before. Calling it again does
// nothing. Begin and Do call Load if it was not called. In an empty KV it writes
// the first manifest.
//
// A store whose schema has changed decides whether it can read the stored rows.
// If all stores can, Load writes their rows with the new schema in a checkpoint,
// and drops the records before it. This is refused while a session is pending.
//
// Load returns an error that wraps ErrName for a bad name, and one that wraps
// ErrNotRegistered if the KV knows a committable that is not registered, or is
// registered as another kind; a *SchemaError if a store cannot read the stored
// rows; and a *CorruptError if a stored value is damaged. Load has then written
// nothing. After any error, the MultiCommitter is not loaded, the stores that
// the KV knows are empty, and Load may be called again.
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

// load reads the database, makes it the state, and writes what has to change in
// the KV. op is held; the phase is new.
func (m *MultiCommitter) load(ctx context.Context) error {
	if err := m.openDB(ctx); err != nil {
		return err
	}
	l := m.newLoader()
	err := l.read(ctx)
	if err == nil {
		m.own(l.Manifest)
		m.takeOver(l)
		err = m.bringUpToDate(ctx, l)
	}
	if err != nil {
		return errors.Join(err, l.reset(context.WithoutCancel(ctx)))
	}
	m.state.Lock()
	m.leftOpen, m.decided = l.LeftOpen, l.Decided
	m.phase = m.idlePhase()
	m.state.Unlock()
	m.opts.logger.InfoContext(ctx, "loaded", "sessions", m.history.Count(), "epoch", m.epoch)
	return nil
}

// openDB resolves what the KV supports. op is held.
func (m *MultiCommitter) openDB(ctx context.Context) (err error) {
	if m.optErr != nil {
		return m.optErr
	}
	m.db, err = storage.Open(ctx, m.kv, storage.Errors{
		Corrupt: func(key, reason string) error { return &CorruptError{Key: key, Reason: reason} },
		Limit: func(what string, size, limit int) error {
			return &LimitError{What: what, Size: size, Max: limit}
		},
		Fenced: ErrFenced,
	})
	return err
}

// own makes the writers of a database with this manifest. op is held.
func (m *MultiCommitter) own(read *format.Manifest) {
	m.manifest = storage.NewManifestOwner(m.db, read)
	m.records = storage.NewRecordWriter(m.db)
	m.state.Lock()
	m.checkpoints = &checkpointer{
		db: m.db, manifest: m.manifest, policy: m.opts.policy, inline: m.opts.inline, logger: m.opts.logger,
	}
	m.state.Unlock()
}

// takeOver makes what a loader read the state. op is held.
func (m *MultiCommitter) takeOver(l *loader) {
	m.epoch = l.Manifest.Epoch()
	last := l.PrevHash
	m.prev, m.prevHash = l.Prev, func() format.Hash { return last }
	m.written = l.History.Count()
	m.state.Lock()
	m.history, m.durable = l.History, l.History.Count()
	m.state.Unlock()
	c := &l.Manifest.Checkpoint
	m.checkpoints.reset(c.Next, c.Size, l.Since)
	for _, p := range l.known {
		p.usage.checkpoint.Store(p.imageBytes)
		p.usage.journal.Store(p.journaledBytes)
	}
}

// bringUpToDate writes what has to change in the KV after everything was read.
func (m *MultiCommitter) bringUpToDate(ctx context.Context, l *loader) error {
	members, history := m.members(), m.history.Size()
	update := func(e storage.Edit) { e.Members, e.History = members, history }
	switch {
	case len(l.changed) > 0:
		p := m.planCheckpoint(ctx, 0)
		p.change, p.oldest = update, p.next // the records have rows of the old schema
		m.opts.logger.InfoContext(ctx, "a schema has changed; writing all rows again", "stores", l.changed)
		size, err := m.checkpoints.write(ctx, p)
		if err != nil {
			return err
		}
		m.prev = nil
		m.checkpoints.reset(p.next, size, 0)
		for _, p := range m.parts {
			p.usage.journal.Store(0)
		}
	case l.Fresh || !sameMembers(members, l.Manifest.Members) || history != l.Manifest.History:
		if err := m.manifest.Write(ctx, update); err != nil {
			return err
		}
	}
	if !l.Marked {
		if err := m.db.SetMarker(ctx); err != nil {
			return err
		}
	}
	// What was read may not be on stable storage yet, and calls are about to
	// answer from it.
	if err := m.db.Sync(ctx); err != nil {
		return m.fail(err)
	}
	if l.Obsolete {
		m.dropPending(ctx)
	}
	if l.Decided == nil && !m.db.Shared() {
		// A crash may have left pieces of a record that was never written.
		if err := m.db.DeletePieces(ctx, m.epoch, m.history.Count()); err != nil {
			return err
		}
	}
	if err := m.manifest.FinishPending(ctx); err != nil {
		m.opts.logger.WarnContext(ctx, "obsolete keys could not be deleted yet", "error", err)
	}
	return nil
}

// noChunks is the empty state, for Restore.
func noChunks(func([]byte, error) bool) {}

// loader is a scanner that fills the stores.
type loader struct {
	*storage.Scanner
	m *MultiCommitter

	known   []*knownMember // registered, and in the manifest
	changed []string       // stores with another schema than in the manifest
}

// knownMember is a participant that the KV knows.
type knownMember struct {
	*participant
	schema                     []byte // of its rows in the KV
	imageBytes, journaledBytes uint64 // what was restored and redone
}

func (m *MultiCommitter) newLoader() *loader {
	return &loader{Scanner: m.db.Scanner(m.opts.logger), m: m}
}

// read reads the whole database, rows into the stores.
func (l *loader) read(ctx context.Context) error {
	if err := l.ReadManifest(ctx); err != nil {
		return err
	}
	if err := l.checkMembers(ctx); err != nil {
		return err
	}
	if err := l.rebuild(ctx, l.m.retained(l.Manifest.History)); err != nil {
		return err
	}
	if err := l.ReadPending(ctx); err != nil {
		return err
	}
	if err := l.CheckMarker(); err != nil {
		return err
	}
	if len(l.changed) == 0 {
		return nil
	}
	var open []byte
	switch {
	case l.Decided != nil:
		open = l.Decided.Key
	case l.LeftOpen != nil:
		open = l.LeftOpen.Key
	default:
		return nil
	}
	return fmt.Errorf("%w: stores %q have another schema, and key %q is pending; finish or cancel it with the code that began it first",
		ErrSchema, l.changed, open)
}

// retained returns for how many sessions headers are retained: the option's
// number, or else the number so far.
func (m *MultiCommitter) retained(soFar uint64) uint64 {
	switch {
	case m.opts.history > 0:
		return m.opts.history
	case soFar > 0:
		return soFar
	default:
		return defaultHistory
	}
}

// rebuild fills the stores from the checkpoint and the records after it.
func (l *loader) rebuild(ctx context.Context, history uint64) error {
	if err := l.ReadHeaders(ctx, history); err != nil {
		return err
	}
	if err := l.each(func(p *knownMember) error { return l.restore(ctx, p) }); err != nil {
		return err
	}
	return l.ReadRecords(ctx, l.redo)
}

// reset empties the stores that the KV knows.
func (l *loader) reset(ctx context.Context) error {
	return l.each(func(p *knownMember) error {
		if err := p.store.Restore(ctx, p.store.Schema(), noChunks); err != nil {
			return fmt.Errorf("committer: load: store %q: %w", p.name, err)
		}
		return nil
	})
}

// each calls fn for every known store, in parallel.
func (l *loader) each(fn func(*knownMember) error) error {
	var stores []*knownMember
	for _, p := range l.known {
		if p.store != nil {
			stores = append(stores, p)
		}
	}
	errs := make([]error, len(stores))
	parallel.Do(len(stores), func(i int) { errs[i] = fn(stores[i]) })
	return errors.Join(errs...)
}

// restore fills a store from its image in the checkpoint.
func (l *loader) restore(ctx context.Context, p *knownMember) error {
	c := &l.Manifest.Checkpoint
	if c.Next > 0 {
		ctx = committable.ContextWithSequence(ctx, c.Next-1)
	}
	image, read := c.Image(p.name), uint64(0)
	p.imageBytes = 0
	var chunks iter.Seq2[[]byte, error] = func(yield func([]byte, error) bool) {
		for rows, err := range l.m.db.Chunks(ctx, c.Generation, image) {
			read, p.imageBytes = read+1, p.imageBytes+uint64(len(rows))
			if read%progressChunks == 0 {
				l.m.opts.logger.InfoContext(ctx, "reading the checkpoint", "store", p.name, "chunks", read, "of", image.Chunks)
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
		return corrupt(format.ChunkKey(c.Generation, p.name, max(read, 1)-1), err)
	}
	return fmt.Errorf("committer: load: store %q: %w", p.name, err)
}

// redo applies records to the stores. If several stores fail, it returns the
// error of the earliest session.
func (l *loader) redo(ctx context.Context, batch []*storage.Record) error {
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

func (l *loader) redoOne(ctx context.Context, p *knownMember, rec *storage.Record) error {
	part, named := rec.Part(p.name)
	if !named || part.Kind != merkle.Store || !l.Manifest.MeansMember(p.name, rec.Seq) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("committer: load: %w", err)
	}
	inner := l.m.sessionContext(ctx, &session{seq: rec.Seq, key: rec.Key})
	if err := p.store.Redo(inner, rec.Key, part.Journal); err != nil {
		return corrupt(format.RecordKey(rec.Epoch, rec.Seq), fmt.Errorf("store %q: %w", p.name, err))
	}
	p.journaledBytes += uint64(len(part.Journal))
	return nil
}

func corrupt(key string, reason error) error {
	return &CorruptError{Key: key, Reason: reason.Error()}
}
