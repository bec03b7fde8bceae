package inspector

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// export writes the state to a file.
func (in *inspector) export(ctx context.Context, operands []string) (status int, err error) {
	db, err := in.open(ctx, operands[0], true)
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	logger, done := newProgress(in.stderr)
	defer done()
	m, err := db.load(ctx, logger)
	if err != nil {
		return exitFailed, err
	}
	write := func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<16)
		return errors.Join(m.Export(ctx, buffered), buffered.Flush(), m.Close())
	}
	if operands[1] == "-" {
		err = write(in.stdout)
	} else {
		err = writeFile(operands[1], write)
	}
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// writeFile writes a file that must not exist, and removes it if that fails.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; name a new file, or remove it", path)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
