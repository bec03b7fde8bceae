package committertest

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// explorer runs the sessions with each disturbance.
type explorer[A any] struct {
	app     Application[A]
	options options
	want    *undisturbedRun
	calls   int // number of calls in the undisturbed run
	runs    int
}

// disturbance says how one run is disturbed. The zero value disturbs nothing.
type disturbance struct {
	call      int         // number of the disturbed call in the first process, from 1; 0: none
	when      kvtest.When // whether the call takes effect
	crash     bool        // the process crashes at the call; otherwise the call fails
	powerLoss bool        // the crash loses unsynced writes

	secondCall  int  // number of the disturbed call in the second process; 0: none
	secondFails bool // the second call fails; otherwise the second process crashes

	restarts bool // each session runs in a new process
}

func (d disturbance) String() string {
	switch {
	case d.restarts:
		return "with a restart before each session"
	case d.call == 0:
		return "in a second undisturbed run"
	case !d.crash:
		return fmt.Sprintf("with an error %v call %d took effect", d.when, d.call)
	case d.powerLoss:
		return fmt.Sprintf("with a crash %v call %d took effect, and loss of unsynced writes", d.when, d.call)
	}
	return fmt.Sprintf("with a crash %v call %d took effect", d.when, d.call)
}

// explore makes all runs that the package documentation lists. It stops at the
// first error.
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
			continue // disturb one call in each block of calls, at another position each time
		}
		for _, d := range e.disturbances(n) {
			if err := e.run(ctx, d); err != nil {
				return e, err
			}
		}
	}
	return e, nil
}

// secondCalls limits the disturbed call of the second process to its first calls:
// recovery, and then sessions. The number is odd, so that each of these calls
// crashes for some n and fails for others.
const secondCalls = 13

// disturbances returns the disturbances of call n.
func (e *explorer[A]) disturbances(n int) []disturbance {
	var all []disturbance
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		crash := disturbance{call: n, when: when, crash: true, secondCall: 1 + n%secondCalls, secondFails: n%2 == 0}
		all = append(all, disturbance{call: n, when: when}, crash)
		if e.options.open == nil {
			crash.powerLoss = true
			all = append(all, crash)
		}
	}
	return all
}

// run runs all sessions on a new machine, with one disturbance.
func (e *explorer[A]) run(ctx context.Context, d disturbance) error {
	e.runs++
	c, err := e.newClient(ctx, d)
	if err != nil {
		return err
	}
	err = c.runProcesses()
	if closed := c.machine.close(); err == nil && closed != nil {
		err = fmt.Errorf("closing the KV: %w", closed)
	}
	if err != nil {
		return fmt.Errorf("committertest: %v%s: %w", d, c.where(), err)
	}
	return nil
}
