package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv/boltkv"
)

var update = flag.Bool("update", false, "rewrite the expected output of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"committable": main, "mkdb": makeDatabase})
}

// TestScripts runs the scripts, each about one command. They can also run
//
//	mkdb FILE SESSIONS [fork=N] [pending] [external] [pruned] [forget]
//
// which commits that many sessions of accounts and pairs to a bolt file, after
// those that are in it. With fork=N, session N differs. With forget, the store of
// accounts is forgotten at the end, and another store gets its name.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"lock":   lock,
			"status": status,
			"damage": damage,
		},
	})
}

// lock holds a bolt file open until the end of the script.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	db, err := boltkv.Open(ts.MkAbs(args[0]), nil)
	ts.Check(err)
	ts.Defer(func() { ts.Check(db.Close()) })
}

// status runs a command that must end with the exit status in the first
// argument.
func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// damage flips a bit in the value of a key in a bolt file.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	db, err := boltkv.Open(ts.MkAbs(args[0]), nil)
	ts.Check(err)
	value, err := db.Get(ctx, []byte(args[1]))
	ts.Check(err)
	value[len(value)/2] ^= 1
	ts.Check(db.Set(ctx, []byte(args[1]), value))
	ts.Check(db.Close())
}

// makeDatabase is mkdb.
func makeDatabase() {
	if err := writeDatabase(context.Background(), os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writeDatabase(ctx context.Context, path, sessions string, options []string) error {
	n, err := strconv.Atoi(sessions)
	if err != nil {
		return err
	}
	fork := -1
	var opts []committer.CommitterOpt
	for _, o := range options {
		if at, ok := strings.CutPrefix(o, "fork="); ok {
			if fork, err = strconv.Atoi(at); err != nil {
				return err
			}
		}
		if o == "pruned" {
			opts = append(opts, committer.WithRecords(0), committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 0.01}))
		}
	}
	db, err := boltkv.Open(path, nil)
	if err != nil {
		return err
	}
	accounts, pairs := generated.NewAccountStore(), generated.NewPairStore()
	committables := map[string]committer.Committable{accounts.Name(): accounts, pairs.Name(): pairs}
	if slices.Contains(options, "external") {
		committables["mail"] = mail{}
	}
	m := committer.NewCommitter(db, committables, opts...)
	if err := m.Load(ctx); err != nil {
		return err
	}
	for i := range n {
		_, _, err := m.Do(ctx, fmt.Appendf(nil, "block-%d", i), func(context.Context) error {
			row := generated.Account{ID: "alice", Owner: "Alice A.", IBAN: "DE1", Balance: generated.Cents(100 * i)}
			if i == fork {
				row.Balance = -1
			}
			if err := accounts.Put(row); err != nil {
				return err
			}
			if i%2 == 0 {
				return nil
			}
			bob := generated.Account{ID: fmt.Sprintf("bob %d", i), IBAN: fmt.Sprint(i), Opened: time.Unix(1767323045, 6), Tags: []string{"vip", ""}}
			if err := accounts.Put(bob); err != nil {
				return err
			}
			if _, err := accounts.Delete(fmt.Sprintf("bob %d", i-2)); err != nil {
				return err
			}
			return pairs.Put(generated.Pair{Left: true, Weight: int32(-i)})
		})
		if err != nil {
			return err
		}
	}
	if slices.Contains(options, "pending") {
		return m.Begin(ctx, []byte{0, 1, 255}) // and the process ends
	}
	if err := m.Close(); err != nil {
		return err
	}
	if slices.Contains(options, "forget") {
		delete(committables, accounts.Name())
		m := committer.NewCommitter(db, committables, opts...)
		err := errors.Join(m.Forget(ctx, accounts.Name()), m.Load(ctx), m.Register(accounts.Name(), generated.NewTransferStore()), m.Close())
		if err != nil {
			return err
		}
	}
	return db.Close()
}

// mail is an external committable that does nothing.
type mail struct{}

func (mail) Begin(context.Context, []byte) error                  { return nil }
func (mail) BeginRecovery(context.Context, []byte) error          { return nil }
func (mail) Commit(_ context.Context, key []byte) ([]byte, error) { return key, nil }
func (mail) Cancel(context.Context) error                         { return nil }
