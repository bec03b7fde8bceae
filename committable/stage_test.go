package committable

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/gencommittable/gencommittable/internal/smt"
)

// plain is a row whose key and row are encoded as the plain strings, as in the vectors.
type plain struct{ key, row string }

func plainDefinition() Definition[string, plain] {
	return Definition[string, plain]{
		Name:      "plain",
		Key:       func(p *plain) string { return p.key },
		AppendKey: func(dst []byte, k string) []byte { return append(dst, k...) },
		DecodeKey: func(b []byte) (string, error) { return string(b), nil },
		AppendRow: func(dst []byte, p *plain) []byte { return append(dst, p.row...) },
		DecodeRow: func([]byte, *plain) error { return errors.New("plain rows are only written") },
		Equal:     func(a, b *plain) bool { return *a == *b },
	}
}

// TestChangeRootVectors stages the sessions of the vectors of package merkle.
func TestChangeRootVectors(t *testing.T) {
	accounts := NewTable(plainDefinition())
	inSession(t, accounts, "before", func() { must(t, accounts.Put(plain{"bob", "7"})) })
	id, journal := stagedSession(t, accounts, "session", func() {
		must(t, accounts.Put(plain{"alice", "100"}))
		must(t, accounts.Put(plain{"carol", ""}))
		_, err := accounts.Delete("bob")
		must(t, err)
	})
	if got, want := hex.EncodeToString(id), "78d6e6dca6544e71027f745ce5f3bf5868e18e10d07094a59a81f45820d0f194"; got != want {
		t.Errorf("change root of accounts %s, want %s", got, want)
	}
	if got, want := journal, journalOf(plain{"alice", "100"}, plain{"carol", ""}, plain{"bob", "deleted"}); !bytes.Equal(got, want) {
		t.Errorf("journal %q, want %q", got, want)
	}
	orders := NewTable(plainDefinition())
	id = inSession(t, orders, "session", func() { must(t, orders.Put(plain{"alice", "100"})) })
	if got, want := hex.EncodeToString(id), "3917f15b3fb318e95a38ddd83901ca5c84732ed3721567e48cae2ceb9be0fa46"; got != want {
		t.Errorf("change root of orders %s, want %s", got, want)
	}
}

// journalOf returns a journal by its definition: kind, length, and row or key, sorted
// by H(01 ‖ key).
func journalOf(changes ...plain) (journal []byte) {
	slices.SortFunc(changes, func(a, b plain) int {
		x, y := sha256.Sum256([]byte("\x01"+a.key)), sha256.Sum256([]byte("\x01"+b.key))
		return bytes.Compare(x[:], y[:])
	})
	for _, c := range changes {
		if c.row == "deleted" {
			journal = append(append(journal, 0, byte(len(c.key))), c.key...)
		} else {
			journal = append(append(journal, 1, byte(len(c.row))), c.row...)
		}
	}
	return journal
}

// TestStageOnManyProcessors stages a large session on one processor and on several,
// with its writes in different orders.
func TestStageOnManyProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var id, journal []byte
	for _, processors := range []int{1, 2, 3, 7} {
		runtime.GOMAXPROCS(processors)
		table, keys := newLedger(t, 2000)
		random := rand.New(rand.NewPCG(uint64(processors), 1))
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		gotID, gotJournal := stagedSession(t, table, "session", func() {
			for _, key := range keys {
				if key[len(key)-1] == '7' {
					_, err := table.Delete(key)
					must(t, err)
				} else {
					must(t, table.Put(account{ID: key, Owner: key}))
				}
			}
		})
		if id == nil {
			id, journal = gotID, gotJournal
		}
		if !bytes.Equal(id, gotID) || !bytes.Equal(journal, gotJournal) {
			t.Fatalf("%d processors: id %x, with 1 %x", processors, gotID, id)
		}
	}
}

// TestPathsAreKept checks that every committed row has the correct path or none.
func TestPathsAreKept(t *testing.T) {
	table, keys := newLedger(t, 100)
	check := func(table *Table[string, account]) (with int) {
		t.Helper()
		for key, r := range table.committed.rows {
			if r.path == (smt.Path{}) {
				continue
			}
			with++
			if want := sha256.Sum256(appendText([]byte{1}, key)); r.path != want {
				t.Fatalf("row %s has path %x, want %x", key, r.path, want)
			}
		}
		return with
	}
	if check(table) != len(keys) {
		t.Fatal("committed rows have no path")
	}
	_, journal := stagedSession(t, table, "next", func() {
		must(t, table.Put(account{ID: keys[0]}))
		_, err := table.Delete(keys[1])
		must(t, err)
		must(t, table.Insert(account{ID: keys[1], Owner: "again"}))
	})
	restored := NewTable(accountDefinition())
	must(t, restored.Restore(ctx, nil, table.Snapshot(ctx, 1)))
	if check(restored) != 0 {
		t.Fatal("Restore hashed keys, which only a change needs")
	}
	must(t, restored.Redo(ctx, []byte("next"), journal))
	if check(table) != len(keys) || check(restored) != 2 {
		t.Fatal("changed rows have no path")
	}
	id := inSession(t, restored, "delete", func() { _, err := restored.Delete(keys[5]); must(t, err) })
	if want := inSession(t, table, "delete", func() { _, err := table.Delete(keys[5]); must(t, err) }); !bytes.Equal(id, want) {
		t.Fatal("deleting a row without path has another id")
	}
}

// TestStagePanics makes AppendRow panic on a goroutine of Stage. The panic must reach
// the caller and must not change the session.
func TestStagePanics(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	broken := true
	d := accountDefinition()
	appendRow := d.AppendRow
	d.AppendRow = func(dst []byte, a *account) []byte {
		if broken && a.Balance == 999 {
			panic("in AppendRow")
		}
		return appendRow(dst, a)
	}
	table := NewTable(d)
	must(t, table.Begin(ctx, []byte("key")))
	for i := range 1000 {
		must(t, table.Put(account{ID: string(rune('A' + i)), Balance: int64(i)}))
	}
	func() {
		defer func() {
			if recover() != "in AppendRow" {
				t.Fatal("the panic is gone")
			}
		}()
		_, _, _ = table.Stage(ctx, []byte("key"))
	}()
	broken = false
	_, err := table.Commit(ctx, []byte("key"))
	must(t, err)
	if table.Len() != 1000 {
		t.Fatal("rows are gone")
	}
}

// TestKeysWithOneEncoding uses an incorrect AppendKey. Commit must return an error.
func TestKeysWithOneEncoding(t *testing.T) {
	d := plainDefinition()
	d.AppendKey = func(dst []byte, k string) []byte { return append(dst, k[:1]...) }
	table := NewTable(d)
	must(t, table.Begin(ctx, []byte("key")))
	must(t, cmp.Or(table.Put(plain{key: "aa"}), table.Put(plain{key: "ab"})))
	_, err := table.Commit(ctx, []byte("key"))
	wantError(t, err, ErrInvalid)
	if table.View().Len() != 0 {
		t.Fatal("committed")
	}
}

func TestGetDoesNotAllocate(t *testing.T) {
	table, keys := newLedger(t, 100)
	get := func() {
		if _, ok := table.Get(keys[7]); !ok || table.Has("none") {
			t.Fatal("wrong")
		}
	}
	must(t, table.Begin(ctx, []byte("key")))
	must(t, table.Put(account{ID: keys[8]}))
	if n := testing.AllocsPerRun(100, get); n != 0 {
		t.Errorf("Get in a session allocates %v times", n)
	}
	must(t, table.Cancel(ctx))
	if n := testing.AllocsPerRun(100, get); n != 0 {
		t.Errorf("Get allocates %v times", n)
	}
	view := table.View()
	if n := testing.AllocsPerRun(100, func() { view.Get(keys[7]) }); n != 0 {
		t.Errorf("Get of a view allocates %v times", n)
	}
}
