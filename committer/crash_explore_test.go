package committer_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// explorer runs a script with every possible fault.
type explorer struct {
	*harness
	runs int // processes that were disturbed

	keys map[string]bool // every key of the KV that an undisturbed process uses
	seen map[string]bool // what was explored, by fingerprint
}

func newExplorer(h *harness) *explorer {
	return &explorer{harness: h, keys: make(map[string]bool), seen: make(map[string]bool)}
}

// fingerprint identifies a situation by the disk, the state of the client, and
// the number of crashes to come. Most calls change nothing, so most crashes leave
// a situation that was explored before.
func (e *explorer) fingerprint(d *disk, c client, times int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %+v", times, c)
	for _, key := range slices.Sorted(maps.Keys(e.keys)) {
		if value, err := d.kv.Get(context.Background(), []byte(key)); err == nil {
			fmt.Fprintf(&b, " %s=%x", key, value)
		}
	}
	for _, db := range d.dbs {
		fmt.Fprintf(&b, " %q", db.Lines())
	}
	return b.String()
}

// finish runs the rest of the script undisturbed, over a copy of the disk, and
// returns the number of calls.
func (e *explorer) finish(d *disk, c client) (calls int, err error) {
	p := e.start(d.survivor(d.kv.Pending()), fault{})
	if err := c.drive(p, len(e.script.steps)); err != nil {
		return 0, fmt.Errorf("undisturbed: %w", err)
	}
	calls = p.calls.Calls()
	if err := p.m.Verify(context.Background()); err != nil {
		return 0, violated("undisturbed: Verify: %v", err)
	}
	for _, call := range p.calls.Log() {
		for _, key := range call.Keys {
			e.keys[key] = true
		}
	}
	return calls, nil
}

// crashes crashes at every call of the rest of the script, before and after the
// call takes effect, with every possible loss of unsynced writes. It repeats that
// in the run after each crash, up to the given number of crashes.
func (e *explorer) crashes(d *disk, c client, times int) error {
	return e.explore(d, c, times, fault{crash: true})
}

// errors makes length calls in a row fail, beginning at every call in turn. The
// process goes on afterwards, unless a failed Sync closed it.
func (e *explorer) errors(length int) error {
	return e.explore(e.newDisk(), client{}, 1, fault{length: length})
}

// explore puts the fault at every call of a process in turn.
func (e *explorer) explore(d *disk, c client, times int, f fault) error {
	calls, err := e.finish(d, c)
	if err != nil || times == 0 {
		return err
	}
	for f.n = 1; f.n <= calls; f.n++ {
		for _, f.when = range []kvtest.When{kvtest.Before, kvtest.After} {
			if err := e.disturb(d, c, times, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// disturb runs a process with a fault, and explores every situation after it.
func (e *explorer) disturb(d *disk, c client, times int, f fault) error {
	e.runs++
	p := e.start(d.survivor(d.kv.Pending()), f)
	if err := c.drive(p, len(e.script.steps)); err != nil {
		return fmt.Errorf("%s: %w", p.where(), err)
	}
	if !p.over() {
		if f.crash {
			return fmt.Errorf("%s: %w", p.where(), violated("the call was not made: runs differ"))
		}
		return nil
	}
	for _, k := range e.losses(p.disk) {
		next, left := c, p.disk.survivor(k)
		next.mustPend = c.mustPend && k == p.disk.kv.Pending()
		same := e.fingerprint(left, next, times-1)
		if e.seen[same] {
			continue
		}
		e.seen[same] = true
		if err := e.explore(left, next, times-1, f); err != nil {
			return fmt.Errorf("%s; %d of %d unsynced writes are left; %w", p.where(), k, p.disk.kv.Pending(), err)
		}
	}
	return nil
}
