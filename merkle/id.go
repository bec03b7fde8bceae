package merkle

import (
	"encoding/hex"
	"fmt"
)

// ID is a SHA-256 hash: a commit ID or a store's change root. The zero ID names
// no session; as a change root it means that nothing changed.
type ID [32]byte

// ParseID returns the ID that s contains as 64 hexadecimal digits of either
// case.
func ParseID(s string) (ID, error) {
	var id ID
	err := id.UnmarshalText([]byte(s))
	return id, err
}

// String returns the ID as 64 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether all bytes of id are zero.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText returns the ID as 64 lower-case hexadecimal digits, also for JSON.
// The error is always nil.
func (id ID) MarshalText() ([]byte, error) {
	return hex.AppendEncode(make([]byte, 0, hex.EncodedLen(len(id))), id[:]), nil
}

// UnmarshalText sets id from 64 hexadecimal digits of either case. It does not
// modify id if it returns an error.
func (id *ID) UnmarshalText(text []byte) error {
	var parsed ID
	if len(text) != hex.EncodedLen(len(parsed)) {
		return fmt.Errorf("merkle: an ID has %d hexadecimal digits, got %d bytes", hex.EncodedLen(len(parsed)), len(text))
	}
	if _, err := hex.Decode(parsed[:], text); err != nil {
		return fmt.Errorf("merkle: an ID has %d hexadecimal digits: %w", hex.EncodedLen(len(parsed)), err)
	}
	*id = parsed
	return nil
}
