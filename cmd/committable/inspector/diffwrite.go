package inspector

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector/internal/dynamic"
)

// write shows the difference to people.
func (d *difference) write(to io.Writer, dbs [2]*database, from uint64) error {
	out := bufio.NewWriter(to) // keeps the first error for Flush
	fmt.Fprintf(out, "they differ from session %d on%s\n", d.seq, notCompared(from))
	for i, s := range d.sessions {
		if s == nil {
			fmt.Fprintf(out, "  %s  %s has only %s\n", side(i), dbs[i].path, counted(dbs[i].Count(), "session"))
		} else {
			fmt.Fprintf(out, "  %s  key %s  ID %s\n", side(i), textOfBytes(s.Key), s.ID)
		}
	}
	if d.store != "" {
		fmt.Fprintf(out, "first in %s", d.store)
		d.writeKey(out)
	}
	return out.Flush()
}

// writeKey writes the rest of the line that names the store, and what either
// side did.
func (d *difference) writeKey(out io.Writer) {
	key := d.key()
	switch {
	case d.unknown != "":
		fmt.Fprintf(out, "; the key is not known: %s\n", d.unknown)
		return
	case key == nil:
		fmt.Fprintln(out)
		return
	}
	fmt.Fprintf(out, ", key %s\n", textOfKey(key.KeyAs))
	for i, c := range d.change {
		fmt.Fprintf(out, "  %s  %s\n", side(i), textOfChange(c))
	}
}

func side(i int) string { return string(rune('A' + i)) }

func textOfChange(c *dynamic.Change) string {
	switch {
	case c == nil:
		return "not changed"
	case !c.Put:
		return "delete"
	default:
		return "put {" + strings.Join(textOfRow(c.Row), ", ") + "}"
	}
}

// object is the difference for programs. What is not known or not there is null.
func (d *difference) object(from uint64) object {
	o := object{{"same", false}, {"from", from}, {"seq", d.seq}}
	for i, name := range []string{"a", "b"} {
		if s := d.sessions[i]; s == nil {
			o = append(o, member{name, nil})
		} else {
			o = append(o, member{name, sessionObject(s)})
		}
	}
	if d.store == "" {
		return o
	}
	o = append(o, member{"store", d.store})
	if d.key() == nil {
		return o
	}
	o = append(o, member{"key", rowObject(d.key().KeyAs)})
	for i, name := range []string{"a_change", "b_change"} {
		if c := d.change[i]; c == nil {
			o = append(o, member{name, nil})
		} else {
			o = append(o, member{name, changeObject(c)})
		}
	}
	return o
}
