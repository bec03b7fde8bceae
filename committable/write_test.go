package committable

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// inOpenSession calls fn with a table that has the committed rows a and b and an open
// session.
func inOpenSession(t *testing.T, fn func(p *Table[partKey, part])) {
	t.Helper()
	p := newParts()
	inSession(t, p, "rows", func() {
		must(t, p.Put(part{Org: "a", Serial: "1", Owner: "x", Tags: []string{"t"}}))
		must(t, p.Put(part{Org: "b", Serial: "2"}))
	})
	must(t, p.Begin(ctx, []byte("session")))
	fn(p)
}

// TestRefusedWritesLeaveNoTrace makes writes of all kinds that are refused. They must
// change nothing.
func TestRefusedWritesLeaveNoTrace(t *testing.T) {
	failed := errors.New("failed")
	noop := func(*part) error { return nil }
	for _, c := range []struct {
		name  string
		write func(p *Table[partKey, part]) error
		want  error
		text  string
	}{
		{"insert exists", func(p *Table[partKey, part]) error { return p.Insert(part{Org: "A", Serial: "9"}) }, ErrExists, `store parts: Insert: there is a row with encoded key "a\x00\x00\x00"; use Put`},
		{"insert not unique", func(p *Table[partKey, part]) error { return p.Insert(part{Org: "c", Serial: "1"}) }, ErrNotUnique, `unique index BySerial: the row with encoded key "a\x00\x00\x00"`},
		{"put not unique", func(p *Table[partKey, part]) error { return p.Put(part{Org: "b", Serial: "1"}) }, ErrNotUnique, "BySerial"},
		{"put not valid", func(p *Table[partKey, part]) error { return p.Put(part{Org: "b", Amount: -1}) }, errNegative, "Put: the row is not valid: amount is negative"},
		{"insert not storable", func(p *Table[partKey, part]) error { return p.Insert(part{Org: "\xff"}) }, ErrInvalid, "Insert: the row cannot be stored: Org"},
		{"update not found", func(p *Table[partKey, part]) error { return p.Update(partKey{Org: "c"}, noop) }, ErrNotFound, "no row"},
		{"update fails", func(p *Table[partKey, part]) error {
			return p.Update(partKey{Org: "a"}, func(v *part) error { v.Tags[0] = "scribbled"; return failed })
		}, failed, "failed"},
		{"update changes key", func(p *Table[partKey, part]) error {
			return p.Update(partKey{Org: "a"}, func(v *part) error { v.No++; return nil })
		}, ErrKeyChanged, "delete the row and insert another"},
		{"update not unique", func(p *Table[partKey, part]) error {
			return p.Update(partKey{Org: "a"}, func(v *part) error { v.Serial = "2"; return nil })
		}, ErrNotUnique, "BySerial"},
		{"update not valid", func(p *Table[partKey, part]) error {
			return p.Update(partKey{Org: "a"}, func(v *part) error { v.Amount = -1; return nil })
		}, ErrInvalid, "not valid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inOpenSession(t, func(p *Table[partKey, part]) {
				before := collect(t, p.All())
				err := c.write(p)
				wantError(t, err, c.want)
				if !strings.Contains(err.Error(), c.text) {
					t.Fatalf("message %q lacks %q", err, c.text)
				}
				if diff := gocmp.Diff(before, collect(t, p.All())); diff != "" {
					t.Fatal(diff)
				}
				_, journal, err := p.Stage(ctx, []byte("session"))
				must(t, err)
				if len(journal) > 0 {
					t.Fatalf("journal %q", journal)
				}
			})
		})
	}
}

// TestUniqueMoves moves a unique value from row to row within a session, in every order
// that needs no third value.
func TestUniqueMoves(t *testing.T) {
	inOpenSession(t, func(p *Table[partKey, part]) {
		must(t, p.Put(part{Org: "a", Serial: "free"}))
		must(t, p.Put(part{Org: "b", Serial: "1"}))
		must(t, p.Put(part{Org: "a", Serial: "2"}))
		_, err := p.Delete(partKey{Org: "b"})
		must(t, err)
		must(t, p.Insert(part{Org: "c", Serial: "1"}))
		if got, _ := p.IndexGet(bySerial, []byte("1\x00")); got.Org != "c" {
			t.Fatalf("serial 1 is %v", got)
		}
	})
}

// TestNobodyReachesIn modifies rows after they were passed to the table or returned by
// it. The table must not change.
func TestNobodyReachesIn(t *testing.T) {
	inOpenSession(t, func(p *Table[partKey, part]) {
		mine := part{Org: "c", Serial: "3", Tags: []string{"mine"}}
		must(t, p.Put(mine))
		mine.Tags[0] = "scribbled"
		got, _ := p.Get(partKey{Org: "c"})
		got.Tags[0] = "scribbled"
		var kept *part
		keptTags := []string{"kept"}
		must(t, p.Update(partKey{Org: "a"}, func(v *part) error {
			kept, v.Tags = v, keptTags
			return nil
		}))
		kept.Amount, keptTags[0] = 99, "scribbled"
		for _, row := range p.All() {
			if len(row.Tags) > 0 {
				row.Tags[0] = "scribbled"
			}
		}
		for c := range p.Changes() {
			for _, row := range []*part{c.Old, c.New} {
				if row != nil && len(row.Tags) > 0 {
					row.Tags[0], row.Amount = "scribbled", 99
				}
			}
		}
		view := p.View()
		if row, _ := view.Get(partKey{Org: "a"}); len(row.Tags) > 0 {
			row.Tags[0] = "scribbled"
		}
		want := []part{
			{Org: "a", Serial: "1", Owner: "x", Tags: []string{"kept"}},
			{Org: "b", Serial: "2"},
			{Org: "c", Serial: "3", Tags: []string{"mine"}},
		}
		if diff := gocmp.Diff(want, collect(t, p.All())); diff != "" {
			t.Fatal(diff)
		}
		if row, _ := view.Get(partKey{Org: "a"}); row.Tags[0] != "t" {
			t.Fatal("a view was scribbled on")
		}
	})
}

// TestValidateCannotChange uses a Validate that modifies its row.
func TestValidateCannotChange(t *testing.T) {
	d := partDefinition()
	d.Validate = func(v *part) error {
		v.Amount, v.Tags[0] = 99, "scribbled"
		return nil
	}
	p := NewTable(d)
	inSession(t, p, "key", func() { must(t, p.Put(part{Tags: []string{"t"}})) })
	if got, _ := p.Get(partKey{}); got.Amount != 0 || got.Tags[0] != "t" {
		t.Fatalf("stored %v", got)
	}
}

// TestUpdateWhoseFunctionWrites covers writes of fn to the store.
func TestUpdateWhoseFunctionWrites(t *testing.T) {
	a := partKey{Org: "a"}
	for _, c := range []struct {
		name string
		fn   func(p *Table[partKey, part], v *part) error
		want error
		rows string
	}{
		{"another row", func(p *Table[partKey, part], v *part) error {
			v.Owner = "y"
			return p.Put(part{Org: "c", Serial: "3"})
		}, nil, "a:y b: c:"},
		{"another row, then fails", func(p *Table[partKey, part], _ *part) error {
			must(t, p.Put(part{Org: "c", Serial: "3"}))
			return ErrNotFound
		}, ErrNotFound, "a:x b: c:"},
		{"the row", func(p *Table[partKey, part], v *part) error {
			v.Owner = "y"
			return p.Put(part{Org: "a", Serial: "1", Owner: "z"})
		}, ErrInvalid, "a:z b:"},
		{"the row, deleted", func(p *Table[partKey, part], _ *part) error {
			_, err := p.Delete(a)
			return err
		}, ErrInvalid, "b:"},
		{"takes its unique value", func(p *Table[partKey, part], v *part) error {
			v.Serial = "3"
			return p.Put(part{Org: "c", Serial: "3"})
		}, ErrNotUnique, "a:x b: c:"},
		{"updates within", func(p *Table[partKey, part], v *part) error {
			v.Owner = "y"
			return p.Update(partKey{Org: "b"}, func(v *part) error { v.Owner = "w"; return nil })
		}, nil, "a:y b:w"},
		{"cancels", func(p *Table[partKey, part], v *part) error {
			v.Owner = "y"
			return p.Cancel(ctx)
		}, ErrNotInSession, "a:x b:"},
		{"stages", func(p *Table[partKey, part], v *part) error {
			v.Owner = "y"
			_, _, err := p.Stage(ctx, []byte("session"))
			return err
		}, ErrNotInSession, "a:x b:"},
		{"begins another session", func(p *Table[partKey, part], v *part) error {
			v.Owner = "y"
			return errors.Join(p.Cancel(ctx), p.Begin(ctx, []byte("another")))
		}, ErrNotInSession, "a:x b:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inOpenSession(t, func(p *Table[partKey, part]) {
				wantError(t, p.Update(a, func(v *part) error { return c.fn(p, v) }), c.want)
				var rows []string
				for _, row := range p.All() {
					rows = append(rows, fmt.Sprintf("%s:%s", row.Org, row.Owner))
				}
				if got := strings.Join(rows, " "); got != c.rows {
					t.Fatalf("rows %q, want %q", got, c.rows)
				}
			})
		})
	}
}

// The session has written the row already, so that a write could overwrite it in
// place.
func TestUpdateWhoseFunctionWritesAgain(t *testing.T) {
	inOpenSession(t, func(p *Table[partKey, part]) {
		row := part{Org: "a", Serial: "1", Owner: "x"}
		must(t, p.Put(row))
		wantError(t, p.Update(partKey{Org: "a"}, func(v *part) error {
			v.Owner = "y"
			row.Owner = "z"
			return p.Put(row)
		}), ErrInvalid)
		if got, _ := p.Get(partKey{Org: "a"}); got.Owner != "z" {
			t.Fatalf("the owner is %q, want z, which the function wrote", got.Owner)
		}
	})
}

// TestPanics makes user code panic inside the store. The session must go on as if the
// call had not been made.
func TestPanics(t *testing.T) {
	d := partDefinition()
	d.Validate = func(v *part) error {
		if v.Owner == "panic" {
			panic("in Validate")
		}
		return nil
	}
	p := NewTable(d)
	must(t, p.Begin(ctx, []byte("key")))
	must(t, p.Put(part{Org: "a", Serial: "1"}))
	for name, call := range map[string]func(){
		"Update":   func() { _ = p.Update(partKey{Org: "a"}, func(v *part) error { v.Owner = "y"; panic("in Update") }) },
		"Validate": func() { _ = p.Put(part{Org: "a", Serial: "1", Owner: "panic"}) },
		"loop": func() {
			for range p.All() {
				panic("in the loop")
			}
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Fatalf("%s: the panic is gone", name)
				}
			}()
			call()
		}()
	}
	if p.session.pins != 0 || p.session.orders[keyOrder].lent != 0 {
		t.Fatal("a loop that panicked still holds on to the session")
	}
	if diff := gocmp.Diff([]part{{Org: "a", Serial: "1"}}, collect(t, p.All())); diff != "" {
		t.Fatal(diff)
	}
}

// TestEveryKeyIsNormalized passes keys that are not canonical. (TestTableAgainstModel
// does so for Get.)
func TestEveryKeyIsNormalized(t *testing.T) {
	inOpenSession(t, func(p *Table[partKey, part]) {
		upper, beyond := partKey{Org: "A"}, partKey{Org: "B"}
		for who, r := range map[string]reader{"table": p, "view": p.View()} {
			if _, ok := r.Get(upper); !ok || !r.Has(upper) {
				t.Errorf("%s: Get or Has finds nothing", who)
			}
			if n := len(collect(t, r.Range(upper, beyond))); n != 1 {
				t.Errorf("%s: Range has %d rows", who, n)
			}
			if n := len(collect(t, r.From(beyond))); n != 1 {
				t.Errorf("%s: From has %d rows", who, n)
			}
		}
		must(t, p.Update(upper, func(v *part) error { v.Owner, v.Org = "y", "A"; return nil }))
		if removed, err := p.Delete(upper); !removed || err != nil {
			t.Errorf("Delete = %v, %v", removed, err)
		}
	})
}
