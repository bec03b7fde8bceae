package committer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/gencommittable/gencommittable/merkle"
)

// chunk is a piece of the rows of a store in a checkpoint. Each carries the
// hash of the one before, and the manifest has that of the last one. What a
// store yields as one chunk can be several values in the KV; all but the last
// of them say that there is more.
type chunk struct {
	generation uint64
	store      string
	n          uint64
	before     link // SHA-256 of the value of the chunk before; zero for the first
	more       bool
	rows       []byte
}

// chunkOverhead is what a chunk has besides its rows, at most.
const chunkOverhead = 160

func (c *chunk) encode() []byte {
	w := newWriter(kindChunk, len(c.rows)+chunkOverhead)
	w.uint(c.generation)
	w.bytes([]byte(c.store))
	w.uint(c.n)
	w.fixed(c.before[:])
	w.bool(c.more)
	w.bytes(c.rows)
	return w.seal()
}

// decodeChunk reads a chunk. The result shares the value's memory.
func decodeChunk(value []byte) (*chunk, error) {
	r, err := openValue(value, kindChunk)
	if err != nil {
		return nil, err
	}
	c := &chunk{generation: r.uint(), store: string(r.bytes()), n: r.uint(), before: r.link(), more: r.bool(), rows: r.bytes()}
	return c, r.close()
}

// chunkWriter writes the rows of one store.
type chunkWriter struct {
	db         database
	generation uint64
	image      image
	size       uint64 // bytes of the rows so far
}

// write writes what a store yielded as one chunk.
func (w *chunkWriter) write(ctx context.Context, rows []byte) error {
	limit := w.db.maxValue() - chunkOverhead
	for first := true; first || len(rows) > 0; first = false {
		c := chunk{generation: w.generation, store: w.image.store, n: w.image.chunks, before: w.image.link}
		c.rows = rows[:min(limit, len(rows))]
		rows = rows[len(c.rows):]
		c.more = len(rows) > 0
		value := c.encode()
		if err := w.db.set(ctx, chunkKey(c.generation, c.store, c.n), value); err != nil {
			return err
		}
		w.image.chunks++
		w.image.link = sha256.Sum256(value)
		w.size += uint64(len(c.rows))
	}
	return nil
}

// chunks yields the rows of an image as the store yielded them.
func (d database) chunks(ctx context.Context, generation uint64, i image) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var before link
		var rows []byte
		for n := range i.chunks {
			key := chunkKey(generation, i.store, n)
			c, hash, err := d.chunk(ctx, key)
			switch {
			case err != nil:
			case c.generation != generation || c.store != i.store || c.n != n:
				err = corrupt(key, fmt.Errorf("it is chunk %d of store %q in generation %d", c.n, c.store, c.generation))
			case c.before != before:
				err = corrupt(key, errors.New("it does not follow the chunk before it"))
			case n+1 == i.chunks && (hash != i.link || c.more):
				err = corrupt(key, errors.New("it is not the one that was written"))
			}
			if err != nil {
				yield(nil, err)
				return
			}
			before = hash
			rows = append(rows, c.rows...)
			if c.more {
				continue
			}
			if !yield(rows, nil) {
				return
			}
			rows = nil
		}
	}
}

func (d database) chunk(ctx context.Context, key string) (*chunk, link, error) {
	value, err := d.get(ctx, key)
	if err != nil {
		return nil, link{}, err
	}
	if value == nil {
		return nil, link{}, corrupt(key, errMissing)
	}
	c, err := decodeChunk(value)
	if err != nil {
		return nil, link{}, corrupt(key, err)
	}
	return c, sha256.Sum256(value), nil
}

// headsSize is when a value with heads is full, in bytes.
const headsSize = 64 << 10

// appendHead adds a session to a list of heads. Its sequence is its place.
func appendHead(w *writer, s *Session) {
	w.bytes(s.Key)
	w.fixed(s.ID[:])
	list(w, s.Parts, func(p Part) {
		w.bytes([]byte(p.Name))
		w.bytes(p.ID)
	})
}

func readHead(r *reader, seq uint64) Session {
	s := Session{Seq: seq, Key: clone(r.bytes()), Parts: []Part{}}
	copy(s.ID[:], r.fixed(uint64(len(s.ID))))
	for range r.elements() {
		s.Parts = append(s.Parts, Part{Name: string(r.bytes()), ID: clone(r.bytes())})
	}
	return s
}

// headsOverhead is what a value has besides the heads, at most.
const headsOverhead = 64

// writeHeads writes heads of sessions without gaps.
func (d database) writeHeads(ctx context.Context, generation uint64, heads []Session) ([]headsChunk, error) {
	var written []headsChunk
	limit := min(headsSize, d.maxValue())
	n := uint64(0)
	for len(heads) > 0 {
		body := newWriter(kindHeads, headsSize)
		count := 0
		for count < len(heads) {
			before := len(body.buf)
			if appendHead(body, &heads[count]); count > 0 && len(body.buf)+headsOverhead > limit {
				body.buf = body.buf[:before]
				break
			}
			count++
		}
		h := headsChunk{generation: generation, n: n, first: heads[0].Seq, count: uint64(count)}
		w := newWriter(kindHeads, len(body.buf)+32)
		w.uints(generation, n, h.first, h.count)
		w.fixed(body.buf[2:])
		value := w.seal()
		if err := d.set(ctx, headsKey(generation, n), value); err != nil {
			return nil, err
		}
		h.hash = sha256.Sum256(value)
		written = append(written, h)
		heads = heads[count:]
		n++
	}
	return written, nil
}

// heads reads the heads of a value that count.
func (d database) heads(ctx context.Context, h headsChunk) ([]Session, error) {
	key := headsKey(h.generation, h.n)
	value, err := d.get(ctx, key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, corrupt(key, errMissing)
	}
	if sha256.Sum256(value) != h.hash {
		err = errors.New("it is not the one that was written")
		if _, open := openValue(value, kindHeads); open != nil {
			err = open
		}
		return nil, corrupt(key, err)
	}
	heads, err := decodeHeads(value)
	if err == nil && (uint64(len(heads)) < h.count || heads[0].Seq != h.first) {
		err = errors.New("it has other sessions than the manifest says")
	}
	if err != nil {
		return nil, corrupt(key, err)
	}
	return slices.Clip(heads[:h.count]), nil
}

func decodeHeads(value []byte) ([]Session, error) {
	r, err := openValue(value, kindHeads)
	if err != nil {
		return nil, err
	}
	_, _, first := r.uint(), r.uint(), r.uint()
	var heads []Session
	for range r.elements() {
		heads = append(heads, readHead(r, first+uint64(len(heads))))
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	for i := range heads {
		if err := checkHead(&heads[i]); err != nil {
			return nil, fmt.Errorf("session %d: %w", heads[i].Seq, err)
		}
	}
	return heads, nil
}

// checkHead tells what no session has. The ID is not recomputed: a head does not
// say which parts are stores.
func checkHead(s *Session) error {
	for i, p := range s.Parts {
		if err := merkle.CheckName(p.Name); err != nil {
			return err
		}
		if i > 0 && s.Parts[i-1].Name >= p.Name {
			return fmt.Errorf("%q is out of order", p.Name)
		}
	}
	return checkKey(s.Key)
}

// checkKey tells why a session cannot have an idempotency key.
func checkKey(key []byte) error {
	switch {
	case len(key) == 0:
		return errors.New("its idempotency key is empty")
	case len(key) > MaxKey:
		return fmt.Errorf("its idempotency key has %d bytes, the limit is %d", len(key), MaxKey)
	}
	return nil
}

// sameHead tells whether two heads say the same.
func sameHead(a, b *Session) bool {
	return a.Seq == b.Seq && a.ID == b.ID && bytes.Equal(a.Key, b.Key) && slices.EqualFunc(a.Parts, b.Parts, func(p, q Part) bool {
		return p.Name == q.Name && bytes.Equal(p.ID, q.ID)
	})
}
