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
// compares them with what is in memory. It joins all faults found; each is a
// *CorruptError that names its key. Nothing is written.
//
// What was lost before Load, and was written last, cannot be told from what was
// never written: compare Last with a head that is kept elsewhere. Commits wait
// until Verify returns; the error wraps ErrNotLoaded or ErrClosed, or is that
// of the KV, too.
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
	v.checkManifest(ctx)
	v.checkChunks(ctx)
	v.checkHeads(ctx)
	v.checkRecords(ctx)
	v.checkPending(ctx)
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
}

func (v *verifier) fault(err error) {
	if err != nil {
		v.faults = append(v.faults, err)
	}
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
		}
	}
}

func (v *verifier) checkHeads(ctx context.Context) {
	history := v.m.history
	for _, h := range v.manifest.checkpoint.heads {
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

// checkRecords follows the chain of the records from the oldest one to the
// last, and to what the next one will carry.
func (v *verifier) checkRecords(ctx context.Context) {
	var follows link
	chained := v.manifest.oldest == 0 && v.manifest.checkpoint.next == 0
	if chained {
		follows = v.manifest.checkpoint.link
	}
	for seq := v.manifest.oldest; seq < v.m.history.count; seq++ {
		if seq == v.manifest.checkpoint.next {
			follows, chained = v.manifest.checkpoint.link, true
		}
		next, err := v.checkRecord(ctx, seq, follows, chained)
		v.fault(err)
		follows, chained = next, err == nil
		if n := seq + 1; n%progressEvery == 0 {
			v.m.logger.Info("committer: verifying sessions", "sessions", n, "of", v.m.history.count)
		}
	}
	if chained && follows != v.m.prevLink {
		v.fault(corrupt(recordKey(v.m.epoch, v.m.history.count-1), errOther))
	}
	if d := v.m.decided; d != nil {
		rec, err := v.db.record(ctx, d.epoch, d.seq)
		switch {
		case err != nil:
			v.fault(err)
		case rec == nil:
			v.fault(corrupt(recordKey(d.epoch, d.seq), errMissing))
		case !bytes.Equal(rec.value, d.value):
			v.fault(corrupt(recordKey(d.epoch, d.seq), errOther))
		}
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
// left open.
func (v *verifier) checkPending(ctx context.Context) {
	value, err := v.db.get(ctx, pendingKey)
	if err != nil {
		v.fault(err)
		return
	}
	var key []byte
	switch m := v.m; {
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
		if err == nil && key != nil && !bytes.Equal(p.key, key) {
			err = fmt.Errorf("it has key %q, and key %q is pending", p.key, key)
		}
		if err != nil {
			v.fault(corrupt(pendingKey, err))
		}
	}
}
