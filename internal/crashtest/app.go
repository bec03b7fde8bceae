package crashtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// KV is a durable KV that can be closed.
type KV interface {
	kv.KV
	io.Closer
}

// app is what is disturbed: two generated stores whose sessions depend on
// the state before, so that one that ran twice, or was lost, shows.
type app struct {
	m         *committer.MultiCommitter
	accounts  *generated.AccountStore
	transfers *generated.TransferStore
	bank      *external // nil: there is none
}

// newApp returns one that is not loaded. The database is that of its external,
// nil if it has none.
func newApp(store kv.KV, syncEvery int, db *database) *app {
	a := &app{accounts: generated.NewAccountStore(), transfers: generated.NewTransferStore()}
	members := map[string]committer.Committable{a.accounts.Name(): a.accounts, a.transfers.Name(): a.transfers}
	if db != nil {
		a.bank = &external{db: db}
		members["bank"] = a.bank
	}
	a.m = committer.NewCommitter(store, members, committer.WithSyncEvery(syncEvery), committer.WithRecords(5), committer.WithHistory(50),
		committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1 << 10, Growth: 0.01}))
	return a
}

func key(seq uint64) []byte { return fmt.Appendf(nil, "session-%06d", seq) }

// run commits the session with this sequence.
func (a *app) run(ctx context.Context, seq uint64) (committer.Session, error) {
	s, _, err := a.m.Do(ctx, key(seq), func(context.Context) error {
		id := fmt.Sprintf("account-%02d", seq*7%30)
		row, _ := a.accounts.Get(id)
		row.ID, row.Owner, row.IBAN = id, generated.Owner(fmt.Sprint("owner-", seq%5)), id
		row.Balance = 3*row.Balance + generated.Cents(seq)
		err := errors.Join(a.accounts.Put(row), a.transfers.Put(generated.Transfer{ID: seq, Amount: int64(a.accounts.Len())}))
		if a.bank != nil {
			a.bank.Set(id, fmt.Sprint(row.Balance))
		}
		if seq > 20 {
			_, gone := a.transfers.Delete(seq - 20)
			err = errors.Join(err, gone)
		}
		return err
	})
	return s, err
}

// next returns the sequence of the session that comes next.
func (a *app) next() (uint64, error) {
	last, ok, err := a.m.Last()
	if err != nil || !ok {
		return 0, err
	}
	return last.Seq + 1, nil
}

// check loads what is left, compares it with a run that nothing has disturbed,
// and closes it. It returns how many sessions there are.
func check(t *testing.T, store KV, syncEvery int, db *database, acked uint64) uint64 {
	t.Helper()
	ctx := context.Background()
	left := newApp(store, syncEvery, db)
	if err := errors.Join(left.m.Load(ctx), left.m.Verify(ctx)); err != nil {
		t.Fatal(err)
	}
	next, err := left.next()
	if err != nil {
		t.Fatal(err)
	}
	if key, pending, _ := left.m.Pending(); pending && db != nil { // decided perhaps: the external may be ahead
		if _, err := left.run(ctx, next); err != nil {
			t.Fatalf("finishing key %q: %v", key, err)
		}
		next++
	}
	if syncEvery <= 1 && next < acked {
		t.Fatalf("%d sessions are left; %d were acknowledged", next, acked)
	}
	var wantDB *database
	if db != nil {
		wantDB = newDatabase()
	}
	want := newApp(memkv.New(), 1, wantDB)
	if err := want.m.Load(ctx); err != nil {
		t.Fatal(err)
	}
	for seq := range next {
		s, err := want.run(ctx, seq)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok, err := left.m.Lookup(key(seq)); err != nil || ok && got.ID != s.ID {
			t.Fatalf("session %d has ID %s, undisturbed it has %s (%v)", seq, got.ID, s.ID, err)
		}
	}
	for name, stores := range map[string][2]string{
		"accounts":  {rows(want.accounts.All()), rows(left.accounts.All())},
		"transfers": {rows(want.transfers.All()), rows(left.transfers.All())},
	} {
		if stores[0] != stores[1] {
			t.Fatalf("%s:\n%s\nundisturbed:\n%s", name, stores[1], stores[0])
		}
	}
	if db != nil && !maps.Equal(db.rows, wantDB.rows) {
		t.Fatalf("the external has\n%v\nundisturbed:\n%v", db.rows, wantDB.rows)
	}
	if err := errors.Join(left.m.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	return next
}

func rows[K, V any](all func(func(K, V) bool)) string {
	var b bytes.Buffer
	for _, row := range all {
		fmt.Fprintf(&b, "%+v\n", row)
	}
	return b.String()
}
