package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/kv/boltkv"
)

// TestMain runs the worker of the demo. The demo starts its own program as the
// process that it kills, and in a test that is the test binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerCommand {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// shell runs the program on a ledger in a temporary folder.
type shell struct {
	t  *testing.T
	db string
}

func newShell(t *testing.T) *shell { return &shell{t, filepath.Join(t.TempDir(), "ledger.db")} }

// call runs a command line whose words are separated by spaces.
func (s *shell) call(line string) (status int, stdout, stderr string) {
	words := strings.Fields(line)
	words = append(words[:1:1], append([]string{"-db", s.db}, words[1:]...)...)
	var out, err bytes.Buffer
	status = run(s.t.Context(), words, &out, &err)
	return status, out.String(), err.String()
}

// does runs a command line that must succeed, and returns its output.
func (s *shell) does(line string) string {
	s.t.Helper()
	status, stdout, stderr := s.call(line)
	if status != 0 {
		s.t.Fatalf("%s: status %d: %s", line, status, stderr)
	}
	return stdout
}

// fails runs a command line that must fail with a status and an error that contains
// want, and print nothing to stdout.
func (s *shell) fails(line string, status int, want string) {
	s.t.Helper()
	got, stdout, stderr := s.call(line)
	if got != status || stdout != "" || !strings.Contains(stderr, want) {
		s.t.Errorf("%s: status %d, stdout %q, stderr %q; want status %d and %q", line, got, stdout, stderr, status, want)
	}
}

func (s *shell) file(content string) string {
	s.t.Helper()
	name := filepath.Join(s.t.TempDir(), "rows.csv")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return name
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// session runs the example of the README.
func (s *shell) session() string {
	s.t.Helper()
	out := s.does("open -overdraft unlimited bank") +
		s.does("open alice") +
		s.does("post -date 2026-03-30 -key r1 bank alice 2500 wages") +
		s.does("post -date 2026-03-31 -key r2 alice bank 300")
	s.fails("post -date 2026-03-31 alice bank 9000", 1, "not enough money: account alice would be at -6800, and its overdraft is 0")
	return out
}

const wantBalance = `account  balance  overdraft
alice    2200     0
bank     -2200    unlimited
`

const wantHistory = `date        transfer  account  amount  balance  note
2026-03-30  0         bank     +2500   2500     wages
2026-03-31  1         bank     -300    2200     
`

const wantVerify = `accounts   2
transfers  2
sessions   4
commit_id  5b7369ef285a8002547afe184c9e5a8a107caffc72a379ddeea10dc85a44db9a
verified   yes
`

func TestPostedTransfersAreReported(t *testing.T) {
	s := newShell(t)
	s.session()
	expect(t, s.does("balance"), wantBalance)
	expect(t, s.does("balance alice"), "account  balance  overdraft\nalice    2200     0\n")
	expect(t, s.does("history alice"), wantHistory)
	expect(t, s.does("verify"), wantVerify)
}

func TestRequestIsPostedOnce(t *testing.T) {
	s := newShell(t)
	s.session()
	id := regexp.MustCompile("session .*\ncommit_id .*\n")
	first := s.does("post -date 2026-04-01 -key r3 bank alice 7")
	for _, again := range []string{"post -key r3 bank alice 7", "post -date 2026-04-01 -key r3 bank alice 7"} {
		second := s.does(again) // perhaps on another day
		expect(t, id.FindString(second), id.FindString(first))
		if !strings.HasPrefix(second, "request r3 was committed before\n") {
			t.Errorf("%s: %s", again, second)
		}
	}
	s.fails("post -key r3 bank alice 8", 1, `this request was made before, for something else: r3 was 2026-04-01 bank -> alice 7 ""`)
	s.fails("post -key r3 -date 2026-04-02 bank alice 7", 1, "this request was made before, for something else")
	s.fails("open -overdraft 5 alice", 1, "account alice is open already, with an overdraft of 0")
	if out := s.does("open alice"); !strings.HasPrefix(out, "account alice was committed before\nsession    1\n") {
		t.Error(out)
	}
	expect(t, s.does("balance alice"), "account  balance  overdraft\nalice    2207     0\n")
}

func TestOverdraft(t *testing.T) {
	s := newShell(t)
	s.does("open bank")
	s.does("open -overdraft 100 alice")
	s.does("post alice bank 100")
	s.fails("post alice bank 1", 1, "not enough money: account alice would be at -101, and its overdraft is 100")
	s.does("post bank alice 100")
}

func TestBadInput(t *testing.T) {
	s := newShell(t)
	s.fails("balance", 1, "there is no ledger "+s.db)
	s.session()
	before := s.does("verify")
	for line, want := range map[string]string{
		"post bank carol 1":                         "unknown account carol",
		"post carol bank 1":                         "unknown account carol",
		"balance carol":                             "unknown account carol",
		"history carol":                             "unknown account carol",
		"post bank bank 1":                          "from and to are both account bank",
		"post bank alice 0":                         "amount 0 is not above zero",
		"post bank alice -5":                        "amount -5 is not above zero; to move money the other way, swap the accounts",
		"post bank alice 2.50":                      `amount "2.50" is not a whole number of minor units`,
		"post bank alice many":                      `amount "many" is not a whole number`,
		"post bank alice 1000000000000000001":       "amount 1000000000000000001 is more than 1000000000000000000",
		"post bank alice 99999999999999999999":      "amount 99999999999999999999 is more than",
		"post bank alice 1000000000000000000":       "account alice would be at 1000000000000002200",
		"post -date 31.3.2026 bank alice 1":         `date "31.3.2026" is not a day such as 2026-03-31`,
		"open a\u200bb":                             "is not a name for an account",
		"open -overdraft 1000000000000000001 carol": "an overdraft of 1000000000000000001 is not between",
		"import nowhere.csv":                        "open nowhere.csv: ",
	} {
		s.fails(line, 1, want)
	}
	for line, want := range map[string]string{
		"post bank alice":                      "wrong command line: post: AMOUNT is missing (see post -h)",
		"open":                                 "open: ACCOUNT is missing",
		"post bank alice 1 note -key x":        "flags such as -key stand before the arguments",
		"post bank alice 1 note more":          `"more" is one argument too many`,
		"open -overdraft -1 carol":             "must be a number of minor units or unlimited",
		"import -batch 0 x.csv":                "-batch is 0",
		"history -fast":                        "flag provided but not defined: -fast",
		"pots bank alice 1":                    `there is no command "pots"`,
		"verify now":                           `"now" is one argument too many`,
		"import":                               "FILE is missing",
		"demo":                                 "flag provided but not defined: -db",
		"import -overdraft everything rows.cs": "must be a number",
	} {
		s.fails(line, 2, want)
	}
	expect(t, s.does("verify"), before)
}

func TestLockedLedger(t *testing.T) {
	s := newShell(t)
	s.session()
	store, err := boltkv.Open(s.db, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.fails("balance", 1, "another process has the KV open; close it there first")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, s.does("balance"), wantBalance)
}

func TestVerifyFindsAWrongBalance(t *testing.T) {
	s := newShell(t)
	s.session()
	err := use(t.Context(), s.db, func(l *Ledger) error {
		_, err := l.do(t.Context(), "by hand", func() error {
			return l.Accounts.Update("alice", func(a *Account) error { a.Balance++; return nil })
		})
		if err == nil || !strings.Contains(err.Error(), "the session is out of balance by 1") {
			t.Errorf("money from nowhere: %v", err)
		}
		_, err = l.do(t.Context(), "by hand", func() error { // the check of the session does not find this
			if err := l.Accounts.Update("alice", func(a *Account) error { a.Balance++; return nil }); err != nil {
				return err
			}
			return l.Accounts.Update("bank", func(a *Account) error { a.Balance--; return nil })
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.fails("verify", 1, "account alice is at 2201; its transfers add up to 2200")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"help"}, {"post", "-h"}} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), args, &stdout, &stderr); status != 0 || !strings.HasPrefix(stderr.String(), "usage: ") {
			t.Errorf("%v: status %d, %s", args, status, stderr.String())
		}
	}
}
