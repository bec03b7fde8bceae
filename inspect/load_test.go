package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/memkv"
)

// TestLoad does with a loaded database what changes it. The KV must stay as it is.
func TestLoad(t *testing.T) {
	db := open(t, made(t, nil, func(p *program) { p.commits(0, 4) }))
	m, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	if err := errors.Join(m.Verify(t.Context()), m.Export(t.Context(), &stream), m.Rollback(t.Context(), 2), m.Verify(t.Context())); err != nil {
		t.Fatal(err)
	}
	if last, ok, err := m.Last(); !ok || err != nil || last.Seq != 1 {
		t.Errorf("after the rollback: %v, %v, %v", last, ok, err)
	}
	if err := errors.Join(m.Import(t.Context(), &stream), m.Close()); err != nil {
		t.Fatal(err)
	}
	if last, _ := db.Last(); last.Seq != 3 {
		t.Errorf("the database has session %d as its last", last.Seq)
	}
}

// TestLoadAfterACrash has a pending entry of the last session, which a crash can
// leave, and which Load deletes.
func TestLoadAfterACrash(t *testing.T) {
	store := memkv.New()
	p := start(t, store, nil)
	var pending []byte
	_, _, err := p.Do(t.Context(), []byte("1"), func(ctx context.Context) (err error) {
		pending, err = store.Get(ctx, []byte("mc/pending"))
		return err
	})
	p.must(errors.Join(err, store.Set(t.Context(), []byte("mc/pending"), pending)))
	db := open(t, store)
	if _, ok := db.Pending(); ok {
		t.Error("the session is pending")
	}
	m, err := db.Load(t.Context())
	if err == nil {
		err = errors.Join(m.Verify(t.Context()), m.Export(t.Context(), io.Discard), m.Close())
	}
	if err != nil {
		t.Error(err)
	}
	if value, err := store.Get(t.Context(), []byte("mc/pending")); err != nil || !bytes.Equal(value, pending) {
		t.Errorf("the pending entry is %q, %v", value, err)
	}
}

// TestCommittables changes a database without its program, which must then load it.
func TestCommittables(t *testing.T) {
	store := made(t, nil, func(p *program) { p.commits(0, 4) })
	committables, err := open(t, store).Committables()
	if err != nil {
		t.Fatal(err)
	}
	m := committer.NewCommitter(store, committables)
	if err := errors.Join(m.Load(t.Context()), m.Rollback(t.Context(), 1), m.Close()); err != nil {
		t.Fatal(err)
	}
	p := start(t, store, nil)
	if row, ok := p.pairs.Get(generated.PairKey{Left: true}); !ok || row.Weight != 1 || p.pairs.Len() != 1 {
		t.Errorf("%d rows, %v", p.pairs.Len(), row)
	}
}

// TestCommittablesOfExternals loads a database with an external committable. A
// session is refused.
func TestCommittablesOfExternals(t *testing.T) {
	db := open(t, made(t, map[string]committer.Committable{"mail": &mail{}}, func(p *program) { p.commits(0, 2) }))
	m, err := db.Load(t.Context())
	if err == nil {
		err = m.Verify(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Do(t.Context(), []byte("new"), func(context.Context) error { return nil }); err == nil {
		t.Error("a session ran")
	}
}
