package crashtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// Config configures [Kill].
type Config struct {
	Open      func(path string) (KV, error)
	Kills     int // how many processes are killed
	SyncEvery int // as WithSyncEvery; with more than 1, acknowledged sessions may be lost
}

// atPath is the environment variable by which a child finds its files.
const atPath = "CRASHTEST_PATH"

// sessionsAtMost bounds the sessions that a child commits before it is killed.
const sessionsAtMost = 200

// Kill runs the test. Call nothing else in the test function, because the child
// process runs the same function.
func Kill(t *testing.T, c Config) {
	if path := os.Getenv(atPath); path != "" {
		if err := child(path, c); err != nil {
			fmt.Printf("failed %v\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		os.Exit(0)
	}
	path := t.TempDir() + "/db"
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	acked := uint64(0) // sessions that were acknowledged
	for n := range c.Kills {
		found, now, err := spawn(t.Name(), path, random)
		if err != nil {
			t.Fatalf("process %d: %v", n, err)
		}
		if c.SyncEvery > 1 {
			acked -= min(acked, uint64(c.SyncEvery-1))
		}
		if found.loaded && found.sessions < acked {
			t.Fatalf("process %d found %d sessions; %d were acknowledged", n, found.sessions, acked)
		}
		if found.loaded {
			acked = now
		}
	}
	store, err := c.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := compare(t.Context(), store, c)
	if err = errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	if c.SyncEvery <= 1 && found < acked {
		t.Fatalf("%d sessions are left; %d were acknowledged", found, acked)
	}
	t.Logf("%d kills, %d sessions", c.Kills, found)
}

// compare compares the database with an undisturbed run, and returns the number of
// its sessions.
func compare(ctx context.Context, store KV, c Config) (uint64, error) {
	left := newApp(plain(store), c.SyncEvery, nil)
	if err := left.m.Load(ctx); err != nil {
		return 0, err
	}
	if err := left.m.Cancel(ctx); err != nil { // the last kill may have left a session open
		return 0, err
	}
	next, err := left.next()
	if err != nil {
		return 0, err
	}
	if _, err := committertest.Compare(ctx, application(max(next, 1), false), left); err != nil {
		return 0, err
	}
	return next, left.m.Close()
}

// plain returns a process that nothing disturbs.
func plain(store KV) *committertest.Process {
	return committertest.NewProcess(kvtest.NewFault(store))
}

// start describes the database that a child found when it started.
type start struct {
	loaded   bool
	sessions uint64
}

// spawn runs a child and kills it at a random moment. It returns the database that
// the child found, and the number of sessions acknowledged so far.
func spawn(test, path string, random *rand.Rand) (found start, acked uint64, err error) {
	cmd := exec.Command(os.Args[0], "-test.run", "^"+test+"$")
	cmd.Env = append(os.Environ(), atPath+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return found, 0, err
	}
	if err := cmd.Start(); err != nil {
		return found, 0, err
	}
	lines := bufio.NewScanner(out)
	for range random.IntN(25) { // lines to read before the kill
		if !lines.Scan() {
			break
		}
		if err = found.read(lines.Text(), &acked); err != nil {
			break
		}
	}
	for range random.IntN(1_000_000) { // some work, so that not every kill is right after a line
		random.Uint64()
	}
	_ = cmd.Process.Kill()
	for err == nil && lines.Scan() { // lines that the child printed before it was killed
		err = found.read(lines.Text(), &acked)
	}
	_ = cmd.Wait() // the error says that it was killed
	return found, acked, err
}

// read reads a line that the child printed.
func (f *start) read(line string, acked *uint64) error {
	var n uint64
	switch {
	case strings.HasPrefix(line, "failed "):
		return errors.New(line)
	case scan(line, "loaded %d.", &n):
		*f = start{loaded: true, sessions: n}
		*acked = n
	case scan(line, "acknowledged %d.", &n):
		*acked = n
	}
	return nil // a line that the kill cut short, or one of the test framework
}

func scan(line, format string, n *uint64) bool {
	if !strings.HasSuffix(line, ".") {
		return false
	}
	_, err := fmt.Sscanf(line, format, n)
	return err == nil
}

// child commits sessions until it is killed.
func child(path string, c Config) error {
	ctx := context.Background()
	store, err := c.Open(path)
	if err != nil {
		return err
	}
	a := newApp(plain(store), c.SyncEvery, nil)
	if err := errors.Join(a.m.Load(ctx), a.m.Verify(ctx)); err != nil {
		return err
	}
	if _, ok, _ := a.m.Pending(); ok { // the kill left a session open
		if err := a.m.Cancel(ctx); err != nil {
			return err
		}
	}
	next, err := a.next()
	if err != nil {
		return err
	}
	fmt.Printf("loaded %d.\n", next)
	if next > 0 { // the key of the last session is answered with the same ID
		last, _, _ := a.m.Last()
		s, ran, err := a.m.Do(ctx, key(next-1), func(context.Context) error { return errors.New("it ran again") })
		if err != nil || ran || s.ID != last.ID {
			return fmt.Errorf("the last session again: ran %v, ID %s, want %s: %w", ran, s.ID, last.ID, err)
		}
	}
	for seq := next; seq < next+sessionsAtMost; seq++ {
		if _, err := a.run(ctx, seq); err != nil {
			return err
		}
		fmt.Printf("acknowledged %d.\n", seq+1)
	}
	return nil
}
