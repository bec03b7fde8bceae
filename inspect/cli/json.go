package cli

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
)

// object is a JSON object whose fields keep their order.
type object []field

type field struct {
	name  string
	value any
}

// MarshalJSON writes the fields in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// writeObject writes an object on its own line.
func (p *program) writeObject(o object) error { return writeObject(p.stdout, o) }

func writeObject(w io.Writer, o object) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}

// hexObject represents bytes that are not text.
func hexObject(b []byte) object { return object{{"hex", hex.EncodeToString(b)}} }

// bytesValue represents bytes, as a string if they are valid UTF-8.
func bytesValue(b []byte) any {
	if utf8.Valid(b) {
		return string(b)
	}
	return hexObject(b)
}

// sessionObject represents the header of a session.
func sessionObject(s *committer.Session) object {
	parts := []object{}
	for _, p := range s.Parts {
		parts = append(parts, object{{"name", p.Name}, {"id", hex.EncodeToString(p.ID)}})
	}
	return object{{"seq", s.Seq}, {"key", bytesValue(s.Key)}, {"id", s.ID.String()}, {"parts", parts}}
}

// changeObject represents a change of a store.
func changeObject(c *inspect.Change) object {
	if c.Deleted {
		return object{{"op", "delete"}, {"key", rowObject(c.Key)}}
	}
	return object{{"op", "put"}, {"key", rowObject(c.Key)}, {"row", rowObject(c.Values)}}
}

func rowObject(row schema.Values) object {
	o := object{}
	for _, fv := range row {
		o = append(o, field{fv.Field.Name, jsonValue(fv.Value)})
	}
	return o
}

func jsonValue(v schema.Value) any {
	switch v := v.(type) {
	case []byte:
		return hexObject(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case float64:
		if math.IsInf(v, 0) { // JSON has no number for it
			return fmt.Sprint(v)
		}
		return v
	case schema.Values:
		return rowObject(v)
	case schema.Entries:
		list := []any{}
		for _, e := range v {
			list = append(list, object{{"key", jsonValue(e.Key)}, {"value", jsonValue(e.Value)}})
		}
		return list
	case []schema.Value:
		list := []any{}
		for _, e := range v {
			list = append(list, jsonValue(e))
		}
		return list
	default:
		return v
	}
}
