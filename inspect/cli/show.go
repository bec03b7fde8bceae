package cli

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/merkle"
)

// show shows the changes of a session.
func (p *program) show(ctx context.Context, operands []string) (status int, err error) {
	db, err := p.open(ctx, operands[0], true)
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	seq, err := db.sequence(operands[1])
	if err != nil {
		return exitFailed, err
	}
	record, err := db.Record(ctx, seq)
	if err != nil {
		return exitFailed, err
	}
	if p.json {
		err = p.showObjects(record)
	} else {
		err = p.showText(record)
	}
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// sequence parses the sequence of a session, or "last".
func (db *database) sequence(s string) (uint64, error) {
	if s == "last" {
		if db.Count() == 0 {
			return 0, fmt.Errorf("%s has no sessions", db.path)
		}
		return db.Count() - 1, nil
	}
	seq, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("bad session %q: want a number or last", s)
	}
	return seq, nil
}

func (p *program) showText(r *inspect.Record) error {
	out := bufio.NewWriter(p.stdout) // keeps the first error for Flush
	s := &r.Session
	fmt.Fprintf(out, "session %d\nkey     %s\n", s.Seq, textOfBytes(s.Key))
	switch {
	case r.Decided:
		fmt.Fprintln(out, "state   decided, not finished")
	case r.Resolved:
		fmt.Fprintf(out, "id      %s\nstate   finished by Resolve\n", s.ID)
	default:
		fmt.Fprintf(out, "id      %s\n", s.ID)
	}
	for i := range r.Parts {
		if err := showPart(out, &r.Parts[i]); err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	return out.Flush()
}

func showPart(out io.Writer, part *inspect.Part) error {
	switch {
	case part.Kind != merkle.Store:
		fmt.Fprintf(out, "\n%s (external)\n  id 0x%x\n", part.Name, part.ID)
		return nil
	case len(part.Journal) == 0:
		return nil
	}
	changes, err := part.Changes()
	switch {
	case part.Forgotten:
		fmt.Fprintf(out, "\n%s (forgotten since)\n  journal 0x%x\n", part.Name, part.Journal)
		return nil
	case errors.Is(err, inspect.ErrNotDecodable):
		fmt.Fprintf(out, "\n%s (schema cannot be read)\n  journal 0x%x\n", part.Name, part.Journal)
		return nil
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "\n%s\n", part.Name)
	for i := range changes {
		c := &changes[i]
		if c.Deleted {
			fmt.Fprintf(out, "  delete %s\n", textOfKey(c.Key))
		} else {
			fmt.Fprintf(out, "  put %s\n", textOfKey(c.Key))
			showFields(out, "    ", c.Values)
		}
	}
	return nil
}

// showObjects writes the header of the session, and then an object for each
// change.
func (p *program) showObjects(r *inspect.Record) error {
	header := append(sessionObject(&r.Session), field{"decided", r.Decided}, field{"resolved", r.Resolved})
	if err := p.writeObject(header); err != nil {
		return err
	}
	for i := range r.Parts {
		part := &r.Parts[i]
		if len(part.Journal) == 0 {
			continue
		}
		changes, err := part.Changes()
		if errors.Is(err, inspect.ErrNotDecodable) {
			if err := p.writeObject(object{{"store", part.Name}, {"journal", object{{"hex", hex.EncodeToString(part.Journal)}}}}); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		for i := range changes {
			if err := p.writeObject(append(object{{"store", part.Name}}, changeObject(&changes[i])...)); err != nil {
				return err
			}
		}
	}
	return nil
}
