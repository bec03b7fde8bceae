package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
)

// verify checks everything stored.
func (p *program) verify(ctx context.Context, operands []string) (status int, err error) {
	db, err := p.open(ctx, operands[0], true)
	if errors.Is(err, committer.ErrCorrupt) {
		return p.faults(err)
	}
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	logger, done := newProgress(p.stderr)
	m, err := db.Load(ctx, committer.WithLogger(logger))
	if err == nil {
		err = errors.Join(m.Verify(ctx), m.Close())
	}
	done()
	switch {
	case errors.Is(err, committer.ErrCorrupt):
		return p.faults(err)
	case err != nil:
		return exitFailed, err
	case p.json:
		return exitOK, p.writeObject(object{{"ok", true}, {"sessions", db.Count()}, {"id", db.lastID()}})
	}
	_, err = fmt.Fprintf(p.stdout, "no faults: %s, %s%s\n", counted(db.Count(), "session"), counted(len(db.Members()), "committable"), db.lastIDText())
	return exitOK, err
}

// faults lists joined errors.
func (p *program) faults(err error) (int, error) {
	for _, fault := range unjoin(err) {
		if p.json {
			if err := p.writeObject(object{{"ok", false}, {"fault", fault.Error()}}); err != nil {
				return exitFailed, err
			}
			continue
		}
		if _, err := fmt.Fprintf(p.stdout, "fault: %v\n", fault); err != nil {
			return exitFailed, err
		}
	}
	return exitNo, nil
}

// unjoin splits an error that errors.Join made. It does not split other errors
// that wrap several errors: those have a text of their own.
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
