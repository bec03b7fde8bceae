package inspector

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/gencommittable/gencommittable/cmd/committable/inspector/internal/dynamic"
	"github.com/gencommittable/gencommittable/committer"
)

// show shows what a session changed.
func (in *inspector) show(ctx context.Context, operands []string) (status int, err error) {
	db, err := in.open(ctx, operands[0], true)
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
	if in.json {
		err = in.showObjects(db, record)
	} else {
		err = in.showText(db, record)
	}
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// sequence reads a sequence, or last.
func (db *database) sequence(s string) (uint64, error) {
	if s == "last" {
		if db.Count() == 0 {
			return 0, errors.New("there are no sessions")
		}
		return db.Count() - 1, nil
	}
	seq, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not the sequence of a session; give a number, or last", s)
	}
	if _, decided, ok := db.Pending(); seq >= db.Count() && (!ok || !decided || seq > db.Count()) {
		return 0, fmt.Errorf("there is no session %d: the database has %s", seq, counted(db.Count(), "session"))
	}
	return seq, nil
}

func (in *inspector) showText(db *database, r *committer.Record) error {
	out := bufio.NewWriter(in.stdout) // keeps the first error for Flush
	s := &r.Session
	fmt.Fprintf(out, "session %d\nkey     %s\n", s.Seq, textOfBytes(s.Key))
	switch {
	case r.Decided:
		fmt.Fprintln(out, "state   decided, not finished")
	case r.Resolved:
		fmt.Fprintf(out, "id      %s\nstate   resolved by an operator\n", s.ID)
	default:
		fmt.Fprintf(out, "id      %s\n", s.ID)
	}
	for _, part := range s.Parts {
		journal, store := r.Journals[part.Name]
		if !store {
			fmt.Fprintf(out, "\n%s, external\n  id 0x%x\n", part.Name, part.ID)
			continue
		}
		if len(journal) == 0 {
			continue
		}
		schema, unreadable := db.schemaOf(r, part.Name)
		if schema == nil {
			fmt.Fprintf(out, "\n%s, %s\n  journal 0x%x\n", part.Name, unreadable, journal)
			continue
		}
		changes, err := dynamic.Changes(schema, journal)
		if err != nil {
			return errors.Join(fmt.Errorf("store %q: %w", part.Name, err), out.Flush())
		}
		fmt.Fprintf(out, "\n%s\n", part.Name)
		for i := range changes {
			showChange(out, &changes[i])
		}
	}
	return out.Flush()
}

func showChange(out io.Writer, c *dynamic.Change) {
	if !c.Put {
		fmt.Fprintf(out, "  delete %s\n", textOfKey(c.KeyAs))
		return
	}
	fmt.Fprintf(out, "  put %s\n", textOfKey(c.KeyAs))
	for _, line := range textOfRow(c.Row) {
		fmt.Fprintf(out, "    %s\n", line)
	}
}

// showObjects writes the head, and then an object for each change.
func (in *inspector) showObjects(db *database, r *committer.Record) error {
	head := append(sessionObject(&r.Session), member{"decided", r.Decided}, member{"resolved", r.Resolved})
	if err := in.writeObject(head); err != nil {
		return err
	}
	for _, part := range r.Session.Parts {
		journal := r.Journals[part.Name]
		if len(journal) == 0 {
			continue
		}
		schema, _ := db.schemaOf(r, part.Name)
		if schema == nil {
			if err := in.writeObject(object{{"store", part.Name}, {"journal", object{{"hex", hex.EncodeToString(journal)}}}}); err != nil {
				return err
			}
			continue
		}
		changes, err := dynamic.Changes(schema, journal)
		if err != nil {
			return fmt.Errorf("store %q: %w", part.Name, err)
		}
		for i := range changes {
			if err := in.writeObject(append(object{{"store", part.Name}}, changeObject(&changes[i])...)); err != nil {
				return err
			}
		}
	}
	return nil
}
