package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/internal/format"
	"github.com/gencommittable/gencommittable/kv"
)

// Record is the record of a session, with its bytes.
type Record struct {
	format.Record
	Value  []byte // the encoded record
	Stored []byte // the value under the record's key: Value, or the header of a split record

	pieces [][]byte // of Value, if it is to be split
}

// Seal encodes rec and sets Value and Stored. The error is a limit error.
func (d *DB) Seal(rec *Record) error {
	rec.Value = rec.Encode()
	rec.Stored = rec.Value
	if len(rec.Value) > format.MaxRecord {
		return d.errors.Limit("the record of the session", len(rec.Value), format.MaxRecord)
	}
	limit := d.maxValue()
	if len(rec.Value) <= limit {
		return nil
	}
	for rest := rec.Value; len(rest) > 0; {
		piece := rest[:min(limit-format.SplitOverhead, len(rest))]
		rest = rest[len(piece):]
		rec.pieces = append(rec.pieces, piece)
	}
	return nil
}

// RecordWriter writes records, the pieces of a split record before it. It is not
// safe for concurrent use.
type RecordWriter struct {
	db      *DB
	attempt *Record // the record whose pieces were written last, unless it is committed
}

// NewRecordWriter returns a writer of records to d.
func NewRecordWriter(d *DB) *RecordWriter { return &RecordWriter{db: d} }

// Write writes a sealed record. With endsSession and Batches it also deletes the
// pending entry, in the same write. After an error of the KV it is not known
// whether the record is written.
func (w *RecordWriter) Write(ctx context.Context, rec *Record, endsSession bool) error {
	if len(rec.pieces) > 0 {
		first, err := w.writePieces(ctx, rec)
		if err != nil {
			return err
		}
		split := format.Split{
			Epoch: rec.Epoch, Seq: rec.Seq, First: first, Pieces: uint64(len(rec.pieces)),
			Size: uint64(len(rec.Value)), Hash: format.HashOf(rec.Value),
		}
		rec.Stored = split.Encode()
	}
	key := format.RecordKey(rec.Epoch, rec.Seq)
	if endsSession && w.db.Batches() {
		return w.db.supports.Batcher.Batch(ctx, []kv.Op{
			{Key: []byte(key), Value: rec.Stored},
			{Key: []byte(format.PendingKey), Delete: true},
		})
	}
	return w.db.create(ctx, key, rec.Stored)
}

// Committed is called when the last record that was written is committed.
func (w *RecordWriter) Committed() { w.attempt = nil }

// writePieces writes the pieces of a record and returns the number of the first.
//
// On a shared KV pieces are created under numbers that no writer has taken.
// Pieces of a crashed or cancelled session stay there until the record of the
// same sequence is deleted. Elsewhere pieces are numbered from 0, and those of a
// crashed session are deleted by Load.
func (w *RecordWriter) writePieces(ctx context.Context, rec *Record) (first uint64, err error) {
	d := w.db
	if w.attempt != nil && w.attempt != rec && !d.Shared() {
		// A session with this sequence was cancelled after its pieces were written.
		if err := d.DeletePieces(ctx, rec.Epoch, rec.Seq); err != nil {
			return 0, err
		}
		w.attempt = nil
	}
	number := uint64(0)
	for i := 0; i < len(rec.pieces); {
		w.attempt = rec
		piece := format.Piece{Epoch: rec.Epoch, Seq: rec.Seq, N: number, Bytes: rec.pieces[i]}
		err := d.create(ctx, format.PieceKey(rec.Epoch, rec.Seq, number), piece.Encode())
		number++
		switch {
		case errors.Is(err, d.errors.Fenced): // the number is taken
			first, i = number, 0
		case err != nil:
			return 0, err
		default:
			i++
		}
	}
	return first, nil
}

// CreateOutcome writes the outcome of a session.
func (d *DB) CreateOutcome(ctx context.Context, epoch, seq uint64, value []byte) error {
	return d.create(ctx, format.OutcomeKey(epoch, seq), value)
}

// Record reads a record and joins its pieces. It returns nil if the record is
// absent.
func (d *DB) Record(ctx context.Context, epoch, seq uint64) (*Record, error) {
	key := format.RecordKey(epoch, seq)
	stored, err := d.Get(ctx, key)
	if err != nil || stored == nil {
		return nil, err
	}
	rec := &Record{Value: stored, Stored: stored}
	if format.KindOf(stored) == format.KindSplit {
		if rec.Value, err = d.join(ctx, key, stored, epoch, seq); err != nil {
			return nil, err
		}
	}
	rec.Record, err = format.DecodeRecord(rec.Value)
	if err == nil && (rec.Epoch != epoch || rec.Seq != seq) {
		err = fmt.Errorf("it is the record of session %d of epoch %d", rec.Seq, rec.Epoch)
	}
	if err != nil {
		return nil, d.corrupt(key, err)
	}
	return rec, nil
}

// join reads the pieces of a split record and returns the encoded record.
func (d *DB) join(ctx context.Context, key string, stored []byte, epoch, seq uint64) ([]byte, error) {
	split, err := format.DecodeSplit(stored)
	if err != nil {
		return nil, d.corrupt(key, err)
	}
	if split.Epoch != epoch || split.Seq != seq {
		return nil, d.corrupt(key, fmt.Errorf("it is the record of session %d of epoch %d", split.Seq, split.Epoch))
	}
	if max(split.First, split.Pieces) > format.MaxCount {
		return nil, d.corrupt(key, errors.New("it has too many pieces"))
	}
	var whole bytes.Buffer
	for n := split.First; n < split.First+split.Pieces; n++ {
		piece, err := d.piece(ctx, epoch, seq, n)
		if err != nil {
			return nil, err
		}
		whole.Write(piece)
	}
	if uint64(whole.Len()) != split.Size || format.HashOf(whole.Bytes()) != split.Hash {
		return nil, d.corrupt(key, errors.New("its pieces are not those that were written"))
	}
	return whole.Bytes(), nil
}

func (d *DB) piece(ctx context.Context, epoch, seq, n uint64) ([]byte, error) {
	key := format.PieceKey(epoch, seq, n)
	value, err := d.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, d.corrupt(key, errMissing)
	}
	p, err := format.DecodePiece(value)
	if err == nil && (p.Epoch != epoch || p.Seq != seq || p.N != n) {
		err = fmt.Errorf("it is piece %d of session %d of epoch %d", p.N, p.Seq, p.Epoch)
	}
	if err != nil {
		return nil, d.corrupt(key, err)
	}
	return p.Bytes, nil
}

// Outcome reads the outcome of a decided record and adds it to the record. It
// returns no value if the outcome is absent, or if the record needs none.
func (d *DB) Outcome(ctx context.Context, rec *Record) ([]byte, error) {
	if !rec.Decided {
		return nil, nil
	}
	key := format.OutcomeKey(rec.Epoch, rec.Seq)
	value, err := d.Get(ctx, key)
	if err != nil || value == nil {
		return nil, err
	}
	o, err := format.DecodeOutcome(value)
	if err == nil && (o.Epoch != rec.Epoch || o.Seq != rec.Seq || o.Record != format.HashOf(rec.Value)) {
		err = fmt.Errorf("it does not belong to %s", format.RecordKey(rec.Epoch, rec.Seq))
	}
	if err == nil {
		err = rec.Finish(o)
	}
	if err == nil {
		err = rec.CheckID()
	}
	if err != nil {
		return nil, d.corrupt(key, err)
	}
	return value, nil
}
