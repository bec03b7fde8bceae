package committertest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// plain returns a process that nothing disturbs.
func plain(store kv.KV) *committertest.Process {
	return committertest.NewProcess(kvtest.NewFault(store))
}

// ran returns a bank in which the first n sessions ran.
func ran(t *testing.T, app committertest.Application[*bank], n int) *bank {
	t.Helper()
	b, err := app.Open(plain(memkv.New()))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range app.Sessions[:n] {
		if err := s.Run(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestCompare(t *testing.T) {
	app := application()
	for n, want := range []int{0, 1, 2, 2, 4, 5, 5, 7} { // the third and the sixth are refused
		if got, err := committertest.Compare(t.Context(), app, ran(t, app, n)); err != nil || got != want {
			t.Errorf("after %d: %d sessions, want %d: %v", n, got, want, err)
		}
	}
}

func TestCompareTellsWhatDiffers(t *testing.T) {
	app := application()
	pay := func(b *bank, key, id string, amount int64) *bank {
		if err := b.pay(t.Context(), key, id, amount); err != nil {
			t.Fatal(err)
		}
		return b
	}
	for want, b := range map[string]*bank{
		"the state differs (- undisturbed run, + this run)":            pay(ran(t, app, 1), "pay-1", "b", 4),
		`session "pay-1": its sequence is 2, in the undisturbed run 1`: pay(pay(ran(t, app, 1), "x", "b", 0), "pay-1", "b", 3),
		`the last session, "x", is not in Sessions`:                    pay(ran(t, app, 1), "x", "a", 1),
		`session "pay-4" is pending; finish it first`:                  leftOpen(t, "pay-4"),
	} {
		if _, err := committertest.Compare(t.Context(), app, b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// leftOpen returns a bank whose last process died in a session.
func leftOpen(t *testing.T, key string) *bank {
	t.Helper()
	store := memkv.New()
	dead, next := newBank(plain(store), nil), newBank(plain(store), nil)
	if err := errors.Join(dead.m.Begin(t.Context(), []byte(key)), next.m.Load(t.Context())); err != nil {
		t.Fatal(err)
	}
	return next
}
