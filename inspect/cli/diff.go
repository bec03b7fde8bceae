package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gencommittable/gencommittable/inspect"
)

// diff finds the first session in which two databases differ.
func (p *program) diff(ctx context.Context, operands []string) (status int, err error) {
	var dbs [2]*database
	for i, path := range operands {
		if dbs[i], err = p.open(ctx, path, true); err != nil {
			return exitFailed, err
		}
		defer func() { err = errors.Join(err, dbs[i].close()) }()
	}
	c, err := inspect.Compare(ctx, dbs[0].Database, dbs[1].Database)
	switch {
	case err != nil:
		return exitFailed, err
	case c.Difference == nil && p.json:
		return exitOK, p.writeObject(object{{"same", true}, {"from", c.From}, {"sessions", dbs[0].Count()}, {"id", dbs[0].lastID()}})
	case c.Difference == nil:
		_, err = fmt.Fprintf(p.stdout, "same: %s%s\n%s", counted(dbs[0].Count(), "session"), dbs[0].lastIDText(), notCompared(c))
		return exitOK, err
	case p.json:
		return exitNo, p.writeObject(differenceObject(c))
	}
	return exitNo, writeDifference(p.stdout, dbs, c)
}

// notCompared returns a line about the sessions that were not compared.
func notCompared(c *inspect.Comparison) string {
	if c.From == 0 {
		return ""
	}
	return fmt.Sprintf("sessions before %d were not compared: one database does not retain them\n", c.From)
}

// writeDifference shows the difference to people.
func writeDifference(to io.Writer, dbs [2]*database, c *inspect.Comparison) error {
	out := bufio.NewWriter(to) // keeps the first error for Flush
	d := c.Difference
	fmt.Fprintf(out, "first difference: session %d\n%s", d.Seq, notCompared(c))
	for i, s := range d.Sessions {
		if s == nil {
			fmt.Fprintf(out, "  %s  %s has only %s\n", side(i), dbs[i].path, counted(dbs[i].Count(), "session"))
		} else {
			fmt.Fprintf(out, "  %s  key %s  ID %s\n", side(i), textOfBytes(s.Key), s.ID)
		}
	}
	key := changedKey(d)
	switch {
	case d.Name == "":
	case key == nil:
		fmt.Fprintf(out, "in %s\n", d.Name)
		for i, err := range d.Unknown {
			if err != nil {
				fmt.Fprintf(out, "  %s  changes are unknown: %v\n", side(i), err)
			}
		}
	default:
		fmt.Fprintf(out, "in %s, key %s\n", d.Name, textOfKey(key.Key))
		for i, c := range d.Changes {
			fmt.Fprintf(out, "  %s  %s\n", side(i), textOfChange(c))
		}
	}
	return out.Flush()
}

// changedKey returns a change of the key that differs, nil if the key is not
// known.
func changedKey(d *inspect.Difference) *inspect.Change {
	if d.Changes[0] != nil {
		return d.Changes[0]
	}
	return d.Changes[1]
}

func side(i int) string { return string(rune('A' + i)) }

func textOfChange(c *inspect.Change) string {
	switch {
	case c == nil:
		return "not changed"
	case c.Deleted:
		return "delete"
	default:
		return "put {" + strings.Join(textOfRow(c.Values), ", ") + "}"
	}
}

// differenceObject is the difference for programs. A session that does not exist
// and a change that was not made are null.
func differenceObject(c *inspect.Comparison) object {
	d := c.Difference
	o := object{{"same", false}, {"from", c.From}, {"seq", d.Seq}}
	for i, name := range []string{"a", "b"} {
		if s := d.Sessions[i]; s == nil {
			o = append(o, field{name, nil})
		} else {
			o = append(o, field{name, sessionObject(s)})
		}
	}
	if d.Name == "" {
		return o
	}
	o = append(o, field{"store", d.Name})
	key := changedKey(d)
	if key == nil {
		return o
	}
	o = append(o, field{"key", rowObject(key.Key)})
	for i, name := range []string{"a_change", "b_change"} {
		if c := d.Changes[i]; c == nil {
			o = append(o, field{name, nil})
		} else {
			o = append(o, field{name, changeObject(c)})
		}
	}
	return o
}
