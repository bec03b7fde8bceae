package dynamic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committable/schema"
)

// Change is what a session did to one key.
type Change struct {
	Key     []byte        // encoded
	KeyAs   schema.Values // the components
	Put     bool          // else the row was deleted
	Row     schema.Values // that was put
	Encoded []byte        // the row that was put
}

var errCutOff = errors.New("the journal is cut off")

// Changes reads the journal of a session, and returns its changes in the order
// of keys.
func Changes(s *schema.Schema, journal []byte) ([]Change, error) {
	var list []Change
	for rest := journal; len(rest) > 0; {
		kind := rest[0]
		length, width := binary.Uvarint(rest[1:])
		if width <= 0 || length > uint64(len(rest)-1-width) {
			return nil, errCutOff
		}
		end := 1 + width + int(length)
		c, err := change(s, kind, rest[1+width:end:end])
		if err != nil {
			return nil, fmt.Errorf("change %d of the journal: %w", len(list), err)
		}
		list, rest = append(list, c), rest[end:]
	}
	slices.SortFunc(list, func(a, b Change) int { return slices.Compare(a.Key, b.Key) })
	return list, nil
}

func change(s *schema.Schema, kind byte, payload []byte) (c Change, err error) {
	switch kind {
	case 0:
		c.Key = payload
	case 1:
		c.Put, c.Encoded = true, payload
		if c.Row, err = s.DecodeRow(payload); err != nil {
			return c, err
		}
		c.Key = s.AppendKey(nil, c.Row)
	default:
		return c, fmt.Errorf("there is no kind %d", kind)
	}
	c.KeyAs, err = s.DecodeKey(c.Key)
	return c, err
}
