package generated

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable"
)

var ctx = context.Background()

// store is what every generated store has.
type store[K comparable, V any] interface {
	committable.Store
	Get(K) (V, bool)
	Has(K) bool
	Len() int
	All() iter.Seq2[K, V]
	Backward() iter.Seq2[K, V]
	Range(from, to K) iter.Seq2[K, V]
	From(K) iter.Seq2[K, V]
	Insert(V) error
	Put(V) error
	Update(K, func(*V) error) error
	Delete(K) (bool, error)
	Changes() iter.Seq[committable.Change[K, V]]
}

// in runs a session over a store and returns its commit ID.
func in(t *testing.T, s committable.Store, key string, fn func()) []byte {
	t.Helper()
	if err := s.Begin(ctx, []byte(key)); err != nil {
		t.Fatal(err)
	}
	fn()
	id, err := s.Commit(ctx, []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func put[K comparable, V any](t *testing.T, s store[K, V], rows ...V) {
	t.Helper()
	in(t, s, "put", func() {
		for _, r := range rows {
			if err := s.Put(r); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func keys[K comparable, V any](rows iter.Seq2[K, V]) []K {
	var out []K
	for k := range rows {
		out = append(out, k)
	}
	return out
}

func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func day(n int) time.Time { return time.Date(2024, 1, n, 12, 0, 0, 5, time.UTC) }

func TestReadingInKeyOrder(t *testing.T) {
	s := NewFlatStore()
	put(t, s, Flat{ID: 300}, Flat{ID: 2}, Flat{ID: 10})
	same(t, keys(s.All()), []uint64{2, 10, 300})
	same(t, keys(s.Backward()), []uint64{300, 10, 2})
	same(t, keys(s.Range(2, 300)), []uint64{2, 10})
	same(t, keys(s.From(3)), []uint64{10, 300})
	same(t, s.Len(), 3)
	same(t, []bool{s.Has(10), s.Has(11)}, []bool{true, false})
}

func TestKeysOrderAsGoDoes(t *testing.T) {
	s := NewScalarStore()
	put(t, s, Scalar{Int: 5}, Scalar{Int: -7}, Scalar{Int: 0}, Scalar{Int: -300})
	same(t, keys(s.All()), []int{-300, -7, 0, 5})
}

func TestWritesNeedASession(t *testing.T) {
	s := NewFlatStore()
	if err := s.Put(Flat{ID: 1}); !errors.Is(err, committable.ErrNotInSession) {
		t.Errorf("Put returned %v", err)
	}
	if _, err := s.Delete(1); !errors.Is(err, committable.ErrNotInSession) {
		t.Errorf("Delete returned %v", err)
	}
}

func TestInsertUpdateDelete(t *testing.T) {
	s := NewFlatStore()
	in(t, s, "1", func() {
		if err := s.Insert(Flat{ID: 1, Amount: 5}); err != nil {
			t.Error(err)
		}
		if err := s.Insert(Flat{ID: 1}); !errors.Is(err, committable.ErrExists) {
			t.Errorf("the second Insert returned %v", err)
		}
		if err := s.Update(2, func(*Flat) error { return nil }); !errors.Is(err, committable.ErrNotFound) {
			t.Errorf("Update of a missing row returned %v", err)
		}
		if err := s.Update(1, func(f *Flat) error { f.ID = 2; return nil }); !errors.Is(err, committable.ErrKeyChanged) {
			t.Errorf("Update of the key returned %v", err)
		}
		if err := s.Update(1, func(f *Flat) error { f.Amount++; return nil }); err != nil {
			t.Error(err)
		}
	})
	if f, _ := s.Get(1); f.Amount != 6 {
		t.Errorf("the amount is %d", f.Amount)
	}
	in(t, s, "2", func() {
		if there, err := s.Delete(1); !there || err != nil {
			t.Errorf("Delete returned %v, %v", there, err)
		}
	})
	same(t, s.Len(), 0)
}

func TestChangesAreNet(t *testing.T) {
	s := NewFlatStore()
	put(t, s, Flat{ID: 1}, Flat{ID: 2}, Flat{ID: 3})
	in(t, s, "next", func() {
		for _, f := range []Flat{{ID: 4}, {ID: 2, Amount: 1}, {ID: 3}} {
			if err := s.Put(f); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Delete(1); err != nil {
			t.Fatal(err)
		}
		same(t, slices.Collect(s.Changes()), []committable.Change[uint64, Flat]{
			{Key: 1, Old: &Flat{ID: 1}},
			{Key: 2, Old: &Flat{ID: 2}, New: &Flat{ID: 2, Amount: 1}},
			{Key: 4, New: &Flat{ID: 4}},
		})
	})
}

func TestViewsStayAtTheirCommit(t *testing.T) {
	s := NewAccountStore()
	put(t, s, Account{ID: "a", Owner: "ann", IBAN: "1", Balance: 1})
	v := s.View()
	put(t, s, Account{ID: "a", Owner: "bob", IBAN: "2", Balance: 2}, Account{ID: "b", IBAN: "3"})
	a, ok := v.Get("a")
	same(t, ok, true)
	same(t, a.Balance, 1)
	same(t, v.Len(), 1)
	same(t, keys(v.ByOwner("ann")), []string{"a"})
	same(t, keys(v.ByOwner("bob")), nil)
	if _, ok := v.ByIBAN("2"); ok {
		t.Error("the view sees a later row")
	}
	same(t, keys(s.View().AllByBalance()), []string{"a", "b"})
	for want, view := range []*AccountView{v, s.View()} {
		seq, ok := view.Seq()
		same(t, ok, true)
		same(t, seq, uint64(want))
	}
	_, ok = NewAccountStore().View().Seq()
	same(t, ok, false)
}

func TestNames(t *testing.T) {
	same(t, NewAccountStore().Name(), "accounts")
	same(t, NewFlatStore().Name(), "Flat")
	same(t, NewEventLog().Name(), "sensor/events")
	same(t, NewFlatStore(committable.WithName("other")).Name(), "other")
	byName := make(map[string]committable.Store)
	for _, s := range []committable.Store{NewAccountStore(), NewAccountStore(committable.WithName("closed"))} {
		byName[s.Name()] = s
	}
	same(t, slices.Sorted(maps.Keys(byName)), []string{"accounts", "closed"})
}

func TestSchemaIsTheGeneratedText(t *testing.T) {
	want := `committable schema 1
1 ID string
3 Age uint8
7 Email string
16 Name string
17 Marks array[2] of message
  1 N int64
18 Older list of message
  1 N int64
key ID
reserved 2, 5
`
	if got := NewProfileStore().Schema(); !bytes.Equal(got, []byte(want)) {
		t.Errorf("the schema is\n%s", got)
	}
}
