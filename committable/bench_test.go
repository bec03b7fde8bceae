package committable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// account is the row of the ledger workload: flat, with a short key.
type account struct {
	ID      string
	Owner   string
	Balance int64
	Seq     uint64
}

func accountDefinition() Definition[string, account] {
	return Definition[string, account]{
		Name:      "accounts",
		Key:       func(a *account) string { return a.ID },
		AppendKey: appendText,
		DecodeKey: func(b []byte) (string, error) {
			if key, rest, ok := bytes.Cut(b, []byte{0}); ok && len(rest) == 0 {
				return string(key), nil
			}
			return "", errors.New("not a key of accounts")
		},
		AppendRow: func(dst []byte, a *account) []byte {
			dst = appendText(appendText(dst, a.ID), a.Owner)
			return binary.AppendUvarint(binary.AppendVarint(dst, a.Balance), a.Seq)
		},
		DecodeRow: decodeAccount,
		Equal:     func(a, b *account) bool { return *a == *b },
	}
}

func decodeAccount(b []byte, a *account) error {
	id, b, _ := bytes.Cut(b, []byte{0})
	owner, b, ok := bytes.Cut(b, []byte{0})
	balance, n := binary.Varint(b)
	if !ok || n <= 0 {
		return errors.New("not an account")
	}
	seq, m := binary.Uvarint(b[n:])
	if m <= 0 || n+m != len(b) {
		return errors.New("not an account")
	}
	*a = account{string(id), string(owner), balance, seq}
	return nil
}

// newLedger returns a table of n accounts, and their keys.
func newLedger(t testing.TB, n int) (*Table[string, account], []string) {
	t.Helper()
	table := NewTable(accountDefinition())
	keys := make([]string, n)
	inSession(t, table, "open", func() {
		for i := range keys {
			keys[i] = fmt.Sprintf("acct-%08d", i)
			must(t, table.Insert(account{ID: keys[i], Owner: fmt.Sprintf("owner %d", i%1000), Balance: 1000}))
		}
	})
	return table, keys
}

func transfer(t testing.TB, table *Table[string, account], from, to string) {
	a, _ := table.Get(from)
	b, _ := table.Get(to)
	if from == to {
		return
	}
	a.Balance, a.Seq = a.Balance-1, a.Seq+1
	b.Balance, b.Seq = b.Balance+1, b.Seq+1
	if err := errors.Join(table.Put(a), table.Put(b)); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLedger runs sessions of 1,000 transfers over 100,000 accounts and
// reports transfers a second.
func BenchmarkLedger(b *testing.B) {
	const transfers = 1000
	table, keys := newLedger(b, 100_000)
	random := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		inSession(b, table, fmt.Sprint(i), func() {
			for range transfers {
				transfer(b, table, keys[random.IntN(len(keys))], keys[random.IntN(len(keys))])
			}
		})
	}
	b.ReportMetric(float64(b.N*transfers)/b.Elapsed().Seconds(), "transfers/s")
}

// BenchmarkStage stages one session with up to 2,000 changes repeatedly.
func BenchmarkStage(b *testing.B) {
	table, keys := newLedger(b, 100_000)
	random := rand.New(rand.NewPCG(1, 1))
	must(b, table.Begin(ctx, []byte("stage")))
	for range 1000 {
		transfer(b, table, keys[random.IntN(len(keys))], keys[random.IntN(len(keys))])
	}
	b.ReportAllocs()
	for b.Loop() {
		table.session.result = nil
		if _, _, err := table.Stage(ctx, []byte("stage")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	table, keys := newLedger(b, 100_000)
	i := 0
	for b.Loop() {
		if _, ok := table.Get(keys[i*7919%len(keys)]); !ok {
			b.Fatal("lost an account")
		}
		i++
	}
}

func BenchmarkPut(b *testing.B) {
	table, keys := newLedger(b, 100_000)
	must(b, table.Begin(ctx, []byte("put")))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		must(b, table.Put(account{ID: keys[i*7919%2000], Balance: int64(i)}))
		i++
	}
}

func BenchmarkViewGet(b *testing.B) {
	table, keys := newLedger(b, 100_000)
	view := table.View()
	i := 0
	for b.Loop() {
		if _, ok := view.Get(keys[i*7919%len(keys)]); !ok {
			b.Fatal("lost an account")
		}
		i++
	}
}

func BenchmarkViewAll(b *testing.B) {
	table, _ := newLedger(b, 100_000)
	for b.Loop() {
		for range table.View().All() {
		}
	}
}
