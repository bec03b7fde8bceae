package inspector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/merkle"
)

// log lists the retained sessions, the newest first.
func (in *inspector) log(ctx context.Context, operands []string) (status int, err error) {
	db, err := in.open(ctx, operands[0], true)
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	sessions := db.Sessions()
	if in.last > 0 && in.last < uint64(len(sessions)) {
		sessions = sessions[uint64(len(sessions))-in.last:]
	}
	slices.Reverse(sessions)
	if in.json {
		return in.logObjects(db, sessions)
	}
	if key, decided, ok := db.Pending(); ok {
		if _, err := fmt.Fprintf(in.stdout, "pending: %s (%s)\n", textOfBytes(key), pendingState(decided)); err != nil {
			return exitFailed, err
		}
	}
	if len(sessions) == 0 {
		_, err := fmt.Fprintln(in.stdout, "there are no sessions")
		return exitOK, err
	}
	table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SEQ\tKEY\tID\tCHANGED")
	for i := range sessions {
		s := &sessions[i]
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", s.Seq, textOfBytes(s.Key), shortID(s.ID), cmp.Or(strings.Join(changed(s), " "), "-"))
	}
	return exitOK, table.Flush()
}

func (in *inspector) logObjects(db *database, sessions []committer.Session) (int, error) {
	if key, decided, ok := db.Pending(); ok {
		if err := in.writeObject(object{{"pending", bytesValue(key)}, {"decided", decided}}); err != nil {
			return exitFailed, err
		}
	}
	for i := range sessions {
		if err := in.writeObject(sessionObject(&sessions[i])); err != nil {
			return exitFailed, err
		}
	}
	return exitOK, nil
}

func pendingState(decided bool) string {
	if decided {
		return "decided, not finished"
	}
	return "begun, not committed"
}

// shortID is enough of an ID to tell it from others.
func shortID(id merkle.ID) string { return id.String()[:16] }

// changed returns the committables that a session changed: the change root of a
// store without changes is zero.
func changed(s *committer.Session) (names []string) {
	for _, p := range s.Parts {
		if slices.ContainsFunc(p.ID, func(b byte) bool { return b != 0 }) {
			names = append(names, p.Name)
		}
	}
	return names
}
