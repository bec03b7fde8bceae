package codec

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/internal/wire"
)

// KeyReader reads the components of a key in the order in which they were appended. After the first fault, the reading
// methods return zero values, and Err and Close return a *KeyError. A key that is read without a fault encodes to the same
// bytes again.
//
//	r := codec.NewKeyReader(b)
//	k.Owner = r.String()
//	k.Opened = r.Descending().Time()
//	return k, r.Close()
type KeyReader struct {
	b         []byte
	off       int   // first unread byte
	component int   // the component being read, from 1
	mask      byte  // FF if the next component is descending, else 00
	err       error // the first fault
}

// NewKeyReader returns a reader of the key b. It does not change b.
func NewKeyReader(b []byte) KeyReader { return KeyReader{b: b} }

// Descending makes r read the next component as one that Descend inverted, and returns r.
func (r *KeyReader) Descending() *KeyReader {
	r.mask = 0xFF
	return r
}

// Bool reads a component that AppendKeyBool wrote.
func (r *KeyReader) Bool() bool {
	at := r.off
	v := r.fixedUint(1)
	if v > 1 {
		r.fail(at, fmt.Sprintf("a bool is 00 or 01, not %02x", v))
	}
	return v == 1
}

// Int8 reads a component that AppendKeyInt8 wrote.
func (r *KeyReader) Int8() int8 { return int8(r.fixedInt(1)) }

// Int16 reads a component that AppendKeyInt16 wrote.
func (r *KeyReader) Int16() int16 { return int16(r.fixedInt(2)) }

// Int32 reads a component that AppendKeyInt32 wrote.
func (r *KeyReader) Int32() int32 { return int32(r.fixedInt(4)) }

// Int64 reads a component that AppendKeyInt64 wrote.
func (r *KeyReader) Int64() int64 { return int64(r.fixedInt(8)) }

// Int reads a component that AppendKeyInt64 wrote. It must fit into an int, which has 32 bits on some machines.
func (r *KeyReader) Int() int {
	at := r.off
	v := r.Int64()
	if int64(int(v)) != v {
		r.fail(at, fmt.Sprintf("%d does not fit into an int of this machine", v))
		return 0
	}
	return int(v)
}

// Uint8 reads a component that AppendKeyUint8 wrote.
func (r *KeyReader) Uint8() uint8 { return uint8(r.fixedUint(1)) }

// Uint16 reads a component that AppendKeyUint16 wrote.
func (r *KeyReader) Uint16() uint16 { return uint16(r.fixedUint(2)) }

// Uint32 reads a component that AppendKeyUint32 wrote.
func (r *KeyReader) Uint32() uint32 { return uint32(r.fixedUint(4)) }

// Uint64 reads a component that AppendKeyUint64 wrote.
func (r *KeyReader) Uint64() uint64 { return r.fixedUint(8) }

// Uint reads a component that AppendKeyUint64 wrote. It must fit into a uint, which has 32 bits on some machines.
func (r *KeyReader) Uint() uint {
	at := r.off
	v := r.Uint64()
	if uint64(uint(v)) != v {
		r.fail(at, fmt.Sprintf("%d does not fit into a uint of this machine", v))
		return 0
	}
	return uint(v)
}

// String reads a component that AppendKeyString wrote. Invalid UTF-8 is a fault, as in rows.
func (r *KeyReader) String() string {
	mask := r.begin()
	start := r.off
	length, next, ok := r.scanString(mask)
	if !ok {
		return ""
	}
	r.off = next
	var s string
	if mask == 0 && length == next-start-2 { // nothing inverted, nothing escaped
		s = string(r.b[start : next-2])
	} else {
		s = unescape(r.b[start:next-2], mask, length)
	}
	if !utf8.ValidString(s) {
		r.fail(start, "the string is not valid UTF-8")
		return ""
	}
	return s
}

// scanString finds the end of the string at r.off. It returns the length of the decoded string and the offset after its
// terminator.
func (r *KeyReader) scanString(mask byte) (length, next int, ok bool) {
	if r.err != nil {
		return 0, 0, false
	}
	for i := r.off; i < len(r.b); i++ {
		if r.b[i]^mask != keyEscape {
			length++
			continue
		}
		i++
		if i == len(r.b) {
			break
		}
		switch c := r.b[i] ^ mask; c {
		case keyEnd:
			return length, i + 1, true
		case keyZero:
			length++
		default:
			r.fail(i, fmt.Sprintf("invalid escape 00 %02x; only 00 ff and 00 01 are allowed", c))
			return 0, 0, false
		}
	}
	r.fail(len(r.b), "the string has no terminator 00 01")
	return 0, 0, false
}

// unescape returns the string of the given length whose escaped and masked bytes are b, with one allocation.
func unescape(b []byte, mask byte, length int) string {
	var s strings.Builder
	s.Grow(length)
	for i := 0; i < len(b); i++ {
		c := b[i] ^ mask
		s.WriteByte(c)
		if c == keyEscape {
			i++ // skip the FF of the escape
		}
	}
	return s.String()
}

// Fixed reads the bytes of a [N]byte that AppendKeyFixed wrote into dst, which is given as v[:].
func (r *KeyReader) Fixed(dst []byte) {
	mask := r.begin()
	if !r.have(len(dst)) {
		return
	}
	copy(dst, r.b[r.off:])
	r.off += len(dst)
	for i := range dst {
		dst[i] ^= mask
	}
}

// Time reads a component that AppendKeyTime wrote, in the form that NormalizeTime returns.
func (r *KeyReader) Time() time.Time {
	mask := r.begin()
	at := r.off
	seconds := int64(r.uint(8, mask) ^ sign64)
	nanos := r.uint(4, mask)
	switch {
	case r.err != nil:
		return time.Time{}
	case seconds > wire.MaxSeconds:
		r.fail(at, fmt.Sprintf("the time is out of range: %d seconds after 1970", seconds))
		return time.Time{}
	case nanos > wire.MaxNanos:
		r.fail(at+8, fmt.Sprintf("%d nanoseconds are not less than a second", nanos))
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanos)).UTC()
}

// Err returns the first fault so far, as a *KeyError, or nil.
func (r *KeyReader) Err() error { return r.err }

// Close returns the first fault, as a *KeyError, or nil. Unread bytes are a fault.
func (r *KeyReader) Close() error {
	if r.err == nil && r.off < len(r.b) {
		r.component++
		r.fail(r.off, fmt.Sprintf("%d bytes follow the end of the key", len(r.b)-r.off))
	}
	return r.err
}

// begin starts the next component and returns its mask.
func (r *KeyReader) begin() (mask byte) {
	mask, r.mask = r.mask, 0
	if r.err == nil {
		r.component++
	}
	return mask
}

// fixedUint reads a component of n big-endian bytes.
func (r *KeyReader) fixedUint(n int) uint64 { return r.uint(n, r.begin()) }

// fixedInt reads a component of n big-endian bytes whose sign bit is flipped. Only the low n bytes of the result count.
func (r *KeyReader) fixedInt(n int) uint64 { return r.fixedUint(n) ^ 1<<(8*n-1) }

// uint reads n big-endian bytes.
func (r *KeyReader) uint(n int, mask byte) (v uint64) {
	if !r.have(n) {
		return 0
	}
	for _, c := range r.b[r.off : r.off+n] {
		v = v<<8 | uint64(c^mask)
	}
	r.off += n
	return v
}

// have reports whether n unread bytes are left, and records a fault if not.
func (r *KeyReader) have(n int) bool {
	if r.err != nil {
		return false
	}
	if left := len(r.b) - r.off; left < n {
		r.fail(r.off, fmt.Sprintf("needs %d bytes, but %d are left", n, left))
		return false
	}
	return true
}

func (r *KeyReader) fail(at int, reason string) {
	if r.err == nil {
		r.err = &KeyError{Component: r.component, Offset: at, Reason: reason}
	}
}
