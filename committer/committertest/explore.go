package committertest

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// explorer goes through all disturbances.
type explorer[A any] struct {
	app     Application[A]
	options options
	want    *undisturbed
	calls   int // of the KV, in the undisturbed run
	runs    int
}

// disturbance is what happens to one run. The zero value is nothing.
type disturbance struct {
	call  int         // of the first process, from 1; 0: none
	when  kvtest.When // before it took effect, or after
	crash bool        // it is the last call; else it fails
	power bool        // the crash is one of the machine

	again      int  // with crash: the call of the second process that is its last one,
	againFails bool // or that fails

	restarts bool // before every session, there is a new process
}

func (d disturbance) String() string {
	switch {
	case d.restarts:
		return "with a restart before each session"
	case d.call == 0:
		return "undisturbed, but a second time"
	case !d.crash:
		return fmt.Sprintf("with an error %v call %d took effect", d.when, d.call)
	case d.power:
		return fmt.Sprintf("with a crash %v call %d took effect, and loss of what was not synced", d.when, d.call)
	}
	return fmt.Sprintf("with a crash %v call %d took effect", d.when, d.call)
}

// explore does all that the package promises.
func explore[A any](ctx context.Context, app Application[A], opts []Option) (*explorer[A], error) {
	e := &explorer[A]{app: app, options: options{every: 5}}
	for _, opt := range opts {
		opt(&e.options)
	}
	if err := app.valid(); err != nil {
		return e, err
	}
	if err := e.runUndisturbed(ctx); err != nil {
		return e, fmt.Errorf("committertest: %w", err)
	}
	for _, d := range []disturbance{{}, {restarts: true}} {
		if err := e.run(ctx, d); err != nil {
			return e, err
		}
	}
	for n := 1; n <= e.calls; n++ {
		if n%e.options.every != n/e.options.every%e.options.every {
			continue // each of n calls has its turn, in another block of n
		}
		for _, d := range e.disturbances(n) {
			if err := e.run(ctx, d); err != nil {
				return e, err
			}
		}
	}
	return e, nil
}

// secondCrashes is among how many calls of the second process the disturbed one
// moves on; odd, so that each of them crashes for some n and fails for others.
// Recovery takes fewer, and then come sessions.
const secondCrashes = 13

// disturbances returns those of a call.
func (e *explorer[A]) disturbances(n int) []disturbance {
	var all []disturbance
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		crash := disturbance{call: n, when: when, crash: true, again: 1 + n%secondCrashes, againFails: n%2 == 0}
		all = append(all, disturbance{call: n, when: when}, crash)
		if e.options.open == nil {
			crash.power = true
			all = append(all, crash)
		}
	}
	return all
}

// run does one run, on a machine of its own.
func (e *explorer[A]) run(ctx context.Context, d disturbance) error {
	e.runs++
	c, err := e.newClient(ctx, d)
	if err != nil {
		return err
	}
	err = c.drive()
	if closed := c.machine.close(); err == nil && closed != nil {
		err = fmt.Errorf("closing the KV: %w", closed)
	}
	if err != nil {
		return fmt.Errorf("committertest: %v%s: %w", d, c.where(), err)
	}
	return nil
}
