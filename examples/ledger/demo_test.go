package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

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
	if !strings.Contains(stdout.String(), "kills      "+kills+"\n") {
		t.Error(stdout.String())
	}
}

// scripted is a ledger after some steps of the script.
func scripted(t *testing.T, steps int) (*Ledger, []acknowledgement) {
	t.Helper()
	l := newLedger(t)
	var told []acknowledgement
	for step := range steps {
		r, refused, err := runStep(t.Context(), l, step)
		if err != nil {
			t.Fatal(err)
		}
		if !refused {
			told = append(told, acknowledgement{r.Session.Seq, r.Session.ID.String()})
		}
	}
	return l, told
}

func judged(t *testing.T, l *Ledger, told []acknowledgement) error {
	t.Helper()
	j, err := newJudge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return j.judge(t.Context(), l, told)
}

// The demo is worth something only if it finds what it looks for.
func TestTheDemoFindsWhatIsWrong(t *testing.T) {
	const steps = 40
	l, told := scripted(t, steps)
	if err := judged(t, l, told); err != nil {
		t.Errorf("nothing is wrong, but: %v", err)
	}
	if err := judged(t, l, told[:len(told)-1]); err != nil {
		t.Errorf("a session that was killed before it was told: %v", err)
	}

	lost := append(told[:len(told):len(told)], acknowledgement{uint64(len(told)), "00"})
	wantFault(t, judged(t, l, lost), "sessions are left")

	unknown := append(told[:len(told)-1:len(told)-1], acknowledgement{1000, "00"})
	wantFault(t, judged(t, l, unknown), "session 1000 was acknowledged; there are")

	told[7].id = told[6].id
	wantFault(t, judged(t, l, told), "session 7 was acknowledged with ID")

	// A transfer that is posted twice, under a key that nobody knows.
	doubled, _ := scripted(t, steps)
	first, _ := doubled.Transfers.Get(0)
	first.Request = "demo-1000000"
	if _, err := doubled.Post(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	wantFault(t, judged(t, doubled, nil), "undisturbed it has")

	// The right sessions, and another balance than they say: rows are compared, too.
	torn, _ := scripted(t, steps)
	other, _ := scripted(t, steps+5)
	torn.Accounts = other.Accounts
	wantFault(t, judged(t, torn, nil), "undisturbed it is")
}

func wantFault(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestAWorkersLineIsReadWholeOrNotAtAll(t *testing.T) {
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
