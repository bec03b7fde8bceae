package sqlcommittable_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/gencommittable/gencommittable/committable/sqlcommittable"
)

// disturbance is what happens at one step of a process.
type disturbance struct {
	n      int  // the step, counted from 1
	after  bool // it has taken effect by then
	killed bool // the process ends there by SIGKILL; else the step returns an error
	steps  int  // so far
}

var errInjected = errors.New("injected failure")

func (d *disturbance) step(do func() error) error {
	if d.steps++; d.steps != d.n {
		return do()
	}
	if d.after {
		_ = do() // its answer is lost
	}
	if d.killed {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // it is on its way
	}
	return errInjected
}

// every is the number of steps between two disturbances of a test.
func every() int {
	if os.Getenv("GENCOMMITTABLE_LONG") == "1" {
		return 1
	}
	return 5
}

// newSite returns an empty site, and the image of a site after undisturbed sessions.
// reset empties the databases and returns a site with another directory.
func newSite(t *testing.T) (want string, reset func() site) {
	schema := newPlace(t, sqlcommittable.PostgreSQL).at
	reset = func() site {
		s := site{t.TempDir(), schema}
		a, err := openApp(s, undisturbed) // there may be no table yet
		must(t, err)
		for _, table := range []string{"payments", "totals", "committable_sessions"} {
			execute(t, a.dbs[1], "DELETE FROM "+table)
		}
		must(t, a.Close())
		return s
	}
	return finish(t, reset()), reset
}

// finish commits the remaining sessions without disturbance, and returns the image.
func finish(t *testing.T, s site) string {
	t.Helper()
	ctx := t.Context()
	a, err := openApp(s, undisturbed)
	must(t, err)
	defer a.Close()
	for n := range sessions {
		_, err := a.run(ctx, n)
		must(t, err)
	}
	must(t, a.m.Verify(ctx))
	got, err := a.image(ctx)
	must(t, err)
	return got
}

// TestErrorAtEveryStep makes every call of the KV and of the databases fail, before or
// after it took effect. The same process goes on.
func TestErrorAtEveryStep(t *testing.T) {
	ctx := t.Context()
	want, reset := newSite(t)
	for n := 1; ; n += every() {
		for _, after := range []bool{false, true} {
			d := &disturbance{n: n, after: after}
			a, err := openApp(reset(), d.step)
			must(t, err)
			for i := range sessions {
				for range 6 {
					if _, err = a.run(ctx, i); err == nil {
						break
					}
				}
				if err != nil {
					t.Fatalf("an error at step %d (after it took effect: %v): there is no way on: %v", n, after, err)
				}
			}
			if d.steps < n {
				t.Logf("%d steps", d.steps)
				must(t, a.Close())
				return
			}
			got, err := a.image(ctx)
			must(t, err)
			if got != want {
				t.Fatalf("an error at step %d (after it took effect: %v) leaves\n%s\nundisturbed:\n%s", n, after, got, want)
			}
			must(t, a.Close())
		}
	}
}

// killAt is the environment variable that passes the site, and the step at which it is
// killed, to a child process.
const killAt = "SQLCOMMITTABLE_KILL_AT"

// TestKilledAtEveryStep kills a process by SIGKILL at every call of the KV and of the
// databases, before or after it took effect. It kills the process that recovers in the
// same way, and lets a third one finish.
func TestKilledAtEveryStep(t *testing.T) {
	if at := os.Getenv(killAt); at != "" {
		if err := child(at); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	want, reset := newSite(t)
	for n := 1; ; n += every() {
		for _, after := range []bool{false, true} {
			s := reset()
			if !kill(t, s, n, after) {
				t.Logf("%d steps are too many", n)
				return
			}
			_ = kill(t, s, 1+n%11, after) // it may be over before
			if got := finish(t, s); got != want {
				t.Fatalf("a kill at step %d (after it took effect: %v) leaves\n%s\nundisturbed:\n%s", n, after, got, want)
			}
		}
	}
}

// kill runs a child and reports whether it was killed, or had finished before.
func kill(t *testing.T, s site, n int, after bool) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestKilledAtEveryStep$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %v %s %s", killAt, n, after, s.schema, s.dir))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
		return true
	}
	t.Fatalf("the child that is killed at step %d: %v\n%s", n, err, out)
	return false
}

// child commits all sessions unless it is killed.
func child(at string) error {
	d, s := &disturbance{killed: true}, site{}
	if _, err := fmt.Sscanf(at, "%d %t %s %s", &d.n, &d.after, &s.schema, &s.dir); err != nil {
		return err
	}
	a, err := openApp(s, d.step)
	if err != nil {
		return err
	}
	for n := range sessions {
		if _, err := a.run(context.Background(), n); err != nil {
			return err
		}
	}
	return nil
}
