package committertest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/internal/crashtest"
	"github.com/gencommittable/gencommittable/kv/kvtest"
	"github.com/gencommittable/gencommittable/memkv"
)

// broken has one session, the fourth, replaced by another.
func broken(run func(ctx context.Context, b *bank) error) committertest.Application[*bank] {
	app := application()
	app.Sessions[3].Run = run
	return app
}

// Applications with a bug are found out, and the message tells a stranger where
// to look.
func TestBugsAreFound(t *testing.T) {
	var clock int64
	var flips, tries int
	for name, test := range map[string]struct {
		app  committertest.Application[*bank]
		opts []committertest.Option
		want []string
	}{
		"the session reads a clock": {
			app: broken(func(ctx context.Context, b *bank) error { clock++; return b.pay(ctx, "pay-3", "a", clock) }),
			want: []string{
				`in a second undisturbed run`, `process 1, session "pay-3" (4 of 7): its commit ID is `,
				"different ids of accounts",
			},
		},
		"the session depends on what the process remembers": {
			app: broken(func(ctx context.Context, b *bank) error {
				return b.pay(ctx, "pay-3", "a", int64(b.accounts.Len()+b.sessions))
			}),
			want: []string{`with a restart before each session`, `process 3, session "pay-3" (4 of 7): its commit ID is `, "accounts"},
		},
		"the state is not in the stores": {
			app: func() committertest.Application[*bank] {
				app := application()
				app.State = func(b *bank) string { return fmt.Sprintf("sessions %d\n", b.sessions) }
				return app
			}(),
			want: []string{"in a second undisturbed run", "at the end, after reopening: the state differs", "- sessions 5", "+ sessions 0"},
		},
		"the state is printed in any order": {
			app: func() committertest.Application[*bank] {
				app := application()
				app.State = func(*bank) string {
					if flips++; flips%3 == 0 {
						return "a\nb\n"
					}
					return "b\na\n"
				}
				return app
			}(),
			want: []string{"the same lines in another order"},
		},
		"an external commits twice": {
			app:  withBranch(application(), func(db *crashtest.Database) { db.Forgetful = true }),
			opts: []committertest.Option{committertest.WithEvery(1)},
			want: []string{"disturbed: #", "branch.Commit pay-0", `session "pay-0" (1 of 7): the state differs`, "- external a: 5 ", "+ external a: 5 5 "},
		},
		"the session reads an external": {
			app: func() committertest.Application[*bank] {
				app := withBranch(application(), func(*crashtest.Database) {})
				app.Sessions[3].Run = func(ctx context.Context, b *bank) error {
					_, _, err := b.m.Do(ctx, []byte("pay-3"), func(context.Context) error {
						return b.add("a", int64(len(b.branch.Database().Get("a"))))
					})
					return err
				}
				return app
			}(),
			opts: []committertest.Option{committertest.WithEvery(1)},
			want: []string{`session "pay-3" (4 of 7): `, `store "accounts"`, "the replay differs from the record"},
		},
		"an error is swallowed": {
			app:  broken(func(ctx context.Context, b *bank) error { _ = b.pay(ctx, "pay-3", "a", 4); return nil }),
			opts: []committertest.Option{committertest.WithEvery(1)},
			want: []string{`session "pay-3" (4 of 7): Run returned no error, but no session is committed under its key`},
		},
		"another key each time": {
			app: broken(func(ctx context.Context, b *bank) error {
				tries++
				if err := b.pay(ctx, fmt.Sprint("pay-3.", tries), "a", 4); err != nil {
					return err
				}
				return b.pay(ctx, "pay-3", "b", 4)
			}),
			opts: []committertest.Option{committertest.WithEvery(1)},
			want: []string{`disturbed: #`, `unexpected session "pay-3.`},
		},
		"a KV that forgets": {
			app: application(),
			opts: []committertest.Option{committertest.WithKV(
				func() (committertest.KV, error) { return kept{memkv.New()}, nil },
				func(committertest.KV) (committertest.KV, error) { return kept{memkv.New()}, nil },
			)},
			want: []string{`in a second undisturbed run`, `at the end, after reopening: acknowledged session "pay-6" is lost`},
		},
		"a wrapper of the KV hides Sync": {
			app: func() committertest.Application[*bank] {
				app := application()
				open := app.Open
				app.Open = func(p *committertest.Process) (*bank, error) {
					p.KV = kvtest.Only(p.KV, kvtest.Batch)
					return open(p)
				}
				return app
			}(),
			want: []string{"and loss of unsynced writes", `acknowledged session "pay-`, "is lost"},
		},
		"an error that comes by itself": {
			app: func() committertest.Application[*bank] {
				opened := 0
				app := application()
				open := app.Open
				app.Open = func(p *committertest.Process) (*bank, error) {
					if opened++; opened == 2 {
						return nil, errors.New("no memory")
					}
					return open(p)
				}
				return app
			}(),
			want: []string{"opening: unexpected error in an undisturbed process: no memory"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := committertest.Check(t.Context(), test.app, test.opts...)
			if err == nil {
				t.Fatal("it was not found")
			}
			t.Log(err)
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestWhatIsNoApplicationIsRefused(t *testing.T) {
	twice := application()
	twice.Sessions[1].Key = twice.Sessions[0].Key
	none := application()
	none.Sessions = none.Sessions[2:3]
	unknown := application()
	unknown.State = nil
	for want, app := range map[string]committertest.Application[*bank]{
		`session 1, "pay-0": each session needs a unique Key`:                     twice,
		`no session was committed under its key, for example "pay-2"`:             none,
		"committertest: an Application needs Open, Committer, State and Sessions": unknown,
	} {
		if err := committertest.Check(t.Context(), app); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}
