package committer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
)

// Every value in the KV, and in an exported stream, is
//
//	format (1 byte) ‖ kind (1 byte) ‖ fields ‖ CRC-32C of all before (4 bytes, big-endian)
//
// with unsigned varints for numbers, and byte strings behind their length.

// format is the format of everything written. A reader refuses a higher one.
// Format 0 may still change from one version of the package to the next.
const format = 0

// kind tells values apart, so that one read under the key of another is never
// taken for it.
type kind byte

const (
	kindManifest kind = 'M'
	kindMarker   kind = 'D'
	kindPending  kind = 'P'
	kindRecord   kind = 'R'
	kindSplit    kind = 'S' // in place of a record: its parts have it
	kindPart     kind = 'p'
	kindFinal    kind = 'F'
	kindChunk    kind = 'C'
	kindHeads    kind = 'H'
	kindExport   kind = 'X' // the first value of an exported stream
	kindEnd      kind = 'E' // and the last
)

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// writer builds one value.
type writer struct{ buf []byte }

func newWriter(k kind, sizeHint int) *writer {
	return &writer{buf: append(make([]byte, 0, sizeHint+16), format, byte(k))}
}

func (w *writer) uint(n uint64)  { w.buf = binary.AppendUvarint(w.buf, n) }
func (w *writer) byte(b byte)    { w.buf = append(w.buf, b) }
func (w *writer) fixed(b []byte) { w.buf = append(w.buf, b...) }

func (w *writer) uints(numbers ...uint64) {
	for _, n := range numbers {
		w.uint(n)
	}
}

func (w *writer) bool(b bool) {
	if b {
		w.byte(1)
	} else {
		w.byte(0)
	}
}

func (w *writer) bytes(b []byte) {
	w.uint(uint64(len(b)))
	w.buf = append(w.buf, b...)
}

// seal closes the value with its checksum.
func (w *writer) seal() []byte {
	return binary.BigEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, crcTable))
}

// reader takes one value apart. The first fault sticks: every later read
// returns zeros, and close reports it.
type reader struct {
	buf []byte
	err error
}

var errTruncated = errors.New("it ends too early")

// openValue checks the frame of a value and returns a reader of its fields.
func openValue(value []byte, want kind) (*reader, error) {
	if len(value) < 6 {
		return nil, errTruncated
	}
	body, sum := value[:len(value)-4], binary.BigEndian.Uint32(value[len(value)-4:])
	if crc32.Checksum(body, crcTable) != sum {
		return nil, errors.New("its checksum is wrong")
	}
	if body[0] > format {
		return nil, fmt.Errorf("it has format %d, and this version reads up to %d; use a newer version", body[0], format)
	}
	if kind(body[1]) != want {
		return nil, fmt.Errorf("it is a value of kind %q, not %q", body[1], byte(want))
	}
	return &reader{buf: body[2:]}, nil
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail(errTruncated)
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) fixed(n uint64) []byte {
	if n > uint64(len(r.buf)) {
		r.fail(errTruncated)
		return nil
	}
	b := r.buf[:n:n]
	r.buf = r.buf[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.fixed(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// bool refuses what no writer writes.
func (r *reader) bool() bool {
	b := r.byte()
	if b > 1 {
		r.fail(fmt.Errorf("%d is not true or false", b))
	}
	return b == 1
}

func (r *reader) link() (l link) {
	copy(l[:], r.fixed(uint64(len(l))))
	return l
}

// bytes returns a byte string that shares the value's memory, nil if it is
// empty.
func (r *reader) bytes() []byte {
	if b := r.fixed(r.uint()); len(b) > 0 {
		return b
	}
	return nil
}

// elements reads the number of elements that follow, and yields as many times,
// until one of them is at fault. Each takes at least one byte, so that a wrong
// number asks for no more than the value has.
func (r *reader) elements() iter.Seq[int] {
	n := r.uint()
	if n > uint64(len(r.buf)) {
		r.fail(errTruncated)
	}
	return func(yield func(int) bool) {
		for i := 0; uint64(i) < n && r.err == nil && yield(i); i++ {
		}
	}
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.buf = nil
}

// close reports the first fault, or that bytes are left over.
func (r *reader) close() error {
	if r.err == nil && len(r.buf) > 0 {
		r.err = fmt.Errorf("%d bytes are left over", len(r.buf))
	}
	return r.err
}
