package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/internal/storage"
	"github.com/gencommittable/gencommittable/merkle"
)

// Verify reads everything in the KV and recomputes what can be recomputed: the
// checksum of every value, the chain of chunks, the retained headers, the chain
// of kept records, the change roots of their journals (for stores that can
// compute them, as generated ones can) and their commit IDs. It compares the
// manifest, the headers and the records with those in memory. It does not compare
// rows in memory: only Load detects rows that were changed without the
// MultiCommitter. It writes nothing. Commits wait until Verify returns.
//
// Verify joins all faults. Each is a *CorruptError that names a key, or wraps
// ErrFenced for a session that another writer has committed. An error of ctx or
// the KV ends Verify, and is joined too. Other errors wrap ErrNotLoaded or
// ErrClosed.
//
// Values that were lost before Load, and were the last ones written, cannot be
// distinguished from values that were never written. To detect such a loss,
// compare Last with a session that is stored elsewhere.
func (m *MultiCommitter) Verify(ctx context.Context) error {
	m.op.Lock()
	defer m.op.Unlock()
	if err := m.settle(ctx); err != nil {
		return err
	}
	switch m.phase {
	case phaseNew:
		return ErrNotLoaded
	case phaseClosed:
		return m.closedError()
	}
	v := &verifier{m: m, db: m.db}
	m.manifest.Frozen(ctx, func(manifest *format.Manifest, fault error) {
		v.manifest = manifest
		v.fault(fault)
		v.checkMarker(ctx)
		for _, check := range []func(context.Context){v.checkChunks, v.checkHeaders, v.checkRecords, v.checkPending} {
			if v.over {
				break
			}
			check(ctx)
		}
	})
	if len(v.faults) > 0 {
		return errors.Join(v.faults...)
	}
	m.opts.logger.InfoContext(ctx, "verified", "sessions", m.history.Count())
	return nil
}

// verifier collects the faults of a database.
type verifier struct {
	m        *MultiCommitter
	db       *storage.DB
	manifest *format.Manifest
	faults   []error
	over     bool // the KV or the context returned an error
}

var (
	errMissing = errors.New("it is missing")
	errOther   = errors.New("it is not the value that was written")
)

// fault adds an error, unless it is nil.
func (v *verifier) fault(err error) {
	if err == nil {
		return
	}
	v.faults = append(v.faults, err)
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrFenced) {
		v.over = true
	}
}

// goesOn reports whether verification can go on.
func (v *verifier) goesOn(ctx context.Context) bool {
	if err := ctx.Err(); err != nil && !v.over {
		v.fault(fmt.Errorf("committer: verify: %w", err))
	}
	return !v.over
}

func (v *verifier) checkMarker(ctx context.Context) {
	marker, err := v.db.Get(ctx, format.MarkerKey)
	switch {
	case err != nil:
		v.fault(err)
	case marker == nil:
		v.fault(corrupt(format.MarkerKey, errMissing))
	default:
		if err := format.CheckMarker(marker); err != nil {
			v.fault(corrupt(format.MarkerKey, err))
		}
	}
}

func (v *verifier) checkChunks(ctx context.Context) {
	c := &v.manifest.Checkpoint
	for _, image := range c.Images {
		n := 0
		for _, err := range v.db.Chunks(ctx, c.Generation, image) {
			if n++; n%progressChunks == 0 {
				v.m.opts.logger.InfoContext(ctx, "verifying the checkpoint", "store", image.Store, "chunks", n, "of", image.Chunks)
			}
			v.fault(err)
			if !v.goesOn(ctx) {
				return
			}
		}
	}
}

func (v *verifier) checkHeaders(ctx context.Context) {
	for _, ref := range v.manifest.Checkpoint.Headers {
		if !v.goesOn(ctx) {
			return
		}
		headers, err := v.db.Headers(ctx, ref)
		if err != nil {
			v.fault(err)
			continue
		}
		for _, h := range headers {
			v.fault(v.compare(format.HeadersKey(ref.Generation, ref.N), &h))
		}
	}
}

// compare returns a fault of a key if its header differs from the one in memory.
func (v *verifier) compare(key string, h *format.Header) error {
	if known, ok := v.m.history.At(h.Seq); ok && !h.Equal(&known) {
		return corrupt(key, fmt.Errorf("session %d differs from the one in memory", h.Seq))
	}
	return nil
}

// checkRecords follows the chain of records from the oldest one through the
// checkpoint to the last, and to the hash for the next record.
func (v *verifier) checkRecords(ctx context.Context) {
	c, count := &v.manifest.Checkpoint, v.m.history.Count()
	var prevHash format.Hash // of the record, if chained
	chained := false
	for seq := v.manifest.Oldest; seq <= count; seq++ {
		if !v.goesOn(ctx) {
			return
		}
		if seq == c.Next {
			if chained && prevHash != c.PrevHash {
				v.fault(corrupt(v.keyBefore(seq), errors.New("it is not the record before the checkpoint")))
			}
			prevHash, chained = c.PrevHash, true
		}
		if seq == count {
			break
		}
		next, err := v.checkRecord(ctx, seq, prevHash, chained)
		v.fault(err)
		prevHash, chained = next, err == nil
		if n := seq + 1; n%progressSessions == 0 {
			v.m.opts.logger.InfoContext(ctx, "verifying sessions", "sessions", n, "of", count)
		}
	}
	if chained && prevHash != v.m.prevHash() {
		v.fault(corrupt(v.keyBefore(count), errOther))
	}
	v.checkNext(ctx)
}

// progressSessions is how many sessions are verified between two lines in the
// log.
const progressSessions = 10_000

// keyBefore returns the key of the record before that of a session.
func (v *verifier) keyBefore(seq uint64) string {
	if seq == 0 {
		return format.ManifestKey
	}
	return format.RecordKey(v.manifest.EpochOf(seq-1), seq-1)
}

// checkNext checks the value under the key of the next record: there is none, or
// that of the decided session.
func (v *verifier) checkNext(ctx context.Context) {
	epoch, seq := v.m.epoch, v.m.history.Count()
	key := format.RecordKey(epoch, seq)
	rec, err := v.db.Record(ctx, epoch, seq)
	switch d := v.m.decided; {
	case err != nil:
		v.fault(err)
	case d == nil && rec != nil:
		v.fault(fencedError(key))
	case d != nil && rec == nil:
		v.fault(corrupt(key, errMissing))
	case d != nil && !bytes.Equal(rec.Value, d.Value):
		v.fault(corrupt(key, errOther))
	}
}

// checkRecord checks one record and returns the hash for the next one.
func (v *verifier) checkRecord(ctx context.Context, seq uint64, prevHash format.Hash, chained bool) (format.Hash, error) {
	epoch := v.manifest.EpochOf(seq)
	key := format.RecordKey(epoch, seq)
	rec, err := v.db.Record(ctx, epoch, seq)
	if err != nil {
		return format.Hash{}, err
	}
	if rec == nil {
		return format.Hash{}, corrupt(key, errMissing)
	}
	if !chained {
		prevHash = rec.PrevHash
	}
	if err := v.manifest.CheckRecord(&rec.Record, prevHash); err != nil {
		return format.Hash{}, corrupt(key, err)
	}
	outcome, err := v.db.Outcome(ctx, rec)
	if err != nil {
		return format.Hash{}, err
	}
	if rec.Decided {
		return format.Hash{}, corrupt(format.OutcomeKey(epoch, seq), errMissing)
	}
	if err := v.checkJournals(rec); err != nil {
		return format.Hash{}, corrupt(key, err)
	}
	h := rec.Header()
	if err := v.compare(key, &h); err != nil {
		return format.Hash{}, err
	}
	return format.ChainHash(rec.Value, outcome), nil
}

// journalRooter is an optional method of stores: it computes the id that Stage
// returned with a journal.
type journalRooter interface {
	JournalRoot(journal []byte) ([]byte, error)
}

// checkJournals recomputes the change roots of a record.
func (v *verifier) checkJournals(rec *storage.Record) error {
	for _, part := range rec.Parts {
		i, registered := v.m.find(part.Name)
		if part.Kind != merkle.Store || !registered || !v.manifest.MeansMember(part.Name, rec.Seq) {
			continue
		}
		store, ok := v.m.parts[i].store.(journalRooter)
		if !ok {
			continue
		}
		root, err := store.JournalRoot(part.Journal)
		if err != nil {
			return fmt.Errorf("store %q: %w", part.Name, err)
		}
		if !bytes.Equal(root, part.ID) {
			return fmt.Errorf("store %q: its id is %x, but its journal has the id %x", part.Name, part.ID, root)
		}
	}
	return nil
}

// checkPending compares the pending entry with the session that is open or left
// open. Without such a session, and after a write of the entry that returned an
// error, the entry of a session that is over or was cancelled may be there.
func (v *verifier) checkPending(ctx context.Context) {
	value, err := v.db.Get(ctx, format.PendingKey)
	if err != nil {
		v.fault(err)
		return
	}
	key := v.m.pendingKey()
	if value == nil {
		if key != nil {
			v.fault(corrupt(format.PendingKey, fmt.Errorf("it is missing, but key %q is pending", key)))
		}
		return
	}
	epoch, next := v.m.epoch, v.m.history.Count()
	p, err := format.DecodePending(value)
	if err == nil {
		err = p.Check(epoch, next)
	}
	if err == nil && key != nil && (!bytes.Equal(p.Key, key) || p.Obsolete(epoch, next)) {
		err = fmt.Errorf("it has key %q and session %d of epoch %d, but key %q is pending", p.Key, p.Seq, p.Epoch, key)
	}
	if err != nil {
		v.fault(corrupt(format.PendingKey, err))
	}
}

// pendingKey returns the key that the pending entry must have, nil if that is not
// known. op is held.
func (m *MultiCommitter) pendingKey() []byte {
	switch {
	case m.pendingUnknown:
		return nil
	case m.session != nil && m.session.mode.writesPending():
		return m.session.key
	case m.decided != nil:
		return m.decided.Key
	case m.leftOpen != nil:
		return m.leftOpen.Key
	}
	return nil
}
