package merkle

import (
	"encoding/hex"
	"fmt"
)

// ID is a SHA-256 hash that names something: a store's change root or a whole
// session. The zero ID names nothing; as a change root it says "no changes".
type ID [32]byte

// ParseID reads an ID from 64 hexadecimal digits of either case, as String
// returns them.
func ParseID(s string) (ID, error) {
	var id ID
	err := id.UnmarshalText([]byte(s))
	return id, err
}

// String returns the ID as 64 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether all bytes of id are zero.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText returns what String returns, so that IDs read as hexadecimal in
// JSON. It never fails.
func (id ID) MarshalText() ([]byte, error) {
	return hex.AppendEncode(make([]byte, 0, hex.EncodedLen(len(id))), id[:]), nil
}

// UnmarshalText sets id from 64 hexadecimal digits of either case. On an error
// id is left as it was.
func (id *ID) UnmarshalText(text []byte) error {
	var parsed ID
	if len(text) != hex.EncodedLen(len(parsed)) {
		return fmt.Errorf("merkle: an ID is %d hexadecimal digits, got %d bytes", hex.EncodedLen(len(parsed)), len(text))
	}
	if _, err := hex.Decode(parsed[:], text); err != nil {
		return fmt.Errorf("merkle: an ID is %d hexadecimal digits: %w", hex.EncodedLen(len(parsed)), err)
	}
	*id = parsed
	return nil
}
