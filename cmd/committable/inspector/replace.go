package inspector

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gencommittable/gencommittable/committer"
)

// shownLost is how many of the sessions that a rollback loses are listed.
const shownLost = 10

// rollback keeps the first sessions.
func (in *inspector) rollback(ctx context.Context, operands []string) (int, error) {
	n, err := strconv.ParseUint(operands[1], 10, 64)
	if err != nil {
		return exitFailed, fmt.Errorf("%q is not a number of sessions to keep", operands[1])
	}
	return in.replace(ctx, operands[0], "rolled back", func(db *database) (bool, error) {
		count := db.Count()
		switch {
		case n > count:
			return false, fmt.Errorf("%d sessions cannot be kept: there are %d", n, count)
		case n == count:
			fmt.Fprintf(in.stderr, "there are %d sessions; nothing to do\n", count)
			return true, nil
		}
		fmt.Fprintf(in.stderr, "%s will be lost, %d kept:\n", counted(count-n, "session"), n)
		shown := uint64(0)
		for _, s := range db.Sessions() {
			if s.Seq >= n && shown < shownLost {
				fmt.Fprintf(in.stderr, "  %d  %s  %s\n", s.Seq, textOfBytes(s.Key), shortID(s.ID))
				shown++
			}
		}
		if more := count - n - shown; more > 0 {
			fmt.Fprintf(in.stderr, "  and %d more\n", more)
		}
		return in.ask(ctx, "Roll back "+db.path+"?")
	}, func(m *committer.MultiCommitter) error { return m.Rollback(ctx, n) })
}

// importFile replaces the state by that of a file.
func (in *inspector) importFile(ctx context.Context, operands []string) (int, error) {
	from := in.stdin
	if operands[1] != "-" {
		file, err := os.Open(operands[1])
		if err != nil {
			return exitFailed, err
		}
		defer file.Close() // only read
		from = file
	} else if !in.yes {
		return exitFailed, errors.New("the standard input cannot be imported and be asked; add -yes")
	}
	return in.replace(ctx, operands[0], "imported", func(db *database) (bool, error) {
		if len(db.Members()) == 0 {
			return false, fmt.Errorf("%s knows no stores; let its program load it once, and then import", db.path)
		}
		if db.Count() == 0 {
			return true, nil
		}
		fmt.Fprintf(in.stderr, "All rows and %s%s will be replaced.\n", counted(db.Count(), "session"), db.lastIDText())
		return in.ask(ctx, "Import into "+db.path+"?")
	}, func(m *committer.MultiCommitter) error {
		return m.Import(ctx, bufio.NewReaderSize(interruptible{ctx, from}, 1<<16))
	})
}

// replace opens a database for writing, has the change confirmed, makes it, and
// says what is there now.
func (in *inspector) replace(ctx context.Context, path, done string, confirm func(*database) (bool, error), change func(*committer.MultiCommitter) error) (status int, err error) {
	db, err := in.open(ctx, path, false)
	if err != nil {
		return exitFailed, err
	}
	defer func() {
		if closed := db.close(); closed != nil {
			status, err = exitFailed, errors.Join(err, closed)
		}
	}()
	if name, ok := db.external(); ok {
		return exitFailed, fmt.Errorf("%q keeps its state outside this database, and that would not change with it; nothing was changed: %w", name, committer.ErrExternal)
	}
	if key, decided, ok := db.Pending(); ok {
		return exitFailed, fmt.Errorf("the session %s is %s; let its program finish or cancel it first", textOfBytes(key), pendingState(decided))
	}
	if sure, err := confirm(db); err != nil {
		return exitFailed, err
	} else if !sure {
		return exitNo, nil
	}
	logger, clear := newProgress(in.stderr)
	m, err := db.load(ctx, logger)
	if err != nil {
		return exitFailed, err
	}
	err = change(m)
	last, some, _ := m.Last() // after an error nothing is said of it
	err = errors.Join(err, m.Close())
	clear()
	if err != nil {
		return exitFailed, err
	}
	switch {
	case in.json && some:
		err = in.writeObject(object{{"done", done}, {"sessions", last.Seq + 1}, {"id", last.ID.String()}})
	case in.json:
		err = in.writeObject(object{{"done", done}, {"sessions", 0}, {"id", nil}})
	case !some:
		_, err = fmt.Fprintf(in.stdout, "%s: there are no sessions now\n", done)
	default:
		_, err = fmt.Fprintf(in.stdout, "%s: %s, last ID %s\n", done, counted(last.Seq+1, "session"), last.ID)
	}
	return exitOK, err
}
