package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/merkle"
)

// maxListed is how many of the sessions that a rollback removes are listed.
const maxListed = 10

// rollback keeps only the first sessions.
func (p *program) rollback(ctx context.Context, operands []string) (int, error) {
	n, err := strconv.ParseUint(operands[1], 10, 64)
	if err != nil {
		return exitFailed, fmt.Errorf("bad number of sessions %q", operands[1])
	}
	return p.replace(ctx, operands[0], "rolled back", func(db *database) (bool, error) {
		count := db.Count()
		switch {
		case n > count:
			return false, fmt.Errorf("cannot keep %s: %s has %d", counted(n, "session"), db.path, count)
		case n == count:
			fmt.Fprintf(p.stderr, "%s has %s; nothing to do\n", db.path, counted(count, "session"))
			return true, nil
		}
		fmt.Fprintf(p.stderr, "%s will be lost, %d kept:\n", counted(count-n, "session"), n)
		listed := uint64(0)
		for s := range db.Sessions(n) {
			if listed == maxListed {
				break
			}
			fmt.Fprintf(p.stderr, "  %d  %s  %s\n", s.Seq, textOfBytes(s.Key), shortID(s.ID))
			listed++
		}
		if more := count - n - listed; more > 0 {
			fmt.Fprintf(p.stderr, "  and %d more\n", more)
		}
		return p.ask(ctx, "Roll back "+db.path+"?")
	}, func(m *committer.MultiCommitter) error { return m.Rollback(ctx, n) })
}

// importFile replaces the state with that of a file.
func (p *program) importFile(ctx context.Context, operands []string) (int, error) {
	from := p.stdin
	if operands[1] != "-" {
		file, err := os.Open(operands[1])
		if err != nil {
			return exitFailed, err
		}
		defer file.Close() // it is only read
		from = file
	} else if !p.yes {
		return exitFailed, errors.New("stdin cannot supply both data and answers; add -yes")
	}
	return p.replace(ctx, operands[0], "imported", func(db *database) (bool, error) {
		if len(db.Members()) == 0 {
			return false, fmt.Errorf("%s has no stores to import into; load it once with its program", db.path)
		}
		if db.Count() == 0 {
			return true, nil
		}
		fmt.Fprintf(p.stderr, "All rows and %s%s will be replaced.\n", counted(db.Count(), "session"), db.lastIDText())
		return p.ask(ctx, "Import into "+db.path+"?")
	}, func(m *committer.MultiCommitter) error {
		return m.Import(ctx, bufio.NewReaderSize(interruptible{ctx, from}, 1<<16))
	})
}

// replace opens a database for writing, asks for confirmation, makes the change
// and prints the new state.
func (p *program) replace(ctx context.Context, path, done string, confirm func(*database) (bool, error), change func(*committer.MultiCommitter) error) (status int, err error) {
	db, err := p.open(ctx, path, false)
	if err != nil {
		return exitFailed, err
	}
	defer func() {
		if closed := db.close(); closed != nil {
			status, err = exitFailed, errors.Join(err, closed)
		}
	}()
	if err := db.replaceable(); err != nil {
		return exitFailed, err
	}
	if sure, err := confirm(db); err != nil {
		return exitFailed, err
	} else if !sure {
		return exitNo, nil
	}
	committables, err := db.Committables()
	if err != nil {
		return exitFailed, err
	}
	logger, clear := newProgress(p.stderr)
	m := committer.NewCommitter(db.kv, committables, committer.WithLogger(logger))
	if err := m.Load(ctx); err != nil {
		return exitFailed, err
	}
	err = change(m)
	last, some, _ := m.Last() // used only if change and Close succeed
	err = errors.Join(err, m.Close())
	clear()
	if err != nil {
		return exitFailed, err
	}
	switch {
	case p.json && some:
		err = p.writeObject(object{{"done", done}, {"sessions", last.Seq + 1}, {"id", last.ID.String()}})
	case p.json:
		err = p.writeObject(object{{"done", done}, {"sessions", 0}, {"id", nil}})
	case !some:
		_, err = fmt.Fprintf(p.stdout, "%s: no sessions\n", done)
	default:
		_, err = fmt.Fprintf(p.stdout, "%s: %s, last ID %s\n", done, counted(last.Seq+1, "session"), last.ID)
	}
	return exitOK, err
}

// replaceable reports why the state of the database cannot be replaced without
// its program.
func (db *database) replaceable() error {
	for _, member := range db.Members() {
		if member.Kind == merkle.External {
			return fmt.Errorf("%q keeps its state outside %s; nothing was changed: %w", member.Name, db.path, committer.ErrExternal)
		}
	}
	if pending, ok := db.Pending(); ok {
		return fmt.Errorf("session %s is %s; finish or cancel it with its program first", textOfBytes(pending.Key), pendingState(pending))
	}
	return nil
}
