package journal

import (
	"encoding/binary"
	"errors"
)

var (
	errLength   = errors.New("the length is cut off or does not fit 64 bits")
	errShortest = errors.New("the length does not have its shortest encoding")
	errPayload  = errors.New("the payload is cut off")
)

// AppendFrame appends the payload with its length in front.
func AppendFrame(dst, payload []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(payload))), payload...)
}

// CutFrame returns the payload of the first frame of b and the bytes after the
// frame. Both share memory with b, but appending to the payload does not change
// rest.
func CutFrame(b []byte) (payload, rest []byte, err error) {
	n, width := binary.Uvarint(b)
	switch {
	case width <= 0:
		return nil, nil, errLength
	case width > 1 && b[width-1] == 0:
		return nil, nil, errShortest
	case n > uint64(len(b)-width):
		return nil, nil, errPayload
	}
	end := width + int(n)
	return b[width:end:end], b[end:], nil
}
