package committer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/merkle"
)

// Verify reads everything that the KV holds and recomputes what can be: the
// checksum of every value, the chain of the chunks, the retained heads, the
// chain of the records that are kept, the change roots of their journals (where
// the store can tell them, as generated ones can) and their commit IDs; and it
// compares manifest, heads and records with those in memory. The rows in memory
// are not compared: only Load can tell that somebody went behind the
// MultiCommitter's back. It joins all faults found; each is a *CorruptError that
// names its key, or wraps ErrFenced for a session that another writer has
// committed. Nothing is written.
//
// What was lost before Load, and was written last, cannot be told from what was
// never written: compare Last with a head that is kept elsewhere. Commits wait
// until Verify returns. An error of ctx or the KV ends it, and is joined to the
// faults; others wrap ErrNotLoaded or ErrClosed.
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
	m.manifestMu.Lock()
	defer m.manifestMu.Unlock()
	v := &verifier{m: m, db: m.db, manifest: m.manifest}
	for _, check := range []func(context.Context){v.checkManifest, v.checkChunks, v.checkHeads, v.checkRecords, v.checkPending} {
		check(ctx)
		if v.over {
			break
		}
	}
	if len(v.faults) > 0 {
		return errors.Join(v.faults...)
	}
	m.logger.Info("committer: verified", "sessions", m.history.count)
	return nil
}

// verifier gathers the faults of a database.
type verifier struct {
	m        *MultiCommitter
	db       database
	manifest *manifest
	faults   []error
	over     bool // the KV or the context does not let it go on
}

// fault takes note of an error, nil for none.
func (v *verifier) fault(err error) {
	if err == nil {
		return
	}
	v.faults = append(v.faults, err)
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrFenced) {
		v.over = true
	}
}

// goesOn tells whether there is any use in reading on.
func (v *verifier) goesOn(ctx context.Context) bool {
	if err := ctx.Err(); err != nil && !v.over {
		v.fault(fmt.Errorf("committer: verify: %w", err))
	}
	return !v.over
}

func (v *verifier) checkManifest(ctx context.Context) {
	value, err := v.db.get(ctx, manifestKey)
	switch {
	case err != nil:
		v.fault(err)
	case value == nil:
		v.fault(corrupt(manifestKey, errMissing))
	case bytes.Equal(value, v.manifest.encode()):
	case v.m.tried != nil && bytes.Equal(value, v.m.tried.encode()):
		v.manifest = v.m.tried
	default:
		v.fault(corrupt(manifestKey, errOther))
	}
	marker, err := v.db.get(ctx, markerKey)
	switch {
	case err != nil:
		v.fault(err)
	case marker == nil:
		v.fault(corrupt(markerKey, errMissing))
	default:
		v.fault(checkMarker(marker))
	}
}

var errOther = errors.New("it is not the one that was written")

func (v *verifier) checkChunks(ctx context.Context) {
	c := &v.manifest.checkpoint
	for _, image := range c.images {
		n := 0
		for _, err := range v.db.chunks(ctx, c.generation, image) {
			if n++; n%progressChunks == 0 {
				v.m.logger.Info("committer: verifying the checkpoint", "store", image.store, "chunks", n, "of", image.chunks)
			}
			v.fault(err)
			if !v.goesOn(ctx) {
				return
			}
		}
	}
}

func (v *verifier) checkHeads(ctx context.Context) {
	history := v.m.history
	for _, h := range v.manifest.checkpoint.heads {
		if !v.goesOn(ctx) {
			return
		}
		heads, err := v.db.heads(ctx, h)
		if err != nil {
			v.fault(err)
			continue
		}
		for _, head := range heads {
			if known := history.between(head.Seq, head.Seq+1); len(known) == 1 && known[0].Seq == head.Seq && !sameHead(&head, &known[0]) {
				v.fault(corrupt(headsKey(h.generation, h.n), fmt.Errorf("session %d is not the one that is known", head.Seq)))
			}
		}
	}
}

// checkRecords follows the chain of the records from the oldest one through the
// checkpoint to the last, and to what the next one will carry.
func (v *verifier) checkRecords(ctx context.Context) {
	c, count := &v.manifest.checkpoint, v.m.history.count
	var follows link // what the record carries, if chained
	chained := false
	for seq := v.manifest.oldest; seq <= count; seq++ {
		if !v.goesOn(ctx) {
			return
		}
		if seq == c.next {
			if chained && follows != c.link {
				v.fault(corrupt(v.recordBefore(seq), errors.New("it is not the one that the checkpoint was made after")))
			}
			follows, chained = c.link, true
		}
		if seq == count {
			break
		}
		next, err := v.checkRecord(ctx, seq, follows, chained)
		v.fault(err)
		follows, chained = next, err == nil
		if n := seq + 1; n%progressEvery == 0 {
			v.m.logger.Info("committer: verifying sessions", "sessions", n, "of", count)
		}
	}
	if chained && follows != v.m.prevLink() {
		v.fault(corrupt(v.recordBefore(count), errOther))
	}
	v.checkNext(ctx)
}

// recordBefore is the key of the record before that of a session.
func (v *verifier) recordBefore(seq uint64) string {
	if seq == 0 {
		return manifestKey
	}
	return recordKey(v.manifest.epochOf(seq-1), seq-1)
}

// checkNext checks what stands where the next record will: nothing, or that of
// the decided session.
func (v *verifier) checkNext(ctx context.Context) {
	epoch, seq := v.m.epoch, v.m.history.count
	key := recordKey(epoch, seq)
	rec, err := v.db.record(ctx, epoch, seq)
	switch d := v.m.decided; {
	case err != nil:
		v.fault(err)
	case d == nil && rec != nil:
		v.fault(fmt.Errorf("%w: %s was written by somebody else", ErrFenced, key))
	case d != nil && rec == nil:
		v.fault(corrupt(key, errMissing))
	case d != nil && !bytes.Equal(rec.value, d.value):
		v.fault(corrupt(key, errOther))
	}
}

// checkRecord checks one record and returns what the next one must carry.
func (v *verifier) checkRecord(ctx context.Context, seq uint64, follows link, chained bool) (link, error) {
	epoch := v.manifest.epochOf(seq)
	key := recordKey(epoch, seq)
	rec, err := v.db.record(ctx, epoch, seq)
	if err != nil {
		return link{}, err
	}
	if rec == nil {
		return link{}, corrupt(key, errMissing)
	}
	if !chained {
		follows = rec.link
	}
	if err := v.manifest.checkRecord(rec, follows); err != nil {
		return link{}, corrupt(key, err)
	}
	finalValue, err := v.db.final(ctx, rec)
	if err != nil {
		return link{}, err
	}
	if rec.decided {
		return link{}, corrupt(finalKey(epoch, seq), errMissing)
	}
	if err := v.checkJournals(rec); err != nil {
		return link{}, corrupt(key, err)
	}
	head := rec.session()
	if known := v.m.history.between(seq, seq+1); len(known) == 1 && known[0].Seq == seq && !sameHead(&head, &known[0]) {
		return link{}, corrupt(key, fmt.Errorf("session %d is not the one that is known", seq))
	}
	return linkAfter(rec.value, finalValue), nil
}

// journalRooter is what a store can have besides Journaled: it computes the id
// that Stage returned with a journal.
type journalRooter interface {
	JournalRoot(journal []byte) ([]byte, error)
}

// checkJournals recomputes the change roots of a record.
func (v *verifier) checkJournals(rec *record) error {
	for _, part := range rec.parts {
		i, registered := v.m.find(part.name)
		if part.kind != merkle.Store || !registered || !v.manifest.counts(part.name, rec.seq) {
			continue
		}
		store, ok := v.m.parts[i].store.(journalRooter)
		if !ok {
			continue
		}
		root, err := store.JournalRoot(part.journal)
		if err != nil {
			return fmt.Errorf("store %q: %w", part.name, err)
		}
		if !bytes.Equal(root, part.id) {
			return fmt.Errorf("store %q: its id is %x, but that of its journal is %x", part.name, part.id, root)
		}
	}
	return nil
}

// checkPending holds the pending entry against the session that is open or
// left open. Without one, and after a write of it that failed, the entry of a
// session that is over, or that was cancelled, can be there.
func (v *verifier) checkPending(ctx context.Context) {
	value, err := v.db.get(ctx, pendingKey)
	if err != nil {
		v.fault(err)
		return
	}
	var key []byte
	switch m := v.m; {
	case m.unsurePending:
	case m.session != nil && (m.session.mode == modeFresh || m.session.mode == modeReopened):
		key = m.session.key
	case m.decided != nil:
		key = m.decided.key
	case m.leftOpen != nil:
		key = m.leftOpen.key
	}
	switch {
	case value == nil && key != nil:
		v.fault(corrupt(pendingKey, fmt.Errorf("it is missing, and key %q is pending", key)))
	case value != nil:
		p, err := decodePending(value)
		if err == nil {
			err = p.check(v.m.epoch, v.m.history.count)
		}
		if err == nil && key != nil && (!bytes.Equal(p.key, key) || p.over(v.m.epoch, v.m.history.count)) {
			err = fmt.Errorf("it has key %q and session %d of epoch %d, and key %q is pending", p.key, p.seq, p.epoch, key)
		}
		if err != nil {
			v.fault(corrupt(pendingKey, err))
		}
	}
}
