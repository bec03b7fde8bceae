package committer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/gencommittable/gencommittable/merkle"
)

// progressEvery is how many sessions are read between two lines in the log.
const progressEvery = 10_000

// scanner reads a database, without its stores: manifest, heads, records until
// one is missing, pending entry. It writes nothing. Load, Rollback, Forget and
// Inspect are built on it.
type scanner struct {
	db     database
	logger *slog.Logger

	manifest *manifest
	fresh    bool // there is no database yet
	marked   bool // the marker is there
	history  *history
	prev     *record // the last session's, nil if its record is not kept
	link     link    // what the next record must carry
	since    uint64  // bytes of the records that the checkpoint does not include
	decided  *record
	leftOpen *pending
	stale    bool // the pending entry is that of a session that is over
}

// readManifest reads the manifest. An empty KV has an empty one; a KV that has
// anything else but no manifest is damaged.
func (s *scanner) readManifest(ctx context.Context) error {
	marker, err := s.db.get(ctx, markerKey)
	if err != nil {
		return err
	}
	value, err := s.db.get(ctx, manifestKey)
	if err != nil {
		return err
	}
	if marker != nil {
		if err := checkMarker(marker); err != nil {
			return err
		}
		s.marked = true
	}
	if value != nil {
		if s.manifest, err = decodeManifest(value); err != nil {
			return corrupt(manifestKey, err)
		}
		return nil
	}
	for _, key := range []string{markerKey, pendingKey, recordKey(0, 0)} {
		value, err := s.db.get(ctx, key)
		if err != nil {
			return err
		}
		if value != nil {
			return corrupt(manifestKey, fmt.Errorf("it is missing, but there is %s", key))
		}
	}
	s.fresh = true
	s.manifest = newManifest()
	return nil
}

func encodeMarker() []byte { return newWriter(kindMarker, 0).seal() }

func checkMarker(value []byte) error {
	r, err := openValue(value, kindMarker)
	if err == nil {
		err = r.close()
	}
	if err != nil {
		return corrupt(markerKey, err)
	}
	return nil
}

// checkMarked reports a lost marker. It is written after the first manifest and
// before anything else.
func (s *scanner) checkMarked() error {
	used := s.history.count > 0 || s.decided != nil || s.leftOpen != nil || s.stale || s.manifest.generation > 0
	if used && !s.marked {
		return corrupt(markerKey, errMissing)
	}
	return nil
}

// readHeads reads the heads of the checkpoint.
func (s *scanner) readHeads(ctx context.Context, size uint64) error {
	c := &s.manifest.checkpoint
	first := c.next
	if len(c.heads) > 0 {
		first = c.heads[0].first
	}
	s.history = newHistory(size, first)
	for _, h := range c.heads {
		heads, err := s.db.heads(ctx, h)
		if err != nil {
			return err
		}
		for _, head := range heads {
			s.history.append(head)
		}
	}
	s.link = c.link
	return nil
}

// batchRecords and batchBytes are how much is read ahead while records are
// applied.
const (
	batchRecords = 512
	batchBytes   = 8 << 20
)

// readRecords reads the records after the checkpoint, and applies them in
// batches, in order, while it reads on. Apply may be nil.
func (s *scanner) readRecords(ctx context.Context, apply func(context.Context, []*record) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := make(chan []*record, 1)
	var readErr error
	go func() {
		defer close(batches)
		readErr = s.readBatches(ctx, func(batch []*record) bool {
			select {
			case batches <- batch:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	var applyErr error
	for batch := range batches {
		if apply == nil || applyErr != nil {
			continue
		}
		if applyErr = apply(ctx, batch); applyErr != nil {
			stop()
		}
	}
	if applyErr != nil {
		return applyErr
	}
	return readErr
}

// readBatches reads records until one is missing, or emit returns false.
func (s *scanner) readBatches(ctx context.Context, emit func([]*record) bool) error {
	var batch []*record
	size := 0
	done := func() error {
		if len(batch) > 0 && !emit(batch) {
			return ctx.Err()
		}
		batch, size = nil, 0
		return nil
	}
	for seq := s.manifest.checkpoint.next; seq < math.MaxUint64; seq++ {
		rec, err := s.next(ctx, seq)
		if err != nil {
			return errors.Join(done(), err)
		}
		if rec == nil {
			return done()
		}
		batch, size = append(batch, rec), size+len(rec.value)
		if len(batch) == batchRecords || size >= batchBytes {
			if err := done(); err != nil {
				return err
			}
		}
		if n := s.history.count; n%progressEvery == 0 {
			s.logger.Info("committer: reading sessions", "sessions", n)
		}
	}
	return done()
}

// next reads the record of the next session, with its final, and takes it over.
// It returns nil where the history ends.
func (s *scanner) next(ctx context.Context, seq uint64) (*record, error) {
	epoch := s.manifest.epochOf(seq)
	rec, err := s.db.record(ctx, epoch, seq)
	if err != nil {
		return nil, err
	}
	key := recordKey(epoch, seq)
	if rec == nil {
		return nil, s.nothingAfter(ctx, seq, key, finalKey(epoch, seq))
	}
	if err := s.manifest.checkRecord(rec, s.link); err != nil {
		return nil, corrupt(key, err)
	}
	finalValue, err := s.db.final(ctx, rec)
	if err != nil {
		return nil, err
	}
	if rec.decided {
		s.decided = rec
		return nil, s.nothingAfter(ctx, seq, finalKey(epoch, seq))
	}
	s.prev, s.link = rec, linkAfter(rec.value, finalValue)
	s.since += uint64(len(rec.value))
	s.history.append(rec.session())
	return rec, nil
}

// nothingAfter checks that a missing value was not written yet: what is only
// written after it must be missing too.
func (s *scanner) nothingAfter(ctx context.Context, seq uint64, missing string, after ...string) error {
	if from := s.manifest.epochs[len(s.manifest.epochs)-1].from; seq < from {
		return corrupt(missing, fmt.Errorf("it is missing, but the manifest says that there are %d sessions", from))
	}
	for _, key := range append(after, recordKey(s.manifest.epochOf(seq+1), seq+1)) {
		value, err := s.db.get(ctx, key)
		if err != nil {
			return err
		}
		if value != nil {
			return corrupt(missing, fmt.Errorf("it is missing, but there is %s", key))
		}
	}
	return nil
}

// checkRecord checks what can be told without the stores.
func (m *manifest) checkRecord(rec *record, follows link) error {
	if rec.link != follows {
		return errors.New("it does not follow the record before it")
	}
	if err := checkKey(rec.key); err != nil {
		return err
	}
	for i, part := range rec.parts {
		if i > 0 && rec.parts[i-1].name >= part.name {
			return fmt.Errorf("%q is out of order", part.name)
		}
		if kind, known := m.kindOf(part.name, rec.seq); !known || kind != part.kind {
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

func describeKind(k merkle.Kind) string {
	if k == merkle.Store {
		return "a store"
	}
	return "an external"
}

// final reads the final of a decided record and adds it to the record. It
// returns nil if there is none, or the record needs none.
func (d database) final(ctx context.Context, rec *record) ([]byte, error) {
	if !rec.decided {
		return nil, nil
	}
	key := finalKey(rec.epoch, rec.seq)
	value, err := d.get(ctx, key)
	if err != nil || value == nil {
		return nil, err
	}
	f, err := decodeFinal(value)
	if err == nil && (f.epoch != rec.epoch || f.seq != rec.seq || f.record != linkAfter(rec.value, nil)) {
		err = fmt.Errorf("it does not belong to %s", recordKey(rec.epoch, rec.seq))
	}
	if err == nil {
		err = rec.finish(f)
	}
	if err == nil {
		err = checkID(rec)
	}
	if err != nil {
		return nil, corrupt(key, err)
	}
	return value, nil
}

// readPending finds a session that a crash left open. An entry of a session
// that is over is stale: the session was committed and its entry could not be
// deleted, or a writer that had lost the KV to another wrote it.
func (s *scanner) readPending(ctx context.Context) error {
	value, err := s.db.get(ctx, pendingKey)
	if err != nil || value == nil {
		return err
	}
	p, err := decodePending(value)
	epoch, next := s.manifest.epoch(), s.history.count
	if err == nil {
		err = p.check(epoch, next)
	}
	switch {
	case err != nil:
		return corrupt(pendingKey, err)
	case p.over(epoch, next):
		s.stale = true
	case s.decided == nil: // else the record says more
		s.leftOpen = p
	}
	return nil
}
