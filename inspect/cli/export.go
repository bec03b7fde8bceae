package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gencommittable/gencommittable/committer"
)

// export writes the state to a file.
func (p *program) export(ctx context.Context, operands []string) (status int, err error) {
	db, err := p.open(ctx, operands[0], true)
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	logger, done := newProgress(p.stderr)
	defer done()
	m, err := db.Load(ctx, committer.WithLogger(logger))
	if err != nil {
		return exitFailed, err
	}
	write := func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<16)
		return errors.Join(m.Export(ctx, buffered), buffered.Flush(), m.Close())
	}
	if operands[1] == "-" {
		err = write(p.stdout)
	} else {
		err = writeFile(operands[1], write)
	}
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// writeFile creates a file and writes it. If that fails, it removes the file.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; remove it, or give the name of a new file", path)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
