package committertest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// undisturbedRun holds the results of a run without errors and crashes.
type undisturbedRun struct {
	index    map[string]int       // index of each session by its key
	sessions []*committer.Session // nil if the application refused the request
	states   []string             // before each session, and after the last one
	last     int                  // index of the last committed session; -1: none
}

// runUndisturbed runs the sessions undisturbed. It sets e.want and e.calls.
func (e *explorer[A]) runUndisturbed(ctx context.Context) error {
	e.runs++
	w := &undisturbedRun{index: make(map[string]int), last: -1}
	if e.app.Reset != nil {
		e.app.Reset()
	}
	machine, err := e.options.newMachine()
	if err != nil {
		return fmt.Errorf("opening the KV: %w", err)
	}
	p := NewProcess(kvtest.NewFault(machine.kv()))
	defer p.End()
	app, err := e.app.Open(p)
	if err != nil {
		return fmt.Errorf("undisturbed run: Open: %w", err)
	}
	m := e.app.Committer(app)
	if err := m.Load(ctx); err != nil {
		return fmt.Errorf("undisturbed run: Load: %w", err)
	}
	w.states = append(w.states, e.app.State(app))
	for i, s := range e.app.Sessions {
		if err := s.Run(ctx, app); err != nil {
			return fmt.Errorf("undisturbed run: session %q: %w", s.Key, err)
		}
		got, found, err := m.Lookup([]byte(s.Key))
		if err != nil {
			return fmt.Errorf("undisturbed run: session %q: %w", s.Key, err)
		}
		w.index[s.Key] = i
		w.sessions = append(w.sessions, nil)
		if found {
			w.sessions[i], w.last = &got, i
		}
		w.states = append(w.states, e.app.State(app))
	}
	if w.last < 0 {
		return fmt.Errorf("undisturbed run: no session was committed under its key, for example %q", e.app.Sessions[0].Key)
	}
	if err := m.Close(); err != nil {
		return fmt.Errorf("undisturbed run: Close: %w", err)
	}
	e.calls, e.want = p.fault.Calls(), w
	p.End()
	return machine.close()
}

// durable returns the number of requests up to the last one whose session has a
// sequence up to seq.
func (w *undisturbedRun) durable(seq uint64) int {
	n := 0
	for i, s := range w.sessions {
		if s != nil && s.Seq <= seq {
			n = i + 1
		}
	}
	return n
}

// refused reports whether the application refused all requests in [from, to).
func (w *undisturbedRun) refused(from, to int) bool {
	for _, s := range w.sessions[from:to] {
		if s != nil {
			return false
		}
	}
	return true
}

// compare implements Compare.
func compare[A any](ctx context.Context, app Application[A], running A) (int, error) {
	m := app.Committer(running)
	if key, pending, err := m.Pending(); err != nil || pending {
		return 0, errors.Join(err, fmt.Errorf("session %q is pending; finish it first", key))
	}
	state := app.State(running)
	last, found, err := m.Last()
	if err != nil {
		return 0, err
	}
	n := 0
	if found {
		n = 1 + slices.IndexFunc(app.Sessions, func(s Session[A]) bool { return s.Key == string(last.Key) })
		if n == 0 {
			return 0, fmt.Errorf("the last session, %q, is not in Sessions", last.Key)
		}
	}
	app.Sessions = app.Sessions[:n]
	e := &explorer[A]{app: app}
	if n > 0 {
		if err := e.runUndisturbed(ctx); err != nil {
			return 0, err
		}
		if diff := stateDiff(state, e.want.states[n]); diff != "" {
			return 0, errors.New(diff)
		}
	}
	c := &client[A]{explorer: e, ctx: ctx}
	return n, c.verify(&process[A]{app: running, m: m})
}
