package dynamic

import (
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/internal/journal"
)

// Change is what a session did to one key.
type Change struct {
	Key     []byte        // encoded
	KeyAs   schema.Values // the components
	Put     bool          // else the row was deleted
	Row     schema.Values // that was put
	Encoded []byte        // the row that was put
}

// Changes reads the journal of a session, and returns its changes in the order
// of keys.
func Changes(s *schema.Schema, encoded []byte) ([]Change, error) {
	var list []Change
	for entry, err := range journal.Entries(encoded) {
		if err != nil {
			return nil, err
		}
		c, err := change(s, entry)
		if err != nil {
			return nil, fmt.Errorf("change %d of the journal: %w", len(list), err)
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Change) int { return slices.Compare(a.Key, b.Key) })
	return list, nil
}

func change(s *schema.Schema, entry journal.Entry) (c Change, err error) {
	switch entry.Kind {
	case journal.Delete:
		c.Key = entry.Payload
	case journal.Put:
		c.Put, c.Encoded = true, entry.Payload
		if c.Row, err = s.DecodeRow(entry.Payload); err != nil {
			return c, err
		}
		c.Key = s.AppendKey(nil, c.Row)
	}
	c.KeyAs, err = s.DecodeKey(c.Key)
	return c, err
}
