package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/gencommittable/gencommittable/internal/format"
)

// ImageWriter writes the rows of one store as chunks of a checkpoint.
type ImageWriter struct {
	db         *DB
	generation uint64
	image      format.Image
	size       uint64
}

// NewImageWriter returns a writer of the rows of a store.
func (d *DB) NewImageWriter(generation uint64, store string) *ImageWriter {
	return &ImageWriter{db: d, generation: generation, image: format.Image{Store: store}}
}

// Image returns what refers to the chunks written so far.
func (w *ImageWriter) Image() format.Image { return w.image }

// Size returns the bytes of rows written so far.
func (w *ImageWriter) Size() uint64 { return w.size }

// Write writes rows that a store yielded as one chunk.
func (w *ImageWriter) Write(ctx context.Context, rows []byte) error {
	limit := w.db.maxValue() - format.ChunkOverhead
	for first := true; first || len(rows) > 0; first = false {
		c := format.Chunk{Generation: w.generation, Store: w.image.Store, N: w.image.Chunks, PrevHash: w.image.LastHash}
		c.Rows = rows[:min(limit, len(rows))]
		rows = rows[len(c.Rows):]
		c.More = len(rows) > 0
		value := c.Encode()
		if err := w.db.set(ctx, format.ChunkKey(c.Generation, c.Store, c.N), value); err != nil {
			return err
		}
		w.image.Chunks++
		w.image.LastHash = format.HashOf(value)
		w.size += uint64(len(c.Rows))
	}
	return nil
}

// Chunks yields the rows of an image, in the chunks that the store yielded.
func (d *DB) Chunks(ctx context.Context, generation uint64, i format.Image) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var prev format.Hash
		var rows []byte
		for n := range i.Chunks {
			key := format.ChunkKey(generation, i.Store, n)
			c, hash, err := d.chunk(ctx, key)
			switch {
			case err != nil:
			case c.Generation != generation || c.Store != i.Store || c.N != n:
				err = d.corrupt(key, fmt.Errorf("it is chunk %d of store %q in generation %d", c.N, c.Store, c.Generation))
			case c.PrevHash != prev:
				err = d.corrupt(key, errors.New("it does not follow the chunk before it"))
			case n+1 == i.Chunks && (hash != i.LastHash || c.More):
				err = d.corrupt(key, errOther)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			prev = hash
			rows = append(rows, c.Rows...)
			if c.More {
				continue
			}
			if !yield(rows, nil) {
				return
			}
			rows = nil
		}
	}
}

func (d *DB) chunk(ctx context.Context, key string) (*format.Chunk, format.Hash, error) {
	value, err := d.Get(ctx, key)
	if err != nil {
		return nil, format.Hash{}, err
	}
	if value == nil {
		return nil, format.Hash{}, d.corrupt(key, errMissing)
	}
	c, err := format.DecodeChunk(value)
	if err != nil {
		return nil, format.Hash{}, d.corrupt(key, err)
	}
	return c, format.HashOf(value), nil
}

// WriteHeaders writes headers with consecutive sequences, and returns what
// refers to them.
func (d *DB) WriteHeaders(ctx context.Context, generation uint64, headers []format.Header) ([]format.HeadersRef, error) {
	var refs []format.HeadersRef
	for n := uint64(0); len(headers) > 0; n++ {
		value, count := format.EncodeHeaders(generation, n, headers, format.HeadersLimit(d.maxValue()))
		if err := d.set(ctx, format.HeadersKey(generation, n), value); err != nil {
			return nil, err
		}
		refs = append(refs, format.HeadersRef{
			Generation: generation, N: n, First: headers[0].Seq, Count: uint64(count), Hash: format.HashOf(value),
		})
		headers = headers[count:]
	}
	return refs, nil
}

// Headers reads the headers that ref refers to.
func (d *DB) Headers(ctx context.Context, ref format.HeadersRef) ([]format.Header, error) {
	key := format.HeadersKey(ref.Generation, ref.N)
	value, err := d.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, d.corrupt(key, errMissing)
	}
	if err := ref.CheckHash(value); err != nil {
		return nil, d.corrupt(key, err)
	}
	headers, err := format.DecodeHeaders(value)
	if err == nil && (uint64(len(headers)) < ref.Count || headers[0].Seq != ref.First) {
		err = errors.New("it has other sessions than the manifest says")
	}
	if err != nil {
		return nil, d.corrupt(key, err)
	}
	return slices.Clip(headers[:ref.Count]), nil
}
