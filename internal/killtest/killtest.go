package killtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// KV is a durable KV that can be closed.
type KV interface {
	kv.KV
	io.Closer
}

// Config is what a test wants.
type Config struct {
	Open      func(path string) (KV, error)
	Kills     int // how many processes are killed
	SyncEvery int // as WithSyncEvery; with more than 1, acknowledged sessions may be lost
}

// atPath is the environment variable by which a child finds its files.
const atPath = "KILLTEST_PATH"

// sessionsAtMost is how many sessions a child commits if nobody kills it.
const sessionsAtMost = 200

// app is what the children run: two generated stores whose sessions depend on
// the state before, so that one that ran twice, or was lost, shows.
type app struct {
	m         *committer.MultiCommitter
	accounts  *generated.AccountStore
	transfers *generated.TransferStore
}

func newApp(store kv.KV, c Config) *app {
	a := &app{accounts: generated.NewAccountStore(), transfers: generated.NewTransferStore()}
	a.m = committer.NewCommitter(store, map[string]committer.Committable{
		a.accounts.Name(): a.accounts, a.transfers.Name(): a.transfers,
	}, committer.WithSyncEvery(c.SyncEvery), committer.WithRecords(5), committer.WithHistory(50),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 4 << 10, Growth: 0.01}))
	return a
}

func key(seq uint64) []byte { return fmt.Appendf(nil, "session-%06d", seq) }

// run commits the session with this sequence.
func (a *app) run(ctx context.Context, seq uint64) (committer.Session, error) {
	s, _, err := a.m.Do(ctx, key(seq), func(context.Context) error {
		id := fmt.Sprintf("account-%02d", seq*7%30)
		row, _ := a.accounts.Get(id)
		row.ID, row.Owner, row.IBAN = id, generated.Owner(fmt.Sprint("owner-", seq%5)), id
		row.Balance = 3*row.Balance + generated.Cents(seq)
		err := errors.Join(a.accounts.Put(row), a.transfers.Put(generated.Transfer{ID: seq, Amount: int64(a.accounts.Len())}))
		if seq > 20 {
			_, gone := a.transfers.Delete(seq - 20)
			err = errors.Join(err, gone)
		}
		return err
	})
	return s, err
}

// next returns the sequence of the session that comes next.
func (a *app) next() (uint64, error) {
	last, ok, err := a.m.Last()
	if err != nil || !ok {
		return 0, err
	}
	return last.Seq + 1, nil
}

// Run is the test. It must be the first thing in a test function whose name is
// that of t; the child runs the same function.
func Run(t *testing.T, c Config) {
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
	check(t, path, c, acked)
}

// start is what a child found when it began.
type start struct {
	loaded   bool
	sessions uint64
}

// spawn runs a child and kills it at a random moment. It returns how many
// sessions the child found, and how many are acknowledged now.
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
	for err == nil && lines.Scan() { // what it had told before it died
		err = found.read(lines.Text(), &acked)
	}
	_ = cmd.Wait() // it was killed, and says so
	return found, acked, err
}

// read takes a line of the child.
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
	return nil // a line that was cut short by the kill, or is the test framework's
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
	a := newApp(store, c)
	if err := errors.Join(a.m.Load(ctx), a.m.Verify(ctx)); err != nil {
		return err
	}
	if _, ok, _ := a.m.Pending(); ok { // what the kill has left open
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

// check compares what is left with a run that nothing has disturbed.
func check(t *testing.T, path string, c Config, acked uint64) {
	ctx := context.Background()
	store, err := c.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	left := newApp(store, c)
	if err := errors.Join(left.m.Load(ctx), left.m.Verify(ctx)); err != nil {
		t.Fatal(err)
	}
	next, err := left.next()
	if err != nil {
		t.Fatal(err)
	}
	if c.SyncEvery <= 1 && next < acked {
		t.Fatalf("%d sessions are left; %d were acknowledged", next, acked)
	}
	t.Logf("%d kills, %d sessions", c.Kills, next)
	want := newApp(memkv.New(), c)
	if err := want.m.Load(ctx); err != nil {
		t.Fatal(err)
	}
	for seq := range next {
		s, err := want.run(ctx, seq)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok, err := left.m.Lookup(key(seq)); err != nil || ok && got.ID != s.ID {
			t.Fatalf("session %d has ID %s, undisturbed it has %s (%v)", seq, got.ID, s.ID, err)
		}
	}
	for name, stores := range map[string][2]string{
		"accounts":  {rows(want.accounts.All()), rows(left.accounts.All())},
		"transfers": {rows(want.transfers.All()), rows(left.transfers.All())},
	} {
		if stores[0] != stores[1] {
			t.Errorf("%s:\n%s\nundisturbed:\n%s", name, stores[1], stores[0])
		}
	}
	if err := errors.Join(left.m.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
}

func rows[K, V any](all func(func(K, V) bool)) string {
	var b bytes.Buffer
	for _, row := range all {
		fmt.Fprintf(&b, "%+v\n", row)
	}
	return b.String()
}
