package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/merkle"
)

// progressEvery is how many sessions Load restores between two lines in the
// log.
const progressEvery = 10_000

// Load restores every store from the KV: what a store held before is replaced.
// It is idempotent; Begin and Do call it if you have not. On an empty KV it
// writes the manifest.
//
// The error wraps ErrName, or ErrNotRegistered if the KV knows a committable
// that was not registered or was registered as another kind; it is a
// *SchemaError if a store's rows have another schema, and a *CorruptError if
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
	l := &loader{m: m, kv: m.kv}
	if err := l.run(ctx); err != nil {
		return errors.Join(err, m.resetStores(context.WithoutCancel(ctx), l.known))
	}

	m.manifest, m.prev, m.prevLink = l.manifest, l.prev, l.link
	m.state.Lock()
	m.history, m.leftOpen, m.decided = l.history, l.leftOpen, l.decided
	m.phase = m.idlePhase()
	m.state.Unlock()
	m.logger.Info("committer: loaded", "sessions", l.history.count, "epoch", l.manifest.epoch)
	return nil
}

// resetStores empties the stores that the KV knows.
func (m *MultiCommitter) resetStores(ctx context.Context, known []*participant) error {
	for _, p := range known {
		if p.store == nil {
			continue
		}
		if err := p.store.Restore(ctx, p.store.Schema(), noChunks); err != nil {
			return fmt.Errorf("committer: load: store %q: %w", p.name, err)
		}
	}
	return nil
}

// noChunks is the empty state, for Restore.
func noChunks(func([]byte, error) bool) {}

// loader gathers what Load finds. The MultiCommitter takes it over as a whole,
// or not at all.
type loader struct {
	m  *MultiCommitter
	kv kv.KV

	stored   *manifest
	known    []*participant // registered, and in the stored manifest
	manifest *manifest      // of what is registered
	history  *history
	prev     *record
	link     link
	leftOpen *pending
	decided  *record
}

func (l *loader) run(ctx context.Context) error {
	var err error
	if l.stored, err = l.readManifest(ctx); err != nil {
		return err
	}
	if err := l.checkMembers(ctx); err != nil {
		return err
	}
	if err := l.m.resetStores(ctx, l.known); err != nil {
		return err
	}
	l.manifest = l.m.describe(l.stored.epoch, l.stored.history)
	l.history = newHistory(l.manifest.history)
	if err := l.readRecords(ctx); err != nil {
		return err
	}
	if err := l.readPending(ctx); err != nil {
		return err
	}
	if !bytes.Equal(l.manifest.encode(), l.stored.encode()) {
		return l.m.writeManifest(ctx, l.manifest)
	}
	return nil
}

// get reads a value, nil if it is absent.
func (l *loader) get(ctx context.Context, key string) ([]byte, error) {
	value, err := l.kv.Get(ctx, []byte(key))
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("committer: load %s: %w", key, err)
	case value == nil:
		return []byte{}, nil
	}
	return value, nil
}

func corrupt(key string, err error) error {
	return &CorruptError{Key: key, Reason: err.Error()}
}

// readManifest reads the manifest. An empty KV has an empty one; a KV that has
// records but no manifest is damaged.
func (l *loader) readManifest(ctx context.Context) (*manifest, error) {
	value, err := l.get(ctx, manifestKey)
	if err != nil {
		return nil, err
	}
	if value != nil {
		stored, err := decodeManifest(value)
		if err != nil {
			return nil, corrupt(manifestKey, err)
		}
		return stored, nil
	}
	for _, key := range []string{pendingKey, recordKey(0, 0)} {
		value, err := l.get(ctx, key)
		if err != nil {
			return nil, err
		}
		if value != nil {
			return nil, corrupt(manifestKey, fmt.Errorf("it is missing, but there is %s", key))
		}
	}
	return &manifest{}, nil
}

// readRecords redoes the records, in order, until one is missing.
func (l *loader) readRecords(ctx context.Context) error {
	for seq := range uint64(math.MaxUint64) {
		key := recordKey(l.manifest.epoch, seq)
		value, err := l.get(ctx, key)
		if err != nil {
			return err
		}
		if value == nil {
			return l.nothingAfter(ctx, seq, key, finalKey(l.manifest.epoch, seq))
		}
		rec, err := decodeRecord(value)
		if err == nil {
			err = l.checkRecord(rec, seq)
		}
		if err != nil {
			return corrupt(key, err)
		}
		var finalValue []byte
		if rec.decided {
			if finalValue, err = l.readFinal(ctx, rec); err != nil {
				return err
			}
			if finalValue == nil {
				l.decided = rec
				return l.nothingAfter(ctx, seq, finalKey(l.manifest.epoch, seq))
			}
		}
		if err := l.redo(ctx, key, rec); err != nil {
			return err
		}
		l.prev, l.link = rec, linkAfter(value, finalValue)
		l.history.append(rec.session())
		if (seq+1)%progressEvery == 0 {
			l.m.logger.Info("committer: loading", "sessions", seq+1)
		}
	}
	return nil
}

// checkRecord checks what can be told without the stores.
func (l *loader) checkRecord(rec *record, seq uint64) error {
	switch {
	case rec.epoch != l.manifest.epoch || rec.seq != seq:
		return fmt.Errorf("it is the record of session %d in epoch %d", rec.seq, rec.epoch)
	case rec.link != l.link:
		return errors.New("it does not follow the record before it")
	case len(rec.key) == 0:
		return errors.New("its idempotency key is empty")
	}
	for i, part := range rec.parts {
		if i > 0 && rec.parts[i-1].name >= part.name {
			return fmt.Errorf("%q is out of order", part.name)
		}
		if c, known := l.stored.member(part.name); !known || c.kind != part.kind {
			return fmt.Errorf("it names %q, which the manifest does not know as %s", part.name, describeKind(part.kind))
		}
	}
	if rec.decided {
		return nil
	}
	return checkID(rec)
}

func checkID(rec *record) error {
	id, err := rec.commitID()
	if err != nil {
		return err
	}
	if id != rec.id {
		return fmt.Errorf("its commit ID is %s, but that of its parts is %s", rec.id, id)
	}
	return nil
}

// readFinal reads the final of a decided record and adds it to the record. It
// returns nil if there is none.
func (l *loader) readFinal(ctx context.Context, rec *record) ([]byte, error) {
	key := finalKey(rec.epoch, rec.seq)
	value, err := l.get(ctx, key)
	if err != nil || value == nil {
		return nil, err
	}
	f, err := decodeFinal(value)
	if err != nil {
		return nil, corrupt(key, err)
	}
	if f.epoch != rec.epoch || f.seq != rec.seq || f.record != linkAfter(rec.value, nil) {
		return nil, corrupt(key, fmt.Errorf("it does not belong to %s", recordKey(rec.epoch, rec.seq)))
	}
	if err := rec.finish(f); err != nil {
		return nil, corrupt(key, err)
	}
	if err := checkID(rec); err != nil {
		return nil, corrupt(key, err)
	}
	return value, nil
}

// nothingAfter checks that a missing value was not written yet: what is only
// written after it must be missing too.
func (l *loader) nothingAfter(ctx context.Context, seq uint64, missing string, after ...string) error {
	for _, key := range append(after, recordKey(l.manifest.epoch, seq+1)) {
		value, err := l.get(ctx, key)
		if err != nil {
			return err
		}
		if value != nil {
			return corrupt(missing, fmt.Errorf("it is missing, but there is %s", key))
		}
	}
	return nil
}

// redo applies a record to the stores.
func (l *loader) redo(ctx context.Context, key string, rec *record) error {
	ctx = l.m.sessionContext(ctx, &session{seq: rec.seq, key: rec.key})
	for _, part := range rec.parts {
		if part.kind != merkle.Store {
			continue
		}
		i, _ := l.m.find(part.name)
		if err := l.m.parts[i].store.Redo(ctx, rec.key, part.journal); err != nil {
			return corrupt(key, fmt.Errorf("store %q: %w", part.name, err))
		}
	}
	return nil
}

// readPending finds a session that a crash left open. An entry of a session
// that is over is dropped: the session was committed and its entry could not be
// deleted, or a writer that had lost the KV to another wrote it.
func (l *loader) readPending(ctx context.Context) error {
	value, err := l.get(ctx, pendingKey)
	if err != nil || value == nil {
		return err
	}
	p, err := decodePending(value)
	if err != nil {
		return corrupt(pendingKey, err)
	}
	epoch, next := l.manifest.epoch, l.history.count
	switch {
	case len(p.key) == 0:
		return corrupt(pendingKey, errors.New("its idempotency key is empty"))
	case p.epoch > epoch || p.epoch == epoch && p.seq > next:
		return corrupt(pendingKey, fmt.Errorf("it names session %d of epoch %d, but the next one is session %d of epoch %d",
			p.seq, p.epoch, next, epoch))
	case p.epoch == epoch && p.seq == next:
		if l.decided == nil { // else the record says more
			l.leftOpen = p
		}
		return nil
	}
	if err := l.kv.Delete(ctx, []byte(pendingKey)); err != nil {
		l.m.logger.Warn("committer: the entry of a session that is over could not be deleted", "error", err)
	}
	return nil
}
