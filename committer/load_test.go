package committer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestReopeningGivesTheSame(t *testing.T) {
	for name, external := range map[string]bool{"stores": false, "externals": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, setup{kv: kvtest.All, external: external})
			var keys []string
			for i := range 8 {
				key := fmt.Sprint("key-", i)
				if _, _, err := w.do(t.Context(), key); err != nil {
					t.Fatal(err)
				}
				keys = append(keys, key)
				before, _, _ := w.m.Last()
				seqs := []int64{seqOf(w.accounts), seqOf(w.savings)}
				w.reopen()
				w.load()
				w.checkHistory(keys)
				after, _, _ := w.m.Last()
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("the last session (-before +after):\n%s", diff)
				}
				if got := []int64{seqOf(w.accounts), seqOf(w.savings)}; !slices.Equal(got, seqs) {
					t.Errorf("the stores are at %d, were at %d", got, seqs)
				}
			}
		})
	}
}

func TestLoadIsIdempotent(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	calls := w.fault.Calls()
	for range 2 {
		w.load()
	}
	if made := w.fault.Log()[calls:]; len(made) > 0 {
		t.Errorf("a later Load went to the KV: %v", made)
	}
	w.checkLoaded([]string{older, last})
}

// Load can be called again after any call of the KV has failed.
func TestLoadCanBeRetried(t *testing.T) {
	for n := 1; ; n++ {
		w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
		w.begin(current)
		w.reopen()
		w.third = true // a new member makes Load write the manifest
		w.reopen()
		w.fault.FailAt(n, kvtest.Before)
		err := w.m.Load(t.Context())
		if err == nil {
			if n < 5 {
				t.Errorf("Load made only %d calls", n)
			}
			return
		}
		wantError(t, "Load", err, kvtest.ErrInjected)
		if w.fault.Log()[n-1].Method == "Sync" {
			continue
		}
		if got := w.committed(); got != "accounts: \nsavings: \n" {
			t.Errorf("after Load failed at call %d the stores hold\n%s", n, got)
		}
		w.check(situation{phase: atNew, history: []string{older, last}, key: current, open: true})
	}
}

func TestLoadReplacesTheRowsOfStores(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	accounts, savings := w.accounts, w.savings
	w.run(current) // more than the KV below has
	behind := loadedWorld(t, setup{kv: kvtest.All}, older, last)
	m := committer.NewCommitter(behind.disk, members("accounts", accounts, "savings", savings))
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := w.committed(), behind.committed(); got != want {
		t.Errorf("the stores hold\n%swant\n%s", got, want)
	}
}

// hidden wraps a store and hides its Journaled methods.
type hidden struct{ committer.Committable }

func otherSchema() *accountStore {
	def := accountDefinition()
	def.Schema += "index ByBalance Balance\n"
	return committable.NewTable(def)
}

func usedAlone(t *testing.T) *accountStore {
	s := newAccountStore()
	for _, err := range []error{s.Begin(t.Context(), []byte("alone")), s.Put(account{ID: "a"})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Commit(t.Context(), []byte("alone")); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoadRefusesOtherMembers(t *testing.T) {
	for name, c := range map[string]struct {
		members map[string]committer.Committable
		want    error
		says    []string
	}{
		"unregistered": {members("accounts", newAccountStore(), "bank", &spy{}), committer.ErrNotRegistered, []string{`"savings"`}},
		"renamed":      {members("accounts", newAccountStore(), "Savings", newAccountStore(), "bank", &spy{}), committer.ErrNotRegistered, []string{`"savings"`}},
		"none":         {nil, committer.ErrNotRegistered, []string{`"accounts"`, `"savings"`, `"bank"`}},
		"a wrapper": {
			members("accounts", hidden{newAccountStore()}, "savings", newAccountStore(), "bank", &spy{}),
			committer.ErrNotRegistered,
			[]string{`"accounts"`, "a store in the KV", "an external"},
		},
		"a store": {
			members("accounts", newAccountStore(), "savings", newAccountStore(), "bank", newAccountStore()),
			committer.ErrNotRegistered,
			[]string{`"bank"`, "an external in the KV"},
		},
		"another schema": {
			members("accounts", newAccountStore(), "savings", otherSchema(), "bank", &spy{}),
			committer.ErrSchema,
			[]string{`"savings"`, "+ index ByBalance Balance"},
		},
		"a newcomer that is not empty": {
			members("accounts", newAccountStore(), "savings", newAccountStore(), "bank", &spy{}, "more", usedAlone(t)),
			nil,
			[]string{`"more"`, "not empty"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := loadedWorld(t, setup{kv: kvtest.All, external: true}, older, last)
			w.reopen()
			w.m = committer.NewCommitter(w.fault, c.members)
			for _, load := range []func() error{
				func() error { return w.m.Load(t.Context()) },
				func() error { return w.tryBegin(unused).err },
				func() error { return w.tryDo(unused).err },
			} {
				err := load()
				if err == nil {
					t.Fatal("it was loaded")
				}
				if c.want != nil {
					wantError(t, "Load", err, c.want)
				}
				for _, part := range c.says {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("the error does not say %s: %v", part, err)
					}
				}
			}
			if writes := w.writes(); len(writes) > 0 {
				t.Errorf("it has written %v", writes)
			}
			w.reopen()
			w.load()
			w.checkLoaded([]string{older, last})
		})
	}
}

func TestSchemaErrorListsTheChanges(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older)
	w.reopen()
	m := committer.NewCommitter(w.fault, members("accounts", otherSchema(), "savings", newAccountStore()))
	var schema *committer.SchemaError
	if err := m.Load(t.Context()); !errors.As(err, &schema) {
		t.Fatalf("Load: %v, want a SchemaError", err)
	}
	if diff := cmp.Diff(&committer.SchemaError{Store: "accounts", Changes: []string{"+ index ByBalance Balance"}}, schema); diff != "" {
		t.Errorf("SchemaError (-want +got):\n%s", diff)
	}
}

func TestBadArgumentsOfNewCommitter(t *testing.T) {
	for name, c := range map[string]struct {
		m    *committer.MultiCommitter
		want error
	}{
		"empty name":      {committer.NewCommitter(memkv.New(), members("", newAccountStore())), committer.ErrName},
		"a space":         {committer.NewCommitter(memkv.New(), members("a b", newAccountStore())), committer.ErrName},
		"too long":        {committer.NewCommitter(memkv.New(), members(strings.Repeat("a", 44), newAccountStore())), committer.ErrName},
		"no committable":  {committer.NewCommitter(memkv.New(), map[string]committer.Committable{"a": nil}), nil},
		"no KV":           {committer.NewCommitter(nil, members("a", newAccountStore())), nil},
		"one of them bad": {committer.NewCommitter(memkv.New(), members("a", newAccountStore(), "ä", newAccountStore())), committer.ErrName},
	} {
		_, _, do := c.m.Do(t.Context(), []byte("k"), func(context.Context) error { t.Errorf("%s: ran", name); return nil })
		for _, err := range []error{c.m.Load(t.Context()), c.m.Begin(t.Context(), []byte("k")), do} {
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: error %v", name, err)
			}
		}
		if _, _, err := c.m.Last(); !errors.Is(err, committer.ErrNotLoaded) {
			t.Errorf("%s: Last: %v", name, err)
		}
		if err := c.m.Close(); err != nil {
			t.Errorf("%s: Close: %v", name, err)
		}
	}
}

func TestRegisterRefuses(t *testing.T) {
	for _, loaded := range []bool{false, true} {
		w := newWorld(t, setup{kv: kvtest.All})
		if loaded {
			w.load()
		}
		writes := len(w.writes())
		wantError(t, "a name that is taken", w.m.Register("accounts", newAccountStore()), committer.ErrRegistered)
		wantError(t, "a bad name", w.m.Register("a b", newAccountStore()), committer.ErrName)
		if err := w.m.Register("none", nil); err == nil {
			t.Error("nil was registered")
		}
		if loaded {
			if err := w.m.Register("alone", usedAlone(t)); err == nil {
				t.Error("a store that is not empty was registered")
			}
		}
		if n := len(w.writes()); n != writes {
			t.Errorf("it has written: %v", w.writes()[writes:])
		}
		longest := strings.Repeat("a", 43)
		w.must("Register of the longest name", w.m.Register(longest, newAccountStore()), nil)
		w.must("Load", w.m.Load(t.Context()), nil)
		w.run(current)
		if s, _, _ := w.m.Last(); len(s.Parts) != 3 || s.Parts[0].Name != longest {
			t.Errorf("the session has parts %v", s.Parts)
		}
	}
}

func TestRegisterAfterLoadSurvivesReopening(t *testing.T) {
	w := loadedWorld(t, setup{kv: kvtest.All}, older)
	late := newAccountStore()
	w.must("Register", w.m.Register("late", late), nil)
	w.begin(last)
	w.must("Put", late.Put(account{ID: "a"}), nil)
	id := w.commit(last)
	if string(id) == string(runAll(t, false, []string{older, last}).ids[last]) {
		t.Error("the late store's change is not in the commit ID")
	}

	w.reopen()
	wantError(t, "Load without the late store", w.m.Load(t.Context()), committer.ErrNotRegistered)
	again := newAccountStore()
	w.reopenWith("late", again)
	w.load()
	if rows(again) != rows(late) || rows(again) == "" {
		t.Errorf("after reopening the late store holds %s, want %s", rows(again), rows(late))
	}
}

// A Register that failed may have taken effect. Calling it again succeeds in
// either case.
func TestRegisterAfterAFailedWrite(t *testing.T) {
	for _, when := range []kvtest.When{kvtest.Before, kvtest.After} {
		w := loadedWorld(t, setup{kv: kvtest.All}, older)
		w.failCall(1, when)
		wantError(t, "Register", w.m.Register("third", newAccountStore()), kvtest.ErrInjected)
		w.must("Register again", w.m.Register("third", newAccountStore()), nil)
		w.third = true
		w.checkLoaded([]string{older})
	}
}

// lines is a slog.Handler that keeps what it is given.
type lines struct {
	mu   sync.Mutex
	list []string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lines) WithGroup(string) slog.Handler            { return l }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.list = append(l.list, line)
	return nil
}

func TestLoadIsLogged(t *testing.T) {
	log := &lines{}
	w := newWorld(t, setup{kv: kvtest.All, opts: []committer.CommitterOpt{committer.WithLogger(nil), committer.WithLogger(slog.New(log))}})
	w.load()
	w.run(older)
	w.run(last)
	w.reopen()
	w.load()
	want := []string{"INFO loaded sessions=0 epoch=0", "INFO loaded sessions=2 epoch=0"}
	if diff := cmp.Diff(want, log.list); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestHarmlessFailureIsLogged(t *testing.T) {
	log := &lines{}
	w := newWorld(t, setup{kv: kvtest.Create | kvtest.Sync, opts: []committer.CommitterOpt{committer.WithLogger(slog.New(log))}})
	w.load()
	w.begin(older)
	w.failCall(3+w.looks(1), kvtest.Before) // record, Sync, pending entry
	w.commit(older)
	if len(log.list) != 2 || !strings.HasPrefix(log.list[1], "WARN the pending entry") || !strings.Contains(log.list[1], "injected") {
		t.Errorf("log: %q", log.list)
	}
	w.checkLoaded([]string{older})
}
