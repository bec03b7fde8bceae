package inspector

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
)

// verify recomputes everything stored.
func (in *inspector) verify(ctx context.Context, operands []string) (status int, err error) {
	db, err := in.open(ctx, operands[0], true)
	if errors.Is(err, committer.ErrCorrupt) {
		return in.faults(err)
	}
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	logger, done := newProgress(in.stderr)
	m, err := db.load(ctx, logger)
	if err == nil {
		err = errors.Join(m.Verify(ctx), m.Close())
	}
	done()
	switch {
	case errors.Is(err, committer.ErrCorrupt):
		return in.faults(err)
	case err != nil:
		return exitFailed, err
	case in.json:
		return exitOK, in.writeObject(object{{"ok", true}, {"sessions", db.Count()}, {"id", db.lastID()}})
	}
	_, err = fmt.Fprintf(in.stdout, "no faults: %s, %s%s\n", counted(db.Count(), "session"), counted(len(db.Members()), "committable"), db.lastIDText())
	return exitOK, err
}

// faults lists the faults that were joined.
func (in *inspector) faults(err error) (int, error) {
	for _, fault := range unjoin(err) {
		if in.json {
			if err := in.writeObject(object{{"ok", false}, {"fault", fault.Error()}}); err != nil {
				return exitFailed, err
			}
			continue
		}
		if _, err := fmt.Fprintf(in.stdout, "fault: %v\n", fault); err != nil {
			return exitFailed, err
		}
	}
	return exitNo, nil
}

// unjoin takes apart what errors.Join made, and nothing else that wraps several
// errors.
func unjoin(err error) (list []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || err.Error() != errors.Join(joined.Unwrap()...).Error() {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		list = append(list, unjoin(e)...)
	}
	return list
}

// lastID returns the commit ID of the last session, nil if there is none.
func (db *database) lastID() any {
	if s := db.Sessions(); len(s) > 0 {
		return s[len(s)-1].ID.String()
	}
	return nil
}

func (db *database) lastIDText() string {
	if s := db.Sessions(); len(s) > 0 {
		return ", last ID " + s[len(s)-1].ID.String()
	}
	return ""
}
