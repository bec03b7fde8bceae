package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/memkv"
)

// describe returns a comparison as text.
func describe(c *inspect.Comparison, err error) string {
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprint("from ", c.From, ": ")
	d := c.Difference
	if d == nil {
		return text + "same"
	}
	text += fmt.Sprint("session ", d.Seq, " ", d.Name)
	for i := range 2 {
		switch {
		case d.Sessions[i] == nil:
			text += " | none"
		case d.Unknown[i] != nil:
			text += " | " + d.Unknown[i].Error()
		case d.Changes[i] == nil:
			text += " | unchanged"
		case d.Changes[i].Deleted:
			text += fmt.Sprintf(" | delete %x", d.Changes[i].EncodedKey)
		default:
			text += fmt.Sprintf(" | put %x", d.Changes[i].Encoded)
		}
	}
	return text
}

func TestCompare(t *testing.T) {
	four := func(p *program) { p.commits(0, 4) }
	fork := func(rows ...generated.Pair) func(p *program) {
		return func(p *program) {
			p.commits(0, 2)
			p.commit("block-2", rows...)
			p.commits(3, 4)
		}
	}
	base := open(t, made(t, nil, four))
	for _, c := range []struct {
		name   string
		others map[string]committer.Committable
		write  func(p *program)
		opts   []committer.CommitterOpt
		want   string // of base and the database; * stands for anything
	}{
		{name: "same", write: four, want: "from 0: same"},
		{name: "shorter history", write: four, opts: []committer.CommitterOpt{committer.WithHistory(2)}, want: "from 2: same"},
		{name: "fewer sessions", write: func(p *program) { p.commits(0, 3) }, want: "from 0: session 3  | unchanged | none"},
		{name: "more sessions", write: func(p *program) { p.commits(0, 5) }, want: "from 0: session 4  | none | unchanged"},
		{name: "no sessions", write: func(*program) {}, want: "from 0: session 0  | unchanged | none"},
		{
			name: "another row", write: fork(generated.Pair{Left: true, Weight: 9}),
			want: "from 0: session 2 pairs | put 08011806 | put 08011812",
		},
		{
			name: "another key", write: fork(generated.Pair{Right: true, Weight: 3}),
			want: "from 0: session 2 pairs | unchanged | put 10011806",
		},
		{
			name: "one key more", write: fork(generated.Pair{Left: true, Weight: 3}, generated.Pair{Left: true, Right: true}),
			want: "from 0: session 2 pairs | unchanged | put 08011001",
		},
		{
			name: "a deletion", want: "from 0: session 2 pairs | put 08011806 | delete 0100",
			write: func(p *program) {
				p.commits(0, 2)
				_, _, err := p.Do(t.Context(), []byte("block-2"), func(context.Context) error {
					_, err := p.pairs.Delete(generated.PairKey{Left: true})
					return err
				})
				p.must(err)
			},
		},
		{
			name: "another idempotency key", want: "from 0: session 3  | unchanged | unchanged",
			write: func(p *program) {
				p.commits(0, 3)
				p.commit("block-drei", generated.Pair{Weight: 4})
			},
		},
		{
			name: "an external", write: four, others: map[string]committer.Committable{"mail": &mail{}},
			want: `from 0: session 0 mail | inspect: there is no store "mail" in session 0 | inspect: there is no store "mail" in session 0: the committable is external`,
		},
		{
			name: "an external after the store", write: four, others: map[string]committer.Committable{"zebra": &mail{}},
			want: `from 0: session 0 zebra | inspect: there is no store "zebra"* the committable is external`,
		},
		{
			name: "a decided session", others: map[string]committer.Committable{"mail": &mail{errors.New("no")}}, want: "from 0: session 0  | unchanged | none",
			write: func(p *program) {
				if _, _, err := p.Do(t.Context(), []byte("block-0"), func(context.Context) error { return nil }); err == nil {
					t.Error("it was committed")
				}
			},
		},
	} {
		store := memkv.New()
		p := start(t, store, c.others, c.opts...)
		c.write(p)
		_ = p.Close() // an error if a session is decided
		other := open(t, store)
		got := describe(inspect.Compare(t.Context(), base, other))
		if before, after, any := strings.Cut(c.want, "*"); got != c.want && !(any && strings.HasPrefix(got, before) && strings.HasSuffix(got, after)) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		// The other way round, the sides change places.
		a, errA := inspect.Compare(t.Context(), base, other)
		b, errB := inspect.Compare(t.Context(), other, base)
		if errA == nil && errB == nil && b.Difference != nil {
			d := b.Difference
			d.Sessions[0], d.Sessions[1] = d.Sessions[1], d.Sessions[0]
			d.Changes[0], d.Changes[1] = d.Changes[1], d.Changes[0]
			d.Unknown[0], d.Unknown[1] = d.Unknown[1], d.Unknown[0]
		}
		equal(t, c.name+", the other way round", describe(b, errB), describe(a, errA))
	}
}

// TestComparePruned compares databases of which one does not keep the records.
func TestComparePruned(t *testing.T) {
	a := open(t, made(t, nil, func(p *program) { p.commits(0, 20) }))
	b := open(t, made(t, nil, func(p *program) {
		p.commit("block-0", generated.Pair{Weight: 77})
		for n := 1; ; n++ {
			p.commits(n, n+1)
			if db, err := inspect.Open(t.Context(), p.kv); err == nil && db.OldestRecord() > 0 {
				return
			}
		}
	}, eager(0)...))
	c, err := inspect.Compare(t.Context(), a, b)
	if err != nil || c.Difference == nil || c.Difference.Seq != 0 || c.Difference.Name != "pairs" {
		t.Fatal(describe(c, err))
	}
	if d := c.Difference; d.Unknown[0] != nil || !errors.Is(d.Unknown[1], committer.ErrPruned) || d.Changes != [2]*inspect.Change{} {
		t.Errorf("unknown: %v, changes: %v", d.Unknown, d.Changes)
	}
}

func TestCompareNothingInCommon(t *testing.T) {
	late := open(t, made(t, nil, func(p *program) { p.commits(0, 6) }, committer.WithHistory(2)))
	early := open(t, made(t, nil, func(p *program) { p.commits(0, 3) }))
	for _, dbs := range [][2]*inspect.Database{{late, early}, {early, late}} {
		_, err := inspect.Compare(t.Context(), dbs[0], dbs[1])
		if want := "one retains sessions from 4 on, and the other ends before session 3"; !errors.Is(err, inspect.ErrNothingInCommon) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
