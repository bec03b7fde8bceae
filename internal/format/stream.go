package format

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/gencommittable/gencommittable/merkle"
)

// An exported stream is a sequence of values, each after its length as a uint:
//
//	start ‖ chunks of the stores, in the order of their names ‖ headers ‖ end
//
// The end is the SHA-256 of all bytes before it:
//
//	hash

// StreamStart is the first value of a stream.
//
//	sessions retained uint ‖ next uint ‖ [name bytes, schema bytes]
type StreamStart struct {
	History uint64
	Next    uint64   // the state includes the sessions before this one
	Stores  []Member // sorted by name
}

// Encode returns the value of s.
func (s *StreamStart) Encode() []byte {
	w := newWriter(KindStreamStart, 256)
	w.uints(s.History, s.Next)
	list(w, s.Stores, func(c Member) {
		w.string(c.Name)
		w.bytes(c.Schema)
	})
	return w.seal()
}

// DecodeStreamStart decodes the start of a stream and checks it. It shares
// memory with value.
func DecodeStreamStart(value []byte) (*StreamStart, error) {
	r, err := open(value, KindStreamStart)
	if err != nil {
		return nil, err
	}
	s := &StreamStart{History: r.uint(), Next: r.uint()}
	for range r.elements() {
		s.Stores = append(s.Stores, Member{Name: r.string(), Kind: merkle.Store, Schema: r.bytes()})
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	if s.Next > MaxCount {
		return nil, errors.New("it claims too many sessions")
	}
	m := NewManifest()
	m.History, m.Members = s.History, s.Stores
	return s, m.check()
}

// StreamWriter writes a stream.
type StreamWriter struct {
	w    io.Writer
	hash hash.Hash
}

// NewStreamWriter returns a writer of a stream to w.
func NewStreamWriter(w io.Writer) *StreamWriter {
	h := sha256.New()
	return &StreamWriter{w: io.MultiWriter(w, h), hash: h}
}

// Write writes a value. The first one is the start.
func (s *StreamWriter) Write(value []byte) error {
	if _, err := s.w.Write(binary.AppendUvarint(nil, uint64(len(value)))); err != nil {
		return err
	}
	_, err := s.w.Write(value)
	return err
}

// End writes the end of the stream.
func (s *StreamWriter) End() error {
	w := newWriter(KindStreamEnd, sha256.Size)
	w.fixed(s.hash.Sum(nil))
	return s.Write(w.seal())
}

// StreamReader reads a stream.
type StreamReader struct {
	r    *bufio.Reader
	hash hash.Hash
	n    int
	sum  Hash
}

// NewStreamReader returns a reader of the stream in r.
func NewStreamReader(r io.Reader) *StreamReader {
	return &StreamReader{r: bufio.NewReader(r), hash: sha256.New()}
}

// StreamError says that a stream is not what StreamWriter writes, and where.
type StreamError struct {
	Value  int // number of the value, from 0
	Reason error
}

func (e *StreamError) Error() string {
	return fmt.Sprintf("exported stream, value %d: %v", e.Value, e.Reason)
}

// Unwrap returns the reason.
func (e *StreamError) Unwrap() error { return e.Reason }

// Next returns the next value and its kind, and no value at the end, which must
// be the end of the reader too. The error is a *StreamError, or that of the
// reader.
func (s *StreamReader) Next() (value []byte, k Kind, err error) {
	size, err := s.length()
	if err != nil {
		return nil, 0, err
	}
	// The length may be wrong, so memory is allocated as bytes arrive.
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, s.r, int64(size)); err != nil {
		return nil, 0, s.unread(err)
	}
	value = buf.Bytes()
	if len(value) < 2 {
		return nil, 0, s.Corrupt(errTruncated)
	}
	if k = KindOf(value); k == KindStreamEnd {
		return nil, k, s.checkEnd(value)
	}
	s.hash.Write(binary.AppendUvarint(nil, size))
	s.hash.Write(value)
	s.n++
	return value, k, nil
}

// Sum returns the hash of a stream that was read to its end.
func (s *StreamReader) Sum() Hash { return s.sum }

// Corrupt returns a StreamError at the current value.
func (s *StreamReader) Corrupt(reason error) error { return &StreamError{Value: s.n, Reason: reason} }

// length reads the length of a value. Only its shortest encoding is accepted,
// because the hash is computed over that.
func (s *StreamReader) length() (uint64, error) {
	var encoded []byte
	for len(encoded) == 0 || encoded[len(encoded)-1] >= 0x80 && len(encoded) < binary.MaxVarintLen64 {
		b, err := s.r.ReadByte()
		if err != nil {
			return 0, s.unread(err)
		}
		encoded = append(encoded, b)
	}
	size, _ := binary.Uvarint(encoded)
	if !bytes.Equal(encoded, binary.AppendUvarint(nil, size)) {
		return 0, s.Corrupt(fmt.Errorf("%x is not the length of a value", encoded))
	}
	if size > MaxRecord+ChunkOverhead {
		return 0, s.Corrupt(fmt.Errorf("a value claims to have %d bytes", size))
	}
	return size, nil
}

func (s *StreamReader) checkEnd(value []byte) error {
	r, err := open(value, KindStreamEnd)
	if err != nil {
		return s.Corrupt(err)
	}
	s.sum = r.hash()
	if err := r.close(); err != nil {
		return s.Corrupt(err)
	}
	if !bytes.Equal(s.sum[:], s.hash.Sum(nil)) {
		return s.Corrupt(errors.New("the checksum of the stream is wrong"))
	}
	switch _, err := s.r.ReadByte(); {
	case err == nil:
		return s.Corrupt(errors.New("bytes follow the end of the stream"))
	case !errors.Is(err, io.EOF):
		return s.unread(err)
	}
	return nil
}

// unread returns the error for a failed read. A stream that ends before its end
// value is corrupt.
func (s *StreamReader) unread(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return s.Corrupt(errTruncated)
	}
	return fmt.Errorf("reading value %d of the stream: %w", s.n, err)
}
