package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gencommittable/gencommittable/committer"
)

func TestDemo(t *testing.T) {
	kills := "8"
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		kills = "50"
	}
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"demo", "-kills", kills}, &stdout, &stderr); status != 0 {
		t.Fatalf("status %d\n%s%s", status, stdout.String(), stderr.String())
	}
	for _, want := range []string{
		"SIGKILL, " + kills + " times,",
		"\n    " + kills + "  ",
		"\nNothing is lost after " + kills + " kills: all ",
		"\nkills " + kills + "  sessions ",
	} {
		if want = strings.Replace(want, "    50", "   50", 1); !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
	expectDemoInReadme(t, stdout.String())
	for line := range strings.Lines(stdout.String()) {
		if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > 100 {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
}

var (
	commitIDs = regexp.MustCompile("[0-9a-f]{64}")
	numbers   = regexp.MustCompile(" *[0-9]+")
)

// expectDemoInReadme compares the output of the demo in the README with an output.
// It ignores numbers, which depend on the moments of the kills.
func expectDemoInReadme(t *testing.T, output string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "```text\n")
	shown, _, _ = strings.Cut(shown, "```")
	ignoreNumbers := func(text string) string {
		return numbers.ReplaceAllString(commitIDs.ReplaceAllString(text, "ID"), " N")
	}
	known := ignoreNumbers(output + fmt.Sprintf(demoUnacknowledged, count(2, "session")))
	for line := range strings.Lines(ignoreNumbers(shown)) {
		if !strings.Contains(known, line) {
			t.Errorf("the README shows %q, which is not in\n%s", line, known)
		}
	}
}

// scripted returns a ledger after some steps of the script, and the
// acknowledgements of its sessions.
func scripted(t *testing.T, steps int) (*Ledger, []acknowledgement) {
	t.Helper()
	l := newLedger(t)
	var acknowledged []acknowledgement
	for step := range steps {
		r, refused, err := runStep(t.Context(), l, step)
		if err != nil {
			t.Fatal(err)
		}
		if !refused {
			acknowledged = append(acknowledged, acknowledgement{r.Session.Seq, r.Session.ID.String()})
		}
	}
	return l, acknowledged
}

// checked returns the error of a first check.
func checked(t *testing.T, l *Ledger, acknowledged []acknowledgement) error {
	t.Helper()
	c, err := newChecker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.check(t.Context(), l, acknowledged)
}

// TestDemoFindsFaults checks ledgers that are wrong: the demo proves something only
// if its check fails for them.
func TestDemoFindsFaults(t *testing.T) {
	const steps = 40
	l, acknowledged := scripted(t, steps)
	if err := checked(t, l, acknowledged); err != nil {
		t.Errorf("a correct ledger: %v", err)
	}
	if err := checked(t, l, acknowledged[:len(acknowledged)-1]); err != nil {
		t.Errorf("a kill between commit and acknowledgement: %v", err)
	}

	lost := append(acknowledged[:len(acknowledged):len(acknowledged)], acknowledgement{uint64(len(acknowledged)), "00"})
	wantFault(t, checked(t, l, lost), "the file has 16 sessions; 17 were acknowledged")

	unknown := append(acknowledged[:len(acknowledged)-1:len(acknowledged)-1], acknowledgement{1000, "00"})
	wantFault(t, checked(t, l, unknown), "session 1000 was acknowledged; the file has")

	acknowledged[7].id = acknowledged[6].id
	wantFault(t, checked(t, l, acknowledged), "session 7 was acknowledged with commit ID")

	// A transfer that is posted twice, under another key.
	doubled, _ := scripted(t, steps)
	first, _ := doubled.Transfers.Get(0)
	first.Request = "demo-1000000"
	if _, err := doubled.Post(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	wantFault(t, checked(t, doubled, nil), "the reference has")

	// The right sessions with wrong balances: rows are compared, too.
	torn, _ := scripted(t, steps)
	other, _ := scripted(t, steps+5)
	torn.Accounts = other.Accounts
	wantFault(t, checked(t, torn, nil), "in the reference it is")
}

func wantFault(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestTruncatedAcknowledgementIsIgnored(t *testing.T) {
	line := acknowledgement{12, committer.Session{}.ID.String()}.String()
	if a, ok := parseAcknowledgement(line); !ok || a.seq != 12 {
		t.Errorf("%q: %+v, %v", line, a, ok)
	}
	for cut := range len(line) {
		if a, ok := parseAcknowledgement(line[:cut]); ok {
			t.Errorf("%q is read as %+v", line[:cut], a)
		}
	}
}
