package codec

import "encoding/binary"

// Wire types of the protobuf encoding that rows use; the low three bits of a tag.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// maxField is the largest field number that protobuf knows.
const maxField = 1<<29 - 1

// The fields of the message that a time is, and the bound of its nanoseconds.
const (
	timeSeconds = 1
	timeNanos   = 2
	maxNanos    = 999_999_999
)

func appendTag(dst []byte, field, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(field)<<3|uint64(wire))
}

// zigzag maps 0, -1, 1, -2, … to 0, 1, 2, 3, …, so that small numbers of either sign are short varints.
func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// openLength appends a tag and one byte for a length that is not known yet, and returns the offset of that byte.
func openLength(dst []byte, field int) (opened []byte, at int) {
	dst = appendTag(dst, field, wireBytes)
	return append(dst, 0), len(dst)
}

// closeLength writes the length of dst[at+1:] where openLength kept a byte for it. A length of 128 or more needs further
// bytes, for which what follows moves up.
func closeLength(dst []byte, at int) []byte {
	n := len(dst) - at - 1
	if n < 0x80 {
		dst[at] = byte(n)
		return dst
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	dst = append(dst, length[1:size]...) // any bytes will do: the copy overwrites them
	copy(dst[at+size:], dst[at+1:at+1+n])
	copy(dst[at:], length[:size])
	return dst
}

func allZero[E comparable](v []E) bool {
	var zero E
	for i := range v {
		if v[i] != zero {
			return false
		}
	}
	return true
}
