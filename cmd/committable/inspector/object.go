package inspector

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector/internal/dynamic"
	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/committer"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
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

// writeObject writes an object on a line of its own.
func (in *inspector) writeObject(o object) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(in.stdout, "%s\n", line)
	return err
}

// hexObject is how bytes are written that are no text.
func hexObject(b []byte) object { return object{{"hex", hex.EncodeToString(b)}} }

// bytesValue is a string where the bytes are one.
func bytesValue(b []byte) any {
	if utf8.Valid(b) {
		return string(b)
	}
	return hexObject(b)
}

// sessionObject is the head of a session.
func sessionObject(s *committer.Session) object {
	parts := []object{}
	for _, p := range s.Parts {
		parts = append(parts, object{{"name", p.Name}, {"id", hex.EncodeToString(p.ID)}})
	}
	return object{{"seq", s.Seq}, {"key", bytesValue(s.Key)}, {"id", s.ID.String()}, {"parts", parts}}
}

// changeObject is a change of a store.
func changeObject(c *dynamic.Change) object {
	if !c.Put {
		return object{{"op", "delete"}, {"key", rowObject(c.KeyAs)}}
	}
	return object{{"op", "put"}, {"key", rowObject(c.KeyAs)}, {"row", rowObject(c.Row)}}
}

func rowObject(row schema.Values) object {
	o := object{}
	for _, fv := range row {
		o = append(o, member{fv.Field.Name, jsonValue(fv.Value)})
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
