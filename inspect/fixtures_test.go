package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// unwritable is a KV that must not be written to. It reports writes as failures
// of the test.
type unwritable struct {
	kv.KV
	t *testing.T
}

func (u unwritable) Set(_ context.Context, key, _ []byte) error {
	u.t.Errorf("%s is written", key)
	return errors.New("read-only")
}

func (u unwritable) Delete(_ context.Context, key []byte) error {
	u.t.Errorf("%s is deleted", key)
	return errors.New("read-only")
}

func (u unwritable) Unwrap() kv.KV { return u.KV }

func (u unwritable) Batch(_ context.Context, ops []kv.Op) error {
	if len(ops) > 0 {
		u.t.Errorf("%s is written in a batch", ops[0].Key)
	}
	return errors.ErrUnsupported
}

func (u unwritable) Create(_ context.Context, key, _ []byte) error {
	if len(key) > 0 {
		u.t.Errorf("%s is created", key)
	}
	return errors.ErrUnsupported
}

// open opens the database in a KV, which must stay as it is.
func open(t *testing.T, store kv.KV) *inspect.Database {
	t.Helper()
	db, err := inspect.Open(t.Context(), unwritable{store, t})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// program is a program with a database.
type program struct {
	t     *testing.T
	kv    kv.KV
	pairs *generated.PairStore
	*committer.MultiCommitter
}

// start starts a program with a store of pairs, and with other committables.
func start(t *testing.T, store kv.KV, others map[string]committer.Committable, opts ...committer.CommitterOpt) *program {
	t.Helper()
	p := &program{t: t, kv: store, pairs: generated.NewPairStore()}
	committables := map[string]committer.Committable{"pairs": p.pairs}
	for name, c := range others {
		committables[name] = c
	}
	p.MultiCommitter = committer.NewCommitter(store, committables, opts...)
	p.must(p.Load(t.Context()))
	return p
}

// commits commits sessions with the sequences from to before end. Session n puts
// one pair, of weight n+1.
func (p *program) commits(from, end int) {
	p.t.Helper()
	for n := from; n < end; n++ {
		p.commit(fmt.Sprint("block-", n), generated.Pair{Left: n%2 == 0, Weight: int32(n + 1)})
	}
}

func (p *program) commit(key string, rows ...generated.Pair) {
	p.t.Helper()
	_, _, err := p.Do(p.t.Context(), []byte(key), func(context.Context) error {
		for _, row := range rows {
			if err := p.pairs.Put(row); err != nil {
				return err
			}
		}
		return nil
	})
	p.must(err)
}

func (p *program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// made returns a KV that a program wrote, and was closed.
func made(t *testing.T, others map[string]committer.Committable, write func(p *program), opts ...committer.CommitterOpt) kv.KV {
	t.Helper()
	p := start(t, memkv.New(), others, opts...)
	write(p)
	p.must(p.Close())
	return p.kv
}

// eager are options that write a checkpoint after nearly every session.
func eager(records int) []committer.CommitterOpt {
	return []committer.CommitterOpt{committer.WithRecords(records), committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 0.001})}
}

// mail is an external committable whose Commit can fail.
type mail struct{ err error }

func (*mail) Begin(context.Context, []byte) error         { return nil }
func (*mail) BeginRecovery(context.Context, []byte) error { return nil }
func (*mail) Cancel(context.Context) error                { return nil }
func (m *mail) Commit(_ context.Context, key []byte) ([]byte, error) {
	return append([]byte("sent "), key...), m.err
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// failing is a KV whose Get fails after some calls.
type failing struct {
	kv.KV
	after int
	err   error
}

func (f *failing) Get(ctx context.Context, key []byte) ([]byte, error) {
	if f.after--; f.after < 0 {
		return nil, f.err
	}
	return f.KV.Get(ctx, key)
}
