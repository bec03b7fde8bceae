package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// workerCommand is the command of the process that the demo kills. It is not for
// users.
const workerCommand = "demo-worker"

// stepsAtMost limits a worker that is never killed, because the demo has ended.
const stepsAtMost = 5000

// work continues the script on a file, where the last worker was killed. It prints
// a line for each session after its commit.
func work(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New(workerCommand + " is called by the demo with one file")
	}
	return use(ctx, args[0], func(l *Ledger) error {
		next, err := nextStep(l)
		if err != nil {
			return err
		}
		for step := next; step < next+stepsAtMost; step++ {
			r, refused, err := runStep(ctx, l, step)
			if err != nil {
				return fmt.Errorf("step %d: %w", step, err)
			}
			if refused {
				continue
			}
			if _, err := fmt.Fprintln(out, acknowledgement{r.Session.Seq, r.Session.ID.String()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// acknowledgement is one line that a worker prints.
type acknowledgement struct {
	seq uint64
	id  string
}

func (a acknowledgement) String() string { return fmt.Sprintf("committed %d %s.", a.seq, a.id) }

// parseAcknowledgement reads the line of an acknowledgement. ok is false if the kill
// cut the line short.
func parseAcknowledgement(line string) (a acknowledgement, ok bool) {
	n, err := fmt.Sscanf(line, "committed %d %64s", &a.seq, &a.id)
	return a, err == nil && n == 2 && line == a.String()
}
