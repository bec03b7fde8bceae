package format

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
)

// Every value has this frame:
//
//	┌─────────┬──────┬────────┬──────────────────────────────┐
//	│ version │ kind │ fields │ CRC-32C of all bytes before, │
//	│ 1 byte  │ 1    │ …      │ big-endian, 4                │
//	└─────────┴──────┴────────┴──────────────────────────────┘
//
// The layouts of the fields use these types:
//
//	uint     unsigned varint (encoding/binary)
//	bytes    uint length ‖ so many bytes
//	byte     1 byte
//	bool     1 byte, 0 or 1
//	hash     32 bytes, a SHA-256
//	[x, …]   uint count ‖ so many times the fields x, …

// version is the format version of everything written. A reader refuses higher
// ones. Format 0 may change from one version of the module to the next.
const version = 0

// frameSize is the size of the frame without the fields.
const frameSize = 6

// Kind is the second byte of a value. It keeps a value that stands under a wrong
// key from being decoded as another one.
type Kind byte

// The kinds of values.
const (
	KindManifest    Kind = 'M'
	KindMarker      Kind = 'D'
	KindPending     Kind = 'P'
	KindRecord      Kind = 'R'
	KindSplit       Kind = 'S' // under the key of a record
	KindPiece       Kind = 'p'
	KindOutcome     Kind = 'F'
	KindChunk       Kind = 'C'
	KindHeaders     Kind = 'H'
	KindStreamStart Kind = 'X'
	KindStreamEnd   Kind = 'E'
)

// KindOf returns the kind that a value claims to have. It checks nothing.
func KindOf(value []byte) Kind {
	if len(value) < 2 {
		return 0
	}
	return Kind(value[1])
}

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// HashOf returns the hash of a value.
func HashOf(value []byte) Hash { return sha256.Sum256(value) }

// MaxCount bounds sequences, generations and other numbers, so that sums of them
// do not overflow.
const MaxCount = 1 << 62

// MaxKey is the length of the longest idempotency key.
const MaxKey = 4096

// MaxRecord is the length of the largest record.
const MaxRecord = 1 << 30

// CheckKey reports why key is not a valid idempotency key.
func CheckKey(key []byte) error {
	switch {
	case len(key) == 0:
		return errors.New("the idempotency key is empty")
	case len(key) > MaxKey:
		return fmt.Errorf("the idempotency key has %d bytes, the limit is %d", len(key), MaxKey)
	}
	return nil
}

// EncodeMarker returns the marker. It has no fields.
func EncodeMarker() []byte { return newWriter(KindMarker, 0).seal() }

// CheckMarker reports why value is not a valid marker.
func CheckMarker(value []byte) error {
	r, err := open(value, KindMarker)
	if err != nil {
		return err
	}
	return r.close()
}

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// writer builds a value.
type writer struct{ buf []byte }

func newWriter(k Kind, sizeHint int) *writer {
	return &writer{buf: append(make([]byte, 0, sizeHint+16), version, byte(k))}
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

func (w *writer) string(s string) {
	w.uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// list writes a count, and then each element.
func list[T any](w *writer, elements []T, write func(T)) {
	w.uint(uint64(len(elements)))
	for _, e := range elements {
		write(e)
	}
}

// seal appends the checksum and returns the value.
func (w *writer) seal() []byte {
	return binary.BigEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, crcTable))
}

// reader reads the fields of a value. After the first error, reads return zeros;
// close returns that error.
type reader struct {
	buf []byte
	err error
}

var errTruncated = errors.New("it is truncated")

// open checks the frame of a value and returns a reader of its fields.
func open(value []byte, want Kind) (*reader, error) {
	if len(value) < frameSize {
		return nil, errTruncated
	}
	body, sum := value[:len(value)-4], binary.BigEndian.Uint32(value[len(value)-4:])
	if crc32.Checksum(body, crcTable) != sum {
		return nil, errors.New("its checksum is wrong")
	}
	if body[0] > version {
		return nil, fmt.Errorf("it has format %d, this version reads formats up to %d; use a newer version", body[0], version)
	}
	if Kind(body[1]) != want {
		return nil, fmt.Errorf("it has kind %q, not %q", body[1], byte(want))
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

// bool reads a bool. Bytes other than 0 and 1 are an error.
func (r *reader) bool() bool {
	b := r.byte()
	if b > 1 {
		r.fail(fmt.Errorf("byte %d is not a bool", b))
	}
	return b == 1
}

func (r *reader) hash() (h Hash) {
	copy(h[:], r.fixed(uint64(len(h))))
	return h
}

// bytes reads a byte string, nil if it is empty. It shares memory with the
// value.
func (r *reader) bytes() []byte {
	if b := r.fixed(r.uint()); len(b) > 0 {
		return b
	}
	return nil
}

func (r *reader) string() string { return string(r.bytes()) }

// elements reads the count of a list, and yields as many times, until an element
// cannot be read. A count that exceeds the bytes left is an error: every element
// has at least one byte.
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

// close returns the first error. Bytes left over are one.
func (r *reader) close() error {
	if r.err == nil && len(r.buf) > 0 {
		r.err = fmt.Errorf("%d bytes are left over", len(r.buf))
	}
	return r.err
}
