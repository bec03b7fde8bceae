package dynamic_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committable"
	"github.com/gencommittable/gencommittable/committable/codec"
	"github.com/gencommittable/gencommittable/committable/schema"
	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/inspect/internal/dynamic"
	"github.com/gencommittable/gencommittable/internal/drawrows"
)

var _ committer.Journaled = (*dynamic.Store)(nil)

// store is a generated store with random writes.
type store interface {
	committable.Store
	write(t *rapid.T)
}

type writer[K comparable, V any] struct {
	committable.Store
	put func(V) error
	del func(K) (bool, error)
	all func() iter.Seq2[K, V]
}

func of[K comparable, V any](s committable.Store, put func(V) error, del func(K) (bool, error), all func() iter.Seq2[K, V]) store {
	return &writer[K, V]{s, put, del, all}
}

func (w *writer[K, V]) write(t *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(t, "puts") {
		var row V
		drawrows.Special(nil).Row(t, &row)
		_ = w.put(row) // a row that the store refuses changes nothing
	}
	for k := range w.all() {
		if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
			if _, err := w.del(k); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func fixtures() []func() store {
	return []func() store{
		func() store { s := generated.NewAccountStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewAppointmentStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewEventLog(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewFlatStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewLatticeStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewLimitStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewOrderStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewPairStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewPositionStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewProfileStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewSampleStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewScalarStore(); return of(s, s.Put, s.Delete, s.All) },
		func() store { s := generated.NewTransferStore(); return of(s, s.Put, s.Delete, s.All) },
	}
}

var ctx = context.Background()

func newDynamic(t interface{ Fatal(...any) }, s committable.Store) *dynamic.Store {
	parsed, err := schema.Parse(s.Schema())
	if err != nil {
		t.Fatal(err)
	}
	return dynamic.New(s.Name(), parsed)
}

func snapshot(t *rapid.T, s committable.Store) []byte {
	var all []byte
	for chunk, err := range s.Snapshot(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, chunk...)
	}
	return all
}

func one(chunk []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(chunk, nil) }
}

// TestSameAsGenerated applies the sessions of each generated store to the dynamic
// store of its schema, once by journal and once by snapshot.
func TestSameAsGenerated(t *testing.T) {
	for _, newStore := range fixtures() {
		t.Run(newStore().Name(), rapid.MakeCheck(func(t *rapid.T) {
			s := newStore()
			d := newDynamic(t, s)
			for _, key := range [][]byte{{1}, {2}} {
				if err := s.Begin(ctx, key); err != nil {
					t.Fatal(err)
				}
				s.write(t)
				id, journal, err := s.Stage(ctx, key)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Commit(ctx, key); err != nil {
					t.Fatal(err)
				}
				if root, err := d.JournalRoot(journal); err != nil || !bytes.Equal(root, id) {
					t.Fatalf("JournalRoot: %x, %v, want %x", root, err, id)
				}
				if err := d.Redo(ctx, key, journal); err != nil {
					t.Fatal(err)
				}
			}
			want := snapshot(t, s)
			restored := newDynamic(t, s)
			if err := restored.Restore(ctx, s.Schema(), one(want)); err != nil {
				t.Fatal(err)
			}
			for _, d := range []*dynamic.Store{d, restored} {
				if !bytes.Equal(d.Schema(), s.Schema()) || !bytes.Equal(snapshot(t, d), want) {
					t.Fatalf("snapshot %x, want %x", snapshot(t, d), want)
				}
			}
		}))
	}
}

// TestAsStrictAsGenerated damages journals. Both stores must accept the same
// ones.
func TestAsStrictAsGenerated(t *testing.T) {
	for _, newStore := range fixtures() {
		t.Run(newStore().Name(), rapid.MakeCheck(func(t *rapid.T) {
			s := newStore()
			if err := s.Begin(ctx, []byte("1")); err != nil {
				t.Fatal(err)
			}
			s.write(t)
			_, journal, err := s.Stage(ctx, []byte("1"))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Cancel(ctx); err != nil {
				t.Fatal(err)
			}
			if len(journal) == 0 {
				return
			}
			for range 3 {
				at := rapid.IntRange(0, len(journal)-1).Draw(t, "at")
				switch rapid.IntRange(0, 2).Draw(t, "how") {
				case 0:
					journal[at] = rapid.Byte().Draw(t, "byte")
				case 1:
					journal[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				default:
					journal[at]++
				}
			}
			d := newDynamic(t, s)
			got, want := d.Redo(ctx, []byte("2"), journal), newStore().Redo(ctx, []byte("2"), journal)
			if (got == nil) != (want == nil) {
				t.Fatalf("%x: Redo of the dynamic store: %v, of the generated one: %v", journal, got, want)
			}
		}))
	}
}

// TestUnique restores rows that were written under a schema without a unique
// index. A dynamic store with the index must refuse rows that violate it, as the
// generated store does.
func TestUnique(t *testing.T) {
	accounts := generated.NewAccountStore()
	now := accounts.Schema()
	before := bytes.Replace(now, []byte(" on IBAN unique"), []byte(" on IBAN"), 1)
	row := func(id, iban string) []byte {
		r := codec.AppendString(codec.AppendString(nil, 1, id), 3, iban)
		return append([]byte{byte(len(r))}, r...)
	}
	for _, c := range []struct {
		schema []byte
		iban   string // of the other row
		want   error
	}{
		{now, "2", nil},
		{before, "2", nil},
		{now, "1", committable.ErrCorrupt},
		{before, "1", committable.ErrSchema},
		{before, "", nil},
	} {
		rows := append(row("a", "1"), row("b", c.iban)...)
		for name, s := range map[string]committable.Store{"dynamic": newDynamic(t, accounts), "generated": generated.NewAccountStore()} {
			var unique *committable.UniqueError
			err := s.Restore(ctx, c.schema, one(rows))
			if !errors.Is(err, c.want) || errors.As(err, &unique) != (c.want != nil) {
				t.Errorf("%s: IBANs 1 and %s: %v", name, c.iban, err)
			}
		}
	}
}
