package format

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/merkle"
)

// Header is the header of a committed session: its record without the journals.
type Header struct {
	Seq   uint64
	Key   []byte
	ID    merkle.ID    // the commit ID
	Parts []HeaderPart // sorted by name
}

// HeaderPart is the part of one committable in a header.
type HeaderPart struct {
	Name string
	ID   []byte
}

// Equal reports whether two headers have the same contents.
func (h *Header) Equal(other *Header) bool {
	return h.Seq == other.Seq && h.ID == other.ID && bytes.Equal(h.Key, other.Key) &&
		slices.EqualFunc(h.Parts, other.Parts, func(p, q HeaderPart) bool {
			return p.Name == q.Name && bytes.Equal(p.ID, q.ID)
		})
}

// check reports why h is not valid. The commit ID cannot be recomputed: a header
// does not have the kinds of its parts.
func (h *Header) check() error {
	for i, p := range h.Parts {
		if err := merkle.CheckName(p.Name); err != nil {
			return err
		}
		if i > 0 && h.Parts[i-1].Name >= p.Name {
			return fmt.Errorf("%q is out of order", p.Name)
		}
	}
	return CheckKey(h.Key)
}

// headersSize is the length of a full headers value, in bytes.
const headersSize = 64 << 10

// headersOverhead bounds what a headers value needs beyond the headers.
const headersOverhead = 64

// EncodeHeaders encodes as many of the headers, which have consecutive
// sequences, as a value of limit bytes has room for, at least one. It returns
// the value and how many headers are in it.
//
//	generation uint ‖ number uint ‖ first sequence uint
//	‖ [idempotency key bytes, commit ID 32 bytes, [name bytes, id bytes]]
func EncodeHeaders(generation, n uint64, headers []Header, limit int) (value []byte, count int) {
	body := newWriter(KindHeaders, headersSize)
	for count < len(headers) {
		before := len(body.buf)
		if body.header(&headers[count]); count > 0 && len(body.buf)+headersOverhead > limit {
			body.buf = body.buf[:before]
			break
		}
		count++
	}
	w := newWriter(KindHeaders, len(body.buf)+32)
	w.uints(generation, n, headers[0].Seq, uint64(count))
	w.fixed(body.buf[2:])
	return w.seal(), count
}

// HeadersLimit returns the limit for EncodeHeaders where values may have
// maxValue bytes.
func HeadersLimit(maxValue int) int { return min(headersSize, maxValue) }

func (w *writer) header(h *Header) {
	w.bytes(h.Key)
	w.fixed(h.ID[:])
	list(w, h.Parts, func(p HeaderPart) {
		w.string(p.Name)
		w.bytes(p.ID)
	})
}

func (r *reader) header(seq uint64) Header {
	h := Header{Seq: seq, Key: cloneBytes(r.bytes()), Parts: []HeaderPart{}}
	copy(h.ID[:], r.fixed(uint64(len(h.ID))))
	for range r.elements() {
		h.Parts = append(h.Parts, HeaderPart{Name: r.string(), ID: cloneBytes(r.bytes())})
	}
	return h
}

// DecodeHeaders decodes the headers of a value, at least one. They share no
// memory with value.
func DecodeHeaders(value []byte) ([]Header, error) {
	r, err := open(value, KindHeaders)
	if err != nil {
		return nil, err
	}
	_, _, first := r.uint(), r.uint(), r.uint()
	var headers []Header
	for range r.elements() {
		headers = append(headers, r.header(first+uint64(len(headers))))
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	for i := range headers {
		if err := headers[i].check(); err != nil {
			return nil, fmt.Errorf("session %d: %w", headers[i].Seq, err)
		}
	}
	return headers, nil
}

// CheckHash reports why value is not the one that ref refers to.
func (ref *HeadersRef) CheckHash(value []byte) error {
	if HashOf(value) == ref.Hash {
		return nil
	}
	if _, err := open(value, KindHeaders); err != nil {
		return err
	}
	return errors.New("it is not the value that was written")
}
