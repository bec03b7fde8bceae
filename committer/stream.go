package committer

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

// An exported stream is values, each after its length as an unsigned varint:
//
//	header ‖ chunks of the stores, in the order of their names ‖ heads ‖ end
//
// The end has the SHA-256 of all bytes before it.

// header is the first value of a stream.
type header struct {
	history uint64
	next    uint64   // the state has the sessions before this one
	members []Member // stores, sorted by name
}

func (h *header) encode() []byte {
	w := newWriter(kindExport, 256)
	w.uints(h.history, h.next)
	list(w, h.members, func(c Member) {
		w.bytes([]byte(c.Name))
		w.bytes(c.Schema)
	})
	return w.seal()
}

func decodeHeader(value []byte) (*header, error) {
	r, err := openValue(value, kindExport)
	if err != nil {
		return nil, err
	}
	h := &header{history: r.uint(), next: r.uint()}
	for range r.elements() {
		h.members = append(h.members, Member{Name: string(r.bytes()), Kind: merkle.Store, Schema: r.bytes()})
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	if h.next > maxCount {
		return nil, errors.New("it claims too many sessions")
	}
	m := newManifest()
	m.history, m.members = h.history, h.members
	return h, m.check()
}

// streamWriter writes a stream.
type streamWriter struct {
	w    io.Writer
	hash hash.Hash
}

func newStreamWriter(w io.Writer) *streamWriter {
	h := sha256.New()
	return &streamWriter{w: io.MultiWriter(w, h), hash: h}
}

func (s *streamWriter) write(value []byte) error {
	if _, err := s.w.Write(binary.AppendUvarint(nil, uint64(len(value)))); err != nil {
		return err
	}
	_, err := s.w.Write(value)
	return err
}

// end writes the end of the stream.
func (s *streamWriter) end() error {
	w := newWriter(kindEnd, sha256.Size)
	w.fixed(s.hash.Sum(nil))
	return s.write(w.seal())
}

// streamReader reads a stream.
type streamReader struct {
	r    *bufio.Reader
	hash hash.Hash
	n    int  // values read
	sum  link // of the stream, once its end is read
}

func newStreamReader(r io.Reader) *streamReader {
	return &streamReader{r: bufio.NewReader(r), hash: sha256.New()}
}

// next returns the next value, whose kind it tells, and nil after the end, behind
// which nothing may be.
func (s *streamReader) next() (value []byte, k kind, err error) {
	size, err := s.length()
	if err != nil {
		return nil, 0, err
	}
	// The length may be a lie, so memory is taken as bytes come.
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, s.r, int64(size)); err != nil {
		return nil, 0, s.unread(err)
	}
	value = buf.Bytes()
	if len(value) < 2 {
		return nil, 0, s.damaged(errTruncated)
	}
	if k = kind(value[1]); k == kindEnd {
		return nil, k, s.checkEnd(value)
	}
	s.hash.Write(binary.AppendUvarint(nil, size))
	s.hash.Write(value)
	s.n++
	return value, k, nil
}

// length reads the length of a value. The hash is over the spelling that Export
// uses, so that no other is taken.
func (s *streamReader) length() (uint64, error) {
	var spelled []byte
	for len(spelled) == 0 || spelled[len(spelled)-1] >= 0x80 && len(spelled) < binary.MaxVarintLen64 {
		b, err := s.r.ReadByte()
		if err != nil {
			return 0, s.unread(err)
		}
		spelled = append(spelled, b)
	}
	size, _ := binary.Uvarint(spelled)
	if !bytes.Equal(spelled, binary.AppendUvarint(nil, size)) {
		return 0, s.damaged(fmt.Errorf("%x is not the length of a value", spelled))
	}
	if size > MaxRecord+chunkOverhead {
		return 0, s.damaged(fmt.Errorf("a value claims to have %d bytes", size))
	}
	return size, nil
}

func (s *streamReader) checkEnd(value []byte) error {
	r, err := openValue(value, kindEnd)
	if err != nil {
		return s.damaged(err)
	}
	s.sum = r.link()
	if err := r.close(); err != nil {
		return s.damaged(err)
	}
	if !bytes.Equal(s.sum[:], s.hash.Sum(nil)) {
		return s.damaged(errors.New("its checksum is wrong"))
	}
	switch _, err := s.r.ReadByte(); {
	case err == nil:
		return s.damaged(errors.New("there is more behind its end"))
	case !errors.Is(err, io.EOF):
		return s.unread(err)
	}
	return nil
}

// damaged says where the stream is not what Export wrote.
func (s *streamReader) damaged(err error) error {
	return fmt.Errorf("%w: exported stream, value %d: %w", ErrCorrupt, s.n, err)
}

// unread is the error for what could not be read. The stream is damaged only if
// it ends: there is no place where it may just do so.
func (s *streamReader) unread(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return s.damaged(errTruncated)
	}
	return fmt.Errorf("committer: import: reading value %d: %w", s.n, err)
}
