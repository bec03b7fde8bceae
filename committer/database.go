package committer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// database is the KV as the MultiCommitter uses it.
type database struct {
	kv       kv.KV
	supports kv.Capabilities // set by open
}

// open resolves what the KV supports. Nothing is read or written.
func (d *database) open(ctx context.Context) error {
	d.supports = kv.Resolve(ctx, d.kv)
	if limit := d.maxValue(); limit < minValue {
		return fmt.Errorf("committer: the KV accepts values of up to %d bytes, and must accept %d", limit, minValue)
	}
	return nil
}

// minValue is the least that a KV must take as a value: an idempotency key and
// a manifest must fit.
const minValue = 16 << 10

// maxValue returns the longest value that the KV takes.
func (d database) maxValue() int {
	if d.supports.MaxValue > 0 {
		return d.supports.MaxValue
	}
	return MaxRecord
}

// get reads a value, nil if it is absent.
func (d database) get(ctx context.Context, key string) ([]byte, error) {
	value, err := d.kv.Get(ctx, []byte(key))
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("committer: read %s: %w", key, err)
	case value == nil:
		return []byte{}, nil
	}
	return value, nil
}

// set writes a value that fits.
func (d database) set(ctx context.Context, key string, value []byte) error {
	if limit := d.maxValue(); len(value) > limit {
		return &LimitError{What: key, Size: len(value), Max: limit}
	}
	if err := d.kv.Set(ctx, []byte(key), value); err != nil {
		return fmt.Errorf("committer: write %s: %w", key, err)
	}
	return nil
}

// sync puts everything written so far on stable storage. It is not given up when
// ctx ends: a Sync without an answer closes the KV for everybody.
func (d database) sync(ctx context.Context) error {
	if s := d.supports.Syncer; s != nil {
		if err := s.Sync(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
	}
	return nil
}

// deleteBatch is how many keys are deleted at a time where the KV has Batch.
const deleteBatch = 256

// deleter deletes many keys.
type deleter struct {
	database
	ops []kv.Op
}

func (d *deleter) delete(ctx context.Context, key string) error {
	if d.supports.Batcher == nil {
		if err := d.kv.Delete(ctx, []byte(key)); err != nil {
			return fmt.Errorf("committer: delete %s: %w", key, err)
		}
		return nil
	}
	d.ops = append(d.ops, kv.Op{Key: []byte(key), Delete: true})
	if len(d.ops) < deleteBatch {
		return nil
	}
	return d.flush(ctx)
}

// flush deletes what is still waiting.
func (d *deleter) flush(ctx context.Context) error {
	if len(d.ops) == 0 {
		return nil
	}
	if err := d.supports.Batcher.Batch(ctx, d.ops); err != nil {
		return fmt.Errorf("committer: delete %s and %d more: %w", d.ops[0].Key, len(d.ops)-1, err)
	}
	d.ops = d.ops[:0]
	return nil
}

// deleteLeftovers deletes what a manifest lists, the newest of a kind first: a
// crash on the way leaves no gap that would hide the rest.
func (d database) deleteLeftovers(ctx context.Context, leftovers []leftover) error {
	del := &deleter{database: d}
	for _, l := range leftovers {
		to := l.to
		if to == 0 {
			var err error
			if to, err = d.firstMissing(ctx, l); err != nil {
				return err
			}
		}
		for n := to; n > l.from; n-- {
			for _, key := range l.keys(n - 1) {
				if err := del.delete(ctx, key); err != nil {
					return err
				}
			}
			if l.what == leftoverRecords {
				if err := d.deleteParts(ctx, del, l.number, n-1); err != nil {
					return err
				}
			}
		}
		// Each list on its own, so that the next one finds it done.
		if err := del.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keys returns the keys of number n in the range.
func (l leftover) keys(n uint64) []string {
	switch l.what {
	case leftoverChunks:
		return []string{chunkKey(l.number, l.store, n)}
	case leftoverHeads:
		return []string{headsKey(l.number, n)}
	default:
		return []string{recordKey(l.number, n), finalKey(l.number, n)}
	}
}

// firstMissing counts the keys of a range whose end is not known.
func (d database) firstMissing(ctx context.Context, l leftover) (uint64, error) {
	for n := l.from; ; n++ {
		value, err := d.get(ctx, l.keys(n)[0])
		if err != nil || value == nil {
			return n, err
		}
	}
}

// deleteParts deletes the parts of a record, if the KV is one that needs them.
func (d database) deleteParts(ctx context.Context, del *deleter, epoch, seq uint64) error {
	if d.supports.MaxValue == 0 {
		return nil
	}
	var count uint64
	for ; ; count++ {
		value, err := d.get(ctx, partKey(epoch, seq, count))
		if err != nil {
			return err
		}
		if value == nil {
			break
		}
	}
	for ; count > 0; count-- {
		if err := del.delete(ctx, partKey(epoch, seq, count-1)); err != nil {
			return err
		}
	}
	return nil
}

// partOverhead is what a part has besides its piece of the record, at most.
const partOverhead = 64

// split cuts a record that is too long for one value into pieces, none if it is
// not.
func (d database) split(rec *record) (pieces [][]byte) {
	limit := d.maxValue()
	rec.stored = rec.value
	if len(rec.value) <= limit {
		return nil
	}
	size := limit - partOverhead
	for rest := rec.value; len(rest) > 0; {
		piece := rest[:min(size, len(rest))]
		rest = rest[len(piece):]
		pieces = append(pieces, piece)
	}
	return pieces
}

// sealPart is the value of a part.
func sealPart(epoch, seq, number uint64, piece []byte) []byte {
	w := newWriter(kindPart, len(piece)+partOverhead)
	w.uints(epoch, seq, number)
	w.bytes(piece)
	return w.seal()
}

// header is the value that stands for a record in so many parts.
func (rec *record) header(first uint64, parts int) []byte {
	hash := sha256.Sum256(rec.value)
	w := newWriter(kindSplit, partOverhead)
	w.uints(rec.epoch, rec.seq, first, uint64(parts), uint64(len(rec.value)))
	w.fixed(hash[:])
	return w.seal()
}

// record reads a record and joins its parts, nil if it is absent.
func (d database) record(ctx context.Context, epoch, seq uint64) (*record, error) {
	key := recordKey(epoch, seq)
	stored, err := d.get(ctx, key)
	if err != nil || stored == nil {
		return nil, err
	}
	value := stored
	if len(stored) > 1 && kind(stored[1]) == kindSplit {
		if value, err = d.join(ctx, key, stored, epoch, seq); err != nil {
			return nil, err
		}
	}
	rec, err := decodeRecord(value)
	if err == nil && (rec.epoch != epoch || rec.seq != seq) {
		err = fmt.Errorf("it is the record of session %d in epoch %d", rec.seq, rec.epoch)
	}
	if err != nil {
		return nil, corrupt(key, err)
	}
	rec.stored = stored
	return rec, nil
}

// join puts the parts of a record together.
func (d database) join(ctx context.Context, key string, stored []byte, epoch, seq uint64) ([]byte, error) {
	r, err := openValue(stored, kindSplit)
	if err != nil {
		return nil, corrupt(key, err)
	}
	ofEpoch, ofSeq, first, count, size, hash := r.uint(), r.uint(), r.uint(), r.uint(), r.uint(), r.link()
	if err := r.close(); err != nil {
		return nil, corrupt(key, err)
	}
	if ofEpoch != epoch || ofSeq != seq {
		return nil, corrupt(key, fmt.Errorf("it is the record of session %d in epoch %d", ofSeq, ofEpoch))
	}
	if max(first, count) > maxCount {
		return nil, corrupt(key, errors.New("its parts are too many"))
	}
	var whole bytes.Buffer
	for n := first; n < first+count; n++ {
		key := partKey(epoch, seq, n)
		piece, err := d.part(ctx, key, epoch, seq, n)
		if err != nil {
			return nil, err
		}
		whole.Write(piece)
	}
	if uint64(whole.Len()) != size || sha256.Sum256(whole.Bytes()) != hash {
		return nil, corrupt(key, errors.New("its parts are not those that were written"))
	}
	return whole.Bytes(), nil
}

func (d database) part(ctx context.Context, key string, epoch, seq, n uint64) ([]byte, error) {
	value, err := d.get(ctx, key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, corrupt(key, errMissing)
	}
	r, err := openValue(value, kindPart)
	if err != nil {
		return nil, corrupt(key, err)
	}
	ofEpoch, ofSeq, number, piece := r.uint(), r.uint(), r.uint(), r.bytes()
	if err := r.close(); err != nil {
		return nil, corrupt(key, err)
	}
	if ofEpoch != epoch || ofSeq != seq || number != n {
		return nil, corrupt(key, fmt.Errorf("it is part %d of session %d in epoch %d", number, ofSeq, ofEpoch))
	}
	return piece, nil
}

var errMissing = errors.New("it is missing")

func corrupt(key string, err error) error {
	return &CorruptError{Key: key, Reason: err.Error()}
}
