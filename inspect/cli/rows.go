package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
)

// rows lists the rows of a store.
func (p *program) rows(ctx context.Context, operands []string) (status int, err error) {
	db, err := p.open(ctx, operands[0], true)
	if err != nil {
		return exitFailed, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	out := bufio.NewWriter(p.stdout)
	for row, err := range db.Rows(ctx, operands[1]) {
		switch {
		case err != nil:
			return exitFailed, errors.Join(err, out.Flush())
		case p.json:
			err = writeObject(out, object{{"key", rowObject(row.Key)}, {"row", rowObject(row.Values)}})
		default:
			_, err = fmt.Fprintln(out, textOfKey(row.Key))
			showFields(out, "  ", row.Values)
		}
		if err != nil {
			return exitFailed, err
		}
	}
	if err := out.Flush(); err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}
