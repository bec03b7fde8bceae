package committable

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/internal/journal"
)

// twoParts returns a table with the committed rows a and b, and its image.
func twoParts(t failer) (*Table[partKey, part], string) {
	t.Helper()
	p := newParts()
	inSession(t, p, "rows", func() {
		must(t, errors.Join(p.Put(part{Org: "a", Serial: "1"}), p.Put(part{Org: "b", Serial: "2"})))
	})
	return p, image(t, p)
}

// TestHostileJournals damages a valid journal in many ways. Redo and Replay must
// refuse the results and change nothing.
func TestHostileJournals(t *testing.T) {
	source, _ := twoParts(t)
	_, good := stagedSession(t, source, "good", func() {
		must(t, source.Put(part{Org: "c", Serial: "3", Tags: []string{"t"}}))
		_, err := source.Delete(partKey{Org: "a"})
		must(t, err)
	})
	first, rest, err := journal.CutFrame(good[1:])
	must(t, err)
	entries := [][]byte{good[:len(good)-len(rest)], rest}
	hostile := map[string][]byte{
		"other order":      slices.Concat(entries[1], entries[0]),
		"twice the same":   slices.Concat(entries[0], entries[0]),
		"unknown kind":     append([]byte{2}, good[1:]...),
		"other kind":       append([]byte{good[0] ^ 1}, good[1:]...),
		"long length":      slices.Concat([]byte{good[0], 0x80 | byte(len(first)), 0}, first),
		"huge length":      {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"endless length":   bytes.Repeat([]byte{0xff}, 20),
		"kind alone":       {1},
		"deletes no key":   {0, 0},
		"deletes twice":    slices.Repeat([]byte("\x00\x04a\x00\x00\x00"), 2),
		"bytes at the end": append(slices.Clone(good), 0),
		"another store's":  []byte("\x01\x05alice"),
	}
	for i := 1; i < len(good); i++ {
		if i != len(entries[0]) {
			hostile["cut at "+string(rune('0'+i/10))+string(rune('0'+i%10))] = good[:i]
		}
	}
	for name, bad := range hostile {
		p, before := twoParts(t)
		rows := collect(t, p.IndexPrefix(bySerial, nil))
		wantError(t, p.Replay(ctx, []byte("good"), bad), ErrCorrupt)
		err := p.Redo(ctx, []byte("good"), bad)
		wantError(t, err, ErrCorrupt)
		if !strings.Contains(err.Error(), "store parts: Redo: journal: entry ") {
			t.Errorf("%s: message %q", name, err)
		}
		if image(t, p) != before || gocmp.Diff(rows, collect(t, p.IndexPrefix(bySerial, nil))) != "" || p.session != nil {
			t.Errorf("%s: the state changed", name)
		}
	}
	p, _ := twoParts(t)
	must(t, p.Redo(ctx, []byte("good"), good))
	if image(t, p) != image(t, source) {
		t.Fatal("the good journal did not do what the session did")
	}
	wantError(t, p.Redo(ctx, []byte("again"), []byte("\x00\x04a\x00\x00\x00")), ErrCorrupt) // a is not there any more
}

// TestRedoSwapsUniqueValues applies a session that exchanged the unique values of two
// rows.
func TestRedoSwapsUniqueValues(t *testing.T) {
	source, _ := twoParts(t)
	_, journal := stagedSession(t, source, "swap", func() {
		must(t, source.Put(part{Org: "a", Serial: "aside"}))
		must(t, source.Put(part{Org: "b", Serial: "1"}))
		must(t, source.Put(part{Org: "a", Serial: "2"}))
	})
	p, _ := twoParts(t)
	must(t, p.Redo(ctx, []byte("swap"), journal))
	if diff := gocmp.Diff(collect(t, source.IndexPrefix(bySerial, nil)), collect(t, p.IndexPrefix(bySerial, nil))); diff != "" {
		t.Fatal(diff)
	}
	must(t, p.BeginRecovery(ctx, []byte("swap"))) // what Redo applied can be replayed
	if got, _ := p.IndexGet(bySerial, []byte("1\x00")); got.Org != "a" {
		t.Fatalf("before the session serial 1 was %v", got)
	}
}

// FuzzRedo applies arbitrary bytes. An accepted journal must be the journal of the
// changes that it made.
func FuzzRedo(f *testing.F) {
	p, _ := twoParts(f)
	_, journal := stagedSession(f, p, "seed", func() {
		must(f, p.Put(part{Org: "c", Serial: "3", Tags: []string{"t"}}))
		must(f, p.Put(part{Org: "d", Serial: "4", Amount: 5}))
		_, err := p.Delete(partKey{Org: "a"})
		must(f, err)
	})
	f.Add(journal)
	f.Add([]byte{})
	f.Add([]byte("\x00\x04a\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, journal []byte) {
		p, before := twoParts(t)
		if err := p.Redo(ctx, []byte("key"), journal); err != nil {
			wantError(t, err, ErrCorrupt)
			if image(t, p) != before {
				t.Fatal("the state changed")
			}
			return
		}
		if again := p.encodeJournal(p.committed.lastChanges()); !bytes.Equal(again, journal) {
			t.Fatalf("accepted %q, would have written %q", journal, again)
		}
	})
}
