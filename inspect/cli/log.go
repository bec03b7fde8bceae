package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/merkle"
)

// log lists the retained sessions, newest first.
func (p *program) log(ctx context.Context, operands []string) (status int, err error) {
	db, err := p.open(ctx, operands[0], true)
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	from := uint64(0)
	if p.newest > 0 {
		from = db.Count() - min(p.newest, db.Count())
	}
	sessions := slices.Collect(db.Sessions(from))
	slices.Reverse(sessions)
	if p.json {
		return p.logObjects(db, sessions)
	}
	if pending, ok := db.Pending(); ok {
		if _, err := fmt.Fprintf(p.stdout, "pending: %s (%s)\n", textOfBytes(pending.Key), pendingState(pending)); err != nil {
			return exitFailed, err
		}
	}
	if len(sessions) == 0 {
		_, err := fmt.Fprintln(p.stdout, "no sessions")
		return exitOK, err
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SEQ\tKEY\tID\tCHANGED")
	for i := range sessions {
		s := &sessions[i]
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", s.Seq, textOfBytes(s.Key), shortID(s.ID), cmp.Or(strings.Join(changed(s), " "), "-"))
	}
	return exitOK, table.Flush()
}

func (p *program) logObjects(db *database, sessions []committer.Session) (int, error) {
	if pending, ok := db.Pending(); ok {
		if err := p.writeObject(object{{"pending", bytesValue(pending.Key)}, {"decided", pending.Decided}}); err != nil {
			return exitFailed, err
		}
	}
	for i := range sessions {
		if err := p.writeObject(sessionObject(&sessions[i])); err != nil {
			return exitFailed, err
		}
	}
	return exitOK, nil
}

func pendingState(p inspect.Pending) string {
	if p.Decided {
		return "decided, not finished"
	}
	return "begun, not committed"
}

// shortID returns the first digits of an ID, enough to tell IDs apart.
func shortID(id merkle.ID) string { return id.String()[:16] }

// changed returns the committables that a session changed. The change root of a
// store without changes is zero.
func changed(s *committer.Session) (names []string) {
	for _, p := range s.Parts {
		if slices.ContainsFunc(p.ID, func(b byte) bool { return b != 0 }) {
			names = append(names, p.Name)
		}
	}
	return names
}
