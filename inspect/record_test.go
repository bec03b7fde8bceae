package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/internal/drawrows"
	"github.com/gencommittable/gencommittable/memkv"
)

// writer writes random rows to a store.
type writer struct {
	committable.Store
	write func(t *rapid.T)
}

func newWriter[K comparable, V any](s committable.Store, put func(V) error, del func(K) (bool, error), all func() iter.Seq2[K, V]) writer {
	return writer{s, func(t *rapid.T) {
		for range rapid.IntRange(0, 3).Draw(t, "puts") {
			var row V
			drawrows.Special(nil).Row(t, &row)
			_ = put(row) // the store may refuse it
		}
		for k := range all() {
			if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				if _, err := del(k); err != nil {
					t.Fatal(err)
				}
			}
		}
	}}
}

// TestChangesAddUpToRows runs random sessions on stores with rows of many types.
// The changes of all records, applied in order, are the rows at the end.
func TestChangesAddUpToRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		accounts, events, orders, lattice := generated.NewAccountStore(), generated.NewEventLog(), generated.NewOrderStore(), generated.NewLatticeStore()
		scalars, positions, profiles := generated.NewScalarStore(), generated.NewPositionStore(), generated.NewProfileStore()
		writers := []writer{
			newWriter(accounts, accounts.Put, accounts.Delete, accounts.All),
			newWriter(events, events.Put, events.Delete, events.All),
			newWriter(orders, orders.Put, orders.Delete, orders.All),
			newWriter(lattice, lattice.Put, lattice.Delete, lattice.All),
			newWriter(scalars, scalars.Put, scalars.Delete, scalars.All),
			newWriter(positions, positions.Put, positions.Delete, positions.All),
			newWriter(profiles, profiles.Put, profiles.Delete, profiles.All),
		}
		committables := make(map[string]committer.Committable)
		for _, w := range writers {
			committables[w.Name()] = w.Store
		}
		ctx, store := context.Background(), memkv.New()
		m := committer.NewCommitter(store, committables)
		for n := range rapid.IntRange(1, 3).Draw(t, "sessions") {
			_, _, err := m.Do(ctx, fmt.Append(nil, n), func(context.Context) error {
				for _, w := range writers {
					w.write(t)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}

		db, err := inspect.Open(ctx, store)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range writers {
			rows := make(map[string][]byte)
			for r, err := range db.Records(ctx, 0) {
				if err != nil {
					t.Fatal(err)
				}
				p, _ := r.Part(w.Name())
				changes, err := p.Changes()
				if err != nil || !slices.IsSortedFunc(changes, func(a, b inspect.Change) int { return bytes.Compare(a.EncodedKey, b.EncodedKey) }) {
					t.Fatal(changes, err)
				}
				for _, c := range changes {
					if rows[string(c.EncodedKey)] = c.Encoded; c.Deleted {
						delete(rows, string(c.EncodedKey))
					}
				}
			}
			var before []byte
			for r, err := range db.Rows(ctx, w.Name()) {
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(r.Encoded, rows[string(r.EncodedKey)]) || bytes.Compare(before, r.EncodedKey) >= 0 {
					t.Fatalf("%s: row %x with key %x follows key %x, and the changes have %x", w.Name(), r.Encoded, r.EncodedKey, before, rows[string(r.EncodedKey)])
				}
				before = r.EncodedKey
				delete(rows, string(before))
			}
			if len(rows) > 0 {
				t.Fatalf("%s: %d rows are missing", w.Name(), len(rows))
			}
		}
	})
}

func TestChange(t *testing.T) {
	db := open(t, made(t, nil, func(p *program) {
		p.commit("put", generated.Pair{Left: true, Weight: -2})
		_, _, err := p.Do(t.Context(), []byte("delete"), func(context.Context) error {
			_, err := p.pairs.Delete(generated.PairKey{Left: true})
			return err
		})
		p.must(err)
	}))
	var got []string
	for r, err := range db.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		changes, err := r.Parts[0].Changes()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			line := fmt.Sprint("deleted ", c.Deleted, ", key")
			for _, f := range c.Key {
				line += fmt.Sprint(" ", f.Field.Name, "=", f.Value)
			}
			line += ", row"
			for _, f := range c.Values {
				line += fmt.Sprint(" ", f.Field.Name, "=", f.Value)
			}
			got = append(got, line)
		}
	}
	equal(t, "changes", got, []string{
		"deleted false, key Left=true Right=false, row Left=true Weight=-2",
		"deleted true, key Left=true Right=false, row",
	})
}

// TestNotDecodable has a store whose schema is not in the language of package
// schema.
func TestNotDecodable(t *testing.T) {
	words := committable.NewTable(committable.Definition[string, string]{
		Name: "words", Schema: "words",
		Key:       func(v *string) string { return *v },
		AppendKey: func(dst []byte, k string) []byte { return append(append(dst, k...), 0) },
		DecodeKey: func(b []byte) (string, error) { return string(bytes.TrimSuffix(b, []byte{0})), nil },
		AppendRow: func(dst []byte, v *string) []byte { return append(dst, *v...) },
		DecodeRow: func(b []byte, v *string) error { *v = string(b); return nil },
		Equal:     func(a, b *string) bool { return *a == *b },
	})
	db := open(t, made(t, map[string]committer.Committable{"words": words, "mail": &mail{}}, func(p *program) {
		_, _, err := p.Do(t.Context(), []byte("key"), func(context.Context) error { return words.Put("hi") })
		p.must(err)
	}))
	r, err := db.Record(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"words", "mail"} {
		p, _ := r.Part(name)
		if _, err := p.Changes(); !errors.Is(err, inspect.ErrNotDecodable) {
			t.Errorf("changes of %s: %v", name, err)
		}
	}
	if p, _ := r.Part("words"); string(p.Journal) != "\x01\x02hi" {
		t.Errorf("the journal is %x", p.Journal)
	}
	wantRows := func(store string, want error) {
		t.Helper()
		n := 0
		for _, err := range db.Rows(t.Context(), store) {
			if n++; !errors.Is(err, want) {
				t.Errorf("rows of %s: %v, want %v", store, err, want)
			}
		}
		equal(t, "pairs of rows and errors of "+store, n, 1)
	}
	wantRows("words", inspect.ErrNotDecodable)
	wantRows("mail", inspect.ErrNoStore)
	wantRows("letters", inspect.ErrNoStore)
	if _, err := db.Load(t.Context()); !errors.Is(err, inspect.ErrNotDecodable) {
		t.Errorf("Load: %v", err)
	}
}

// TestForgotten gives the name of a forgotten store to another one.
func TestForgotten(t *testing.T) {
	accounts := generated.NewAccountStore()
	store := made(t, map[string]committer.Committable{"third": accounts}, func(p *program) {
		_, _, err := p.Do(t.Context(), []byte("0"), func(context.Context) error { return accounts.Put(generated.Account{ID: "a"}) })
		p.must(err)
	})
	m := committer.NewCommitter(store, map[string]committer.Committable{"pairs": generated.NewPairStore()})
	transfers := generated.NewTransferStore()
	if err := errors.Join(m.Forget(t.Context(), "third"), m.Load(t.Context()), m.Register("third", transfers)); err != nil {
		t.Fatal(err)
	}
	_, _, err := m.Do(t.Context(), []byte("1"), func(context.Context) error { return transfers.Put(generated.Transfer{Amount: 1}) })
	if err := errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	for r, err := range open(t, store).Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		p, _ := r.Part("third")
		if p.Forgotten != (r.Session.Seq == 0) {
			t.Errorf("session %d: forgotten is %v", r.Session.Seq, p.Forgotten)
		}
		if _, err := p.Changes(); p.Forgotten != errors.Is(err, inspect.ErrNotDecodable) {
			t.Errorf("session %d: changes: %v", r.Session.Seq, err)
		}
	}
}
