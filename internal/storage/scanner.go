package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/gencommittable/gencommittable/internal/format"
)

// progressEvery is how many sessions are read between two lines in the log.
const progressEvery = 10_000

// Scanner reads a database without its stores: the manifest, the headers, the
// records until one is missing, the pending entry. It writes nothing. Its fields
// are what was read so far.
type Scanner struct {
	Manifest *format.Manifest
	Fresh    bool // there is no database yet
	Marked   bool // the marker is there
	History  *History
	Prev     *Record         // of the last session, nil if its record is not kept
	PrevHash format.Hash     // for the next record
	Since    uint64          // bytes of the records after the checkpoint
	Decided  *Record         // a session without an outcome
	LeftOpen *format.Pending // a session that a crash left open
	Obsolete bool            // the pending entry is that of a session that is over

	db     *DB
	logger *slog.Logger
}

// Scanner returns a scanner of d. It logs the progress of long reads.
func (d *DB) Scanner(logger *slog.Logger) *Scanner { return &Scanner{db: d, logger: logger} }

// Scan reads everything.
func (s *Scanner) Scan(ctx context.Context) error {
	if err := s.ReadManifest(ctx); err != nil {
		return err
	}
	if err := s.ReadHeaders(ctx, s.Manifest.History); err != nil {
		return err
	}
	if err := s.ReadRecords(ctx, nil); err != nil {
		return err
	}
	if err := s.ReadPending(ctx); err != nil {
		return err
	}
	return s.CheckMarker()
}

// ReadManifest reads the manifest and the marker. The manifest of an empty KV is
// empty; in a KV with other values, a missing manifest is an error.
func (s *Scanner) ReadManifest(ctx context.Context) error {
	marker, err := s.db.Get(ctx, format.MarkerKey)
	if err != nil {
		return err
	}
	value, err := s.db.Get(ctx, format.ManifestKey)
	if err != nil {
		return err
	}
	if marker != nil {
		if err := format.CheckMarker(marker); err != nil {
			return s.db.corrupt(format.MarkerKey, err)
		}
		s.Marked = true
	}
	if value != nil {
		if s.Manifest, err = format.DecodeManifest(value); err != nil {
			return s.db.corrupt(format.ManifestKey, err)
		}
		return nil
	}
	for _, key := range []string{format.MarkerKey, format.PendingKey, format.RecordKey(0, 0)} {
		value, err := s.db.Get(ctx, key)
		if err != nil {
			return err
		}
		if value != nil {
			return s.db.corrupt(format.ManifestKey, fmt.Errorf("it is missing, but %s exists", key))
		}
	}
	s.Fresh = true
	s.Manifest = format.NewManifest()
	return nil
}

// CheckMarker reports a lost marker: it is written after the first manifest and
// before anything else. Call it after everything was read.
func (s *Scanner) CheckMarker() error {
	used := s.History.Count() > 0 || s.Decided != nil || s.LeftOpen != nil || s.Obsolete || s.Manifest.Generation > 0
	if used && !s.Marked {
		return s.db.corrupt(format.MarkerKey, errMissing)
	}
	return nil
}

// ReadHeaders reads the headers of the checkpoint into a history that retains
// size sessions.
func (s *Scanner) ReadHeaders(ctx context.Context, size uint64) error {
	c := &s.Manifest.Checkpoint
	first := c.Next
	if len(c.Headers) > 0 {
		first = c.Headers[0].First
	}
	s.History = NewHistory(size, first)
	for _, ref := range c.Headers {
		headers, err := s.db.Headers(ctx, ref)
		if err != nil {
			return err
		}
		for _, h := range headers {
			s.History.Append(h)
		}
	}
	s.PrevHash = c.PrevHash
	return nil
}

// batchRecords and batchBytes bound the records that are read ahead while others
// are applied.
const (
	batchRecords = 512
	batchBytes   = 8 << 20
)

// ReadRecords reads the records after the checkpoint. It calls apply, unless it
// is nil, with batches of them, in order, and reads on meanwhile.
func (s *Scanner) ReadRecords(ctx context.Context, apply func(context.Context, []*Record) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := make(chan []*Record, 1)
	var readErr error
	go func() {
		defer close(batches)
		readErr = s.readBatches(ctx, func(batch []*Record) bool {
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

// readBatches reads records until one is missing or emit returns false.
func (s *Scanner) readBatches(ctx context.Context, emit func([]*Record) bool) error {
	var batch []*Record
	size := 0
	done := func() error {
		if len(batch) > 0 && !emit(batch) {
			return ctx.Err()
		}
		batch, size = nil, 0
		return nil
	}
	for seq := s.Manifest.Checkpoint.Next; seq < math.MaxUint64; seq++ {
		rec, err := s.next(ctx, seq)
		if err != nil {
			return errors.Join(done(), err)
		}
		if rec == nil {
			return done()
		}
		batch, size = append(batch, rec), size+len(rec.Value)
		if len(batch) == batchRecords || size >= batchBytes {
			if err := done(); err != nil {
				return err
			}
		}
		if n := s.History.Count(); n%progressEvery == 0 {
			s.logger.InfoContext(ctx, "reading sessions", "sessions", n)
		}
	}
	return done()
}

// next reads the record of session seq and its outcome, and adds them to what
// was read. It returns nil where the history ends.
func (s *Scanner) next(ctx context.Context, seq uint64) (*Record, error) {
	epoch := s.Manifest.EpochOf(seq)
	rec, err := s.db.Record(ctx, epoch, seq)
	if err != nil {
		return nil, err
	}
	key := format.RecordKey(epoch, seq)
	if rec == nil {
		return nil, s.checkEnd(ctx, seq, key, format.OutcomeKey(epoch, seq))
	}
	if err := s.Manifest.CheckRecord(&rec.Record, s.PrevHash); err != nil {
		return nil, s.db.corrupt(key, err)
	}
	outcome, err := s.db.Outcome(ctx, rec)
	if err != nil {
		return nil, err
	}
	if rec.Decided {
		s.Decided = rec
		return nil, s.checkEnd(ctx, seq, format.OutcomeKey(epoch, seq))
	}
	s.Prev, s.PrevHash = rec, format.ChainHash(rec.Value, outcome)
	s.Since += uint64(len(rec.Value))
	s.History.Append(rec.Header())
	return rec, nil
}

// checkEnd checks that a missing value of session seq was never written: the
// values that are written after it must be missing too.
func (s *Scanner) checkEnd(ctx context.Context, seq uint64, missing string, after ...string) error {
	if from := s.Manifest.Epochs[len(s.Manifest.Epochs)-1].From; seq < from {
		return s.db.corrupt(missing, fmt.Errorf("it is missing, but the manifest says that there are %d sessions", from))
	}
	for _, key := range append(after, format.RecordKey(s.Manifest.EpochOf(seq+1), seq+1)) {
		value, err := s.db.Get(ctx, key)
		if err != nil {
			return err
		}
		if value != nil {
			return s.db.corrupt(missing, fmt.Errorf("it is missing, but %s exists", key))
		}
	}
	return nil
}

// ReadPending reads the pending entry. It is obsolete if its session is
// committed and the entry could not be deleted, or if a writer wrote it that had
// lost the KV to another one.
func (s *Scanner) ReadPending(ctx context.Context) error {
	value, err := s.db.Get(ctx, format.PendingKey)
	if err != nil || value == nil {
		return err
	}
	p, err := format.DecodePending(value)
	epoch, next := s.Manifest.Epoch(), s.History.Count()
	if err == nil {
		err = p.Check(epoch, next)
	}
	switch {
	case err != nil:
		return s.db.corrupt(format.PendingKey, err)
	case p.Obsolete(epoch, next):
		s.Obsolete = true
	case s.Decided == nil: // otherwise the record says more
		s.LeftOpen = p
	}
	return nil
}
