package committable

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/committable/codec"
)

// Versions of a store of notes, as a program may develop. All use the codec of the
// last version, which can read the rows of every version.
const (
	notesBefore = "committable schema 1\n1 ID uint16\n2 Text string\n3 Rank int32\nkey ID\n"
	notesNow    = "committable schema 1\n1 ID uint16\n2 Body string\n3 Rank int64\n4 Slug string\nkey ID\nindex BySlug on Slug unique\n"
)

type note struct {
	ID         uint16
	Body, Slug string
	Rank       int64
}

func newNotes(schema string, indexes ...Index[note]) *Table[uint16, note] {
	return NewTable(Definition[uint16, note]{
		Name: "notes", Schema: schema, Indexes: indexes,
		Key:       func(n *note) uint16 { return n.ID },
		AppendKey: codec.AppendKeyUint16[uint16],
		DecodeKey: func(b []byte) (uint16, error) {
			r := codec.NewKeyReader(b)
			k := r.Uint16()
			return k, r.Close()
		},
		AppendRow: func(dst []byte, n *note) []byte {
			dst = codec.AppendUint(dst, 1, n.ID)
			dst = codec.AppendString(dst, 2, n.Body)
			dst = codec.AppendInt(dst, 3, n.Rank)
			return codec.AppendString(dst, 4, n.Slug)
		},
		DecodeRow: func(b []byte, n *note) error {
			d := codec.NewDecoder(b)
			for d.Next() {
				switch d.Field() {
				case 1:
					n.ID = d.Uint16()
				case 2:
					n.Body = d.String()
				case 3:
					n.Rank = d.Int64()
				case 4:
					n.Slug = d.String()
				default:
					d.Unknown()
				}
			}
			return d.Err()
		},
		Equal: func(a, b *note) bool { return *a == *b },
	})
}

func bySlug() Index[note] {
	return Index[note]{Name: "BySlug", Unique: true, Append: func(dst []byte, n *note) []byte { return codec.AppendKeyString(dst, n.Slug) }}
}

func byBody() Index[note] {
	return Index[note]{Name: "ByBody", Unique: true, Append: func(dst []byte, n *note) []byte { return codec.AppendKeyString(dst, n.Body) }}
}

func notesOf(rows iter.Seq2[uint16, note]) (list []note) {
	for _, n := range rows {
		list = append(list, n)
	}
	return list
}

// putNotes puts notes in a session, and returns the journal.
func putNotes(t *testing.T, s *Table[uint16, note], key string, notes ...note) []byte {
	t.Helper()
	must(t, s.Begin(ctx, []byte(key)))
	for _, n := range notes {
		must(t, s.Put(n))
	}
	_, journal, err := s.Stage(ctx, []byte(key))
	must(t, err)
	_, err = s.Commit(ctx, []byte(key))
	must(t, err)
	return journal
}

// TestRestoreOfAnOlderSchema restores rows of an older schema, and applies a journal
// of it.
func TestRestoreOfAnOlderSchema(t *testing.T) {
	old, now := newNotes(notesBefore), newNotes(notesNow, Index[note]{Name: "BySlug", Append: bySlug().Append})
	putNotes(t, old, "1", note{ID: 1, Body: "a", Rank: 1 << 30}, note{ID: 2})
	snapshot := chunks(t, old.Snapshot(ctx, 0))
	journal := putNotes(t, old, "2", note{ID: 2, Body: "b", Rank: -1})

	must(t, now.Restore(ctx, old.Schema(), sequence(snapshot...)))
	must(t, now.Redo(ctx, []byte("2"), journal))
	if diff := gocmp.Diff([]note{{ID: 1, Body: "a", Rank: 1 << 30}, {ID: 2, Body: "b", Rank: -1}}, notesOf(now.All())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := len(notesOf(now.IndexPrefix(0, nil))); got != 2 {
		t.Errorf("%d rows in the new index", got)
	}
	if diff := gocmp.Diff(image(t, old), image(t, now)); diff != "" {
		t.Errorf("the rows have other bytes: %s", diff)
	}
}

// TestRestoreDropsReservedFields restores rows with a field that is reserved now, and
// applies a journal with it.
func TestRestoreDropsReservedFields(t *testing.T) {
	const without = "committable schema 1\n1 ID uint16\n2 Body string\n4 Slug string\nkey ID\nreserved 3\n"
	old, now := newNotes(notesBefore), newNotes(without)
	putNotes(t, old, "1", note{ID: 1, Body: "a", Rank: 1 << 30}, note{ID: 2, Rank: 7})
	snapshot := chunks(t, old.Snapshot(ctx, 0))
	journal := putNotes(t, old, "2", note{ID: 2, Body: "b", Rank: -1}, note{ID: 3, Rank: 8})
	want := []note{{ID: 1, Body: "a"}, {ID: 2, Body: "b"}, {ID: 3}}

	must(t, now.Restore(ctx, old.Schema(), sequence(snapshot...)))
	must(t, now.Redo(ctx, []byte("2"), journal))
	if diff := gocmp.Diff(want, notesOf(now.All())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	anew := newNotes(without)
	must(t, anew.Restore(ctx, now.Schema(), now.Snapshot(ctx, 0)))
	if diff := gocmp.Diff(want, notesOf(anew.All())); diff != "" {
		t.Errorf("the snapshot has others: -want +got\n%s", diff)
	}

	must(t, now.Restore(ctx, old.Schema(), sequence(snapshot...)))
	wantError(t, now.Restore(ctx, old.Schema(), sequence([]byte{2, 8, 0})), ErrCorrupt)
	wantError(t, now.Redo(ctx, []byte("2"), []byte{1, 2, 8, 0}), ErrCorrupt)
	ours := putNotes(t, now, "3", note{ID: 4, Slug: "d"})
	must(t, now.Replay(ctx, []byte("4"), ours)) // sessions record rows of their own schema
	must(t, now.Cancel(ctx))
	must(t, now.Redo(ctx, []byte("4"), ours))
	if _, err := now.JournalRoot(ours); err != nil {
		t.Error(err)
	}
}

func TestRestoreRefusesWhatIsNotCompatible(t *testing.T) {
	for _, c := range []struct{ given, own, want string }{
		{notesNow, notesBefore, "field 3 Rank was int64 and is now int32: stored values may not fit; keep the type, and add a field with a new number|" +
			"field 4 Slug string was deleted: stored rows may have it; tag the field that replaces it `committable:\"4\"`, put it back, or drop its values with //committable:reserved 4"},
		{notesBefore, strings.Replace(notesNow, "ID uint16", "ID uint32", 1), "field 1 ID of the key was uint16 and is now uint32: keys would have another length; keep the type, and add a field with a new number"},
		{notesBefore, "notes", "- committable schema 1|- 1 ID uint16|- 2 Text string|- 3 Rank int32|- key ID|- |+ notes"},
	} {
		s := newNotes(c.own)
		putNotes(t, s, "1", note{ID: 7})
		var schema *SchemaError
		if err := s.Restore(ctx, []byte(c.given), nil); !errors.As(err, &schema) || strings.Join(schema.Changes, "|") != c.want {
			t.Errorf("Restore: %v\nwant %s", err, c.want)
		}
		if s.Len() != 1 {
			t.Error("the state changed")
		}
	}
}

// TestRestoreChecksNewUniqueIndexes restores rows that violate a new unique index, and
// applies a journal with such rows.
func TestRestoreChecksNewUniqueIndexes(t *testing.T) {
	const unique = notesBefore + "index ByBody on Text unique\n"
	old := newNotes(notesBefore)
	putNotes(t, old, "1", note{ID: 1, Body: "a"}, note{ID: 2, Body: "b"})
	good := chunks(t, old.Snapshot(ctx, 0))
	journal := putNotes(t, old, "2", note{ID: 3, Body: "a"})
	mend := putNotes(t, old, "3", note{ID: 1, Body: "c"})
	wantNotUnique := func(err error) {
		t.Helper()
		wantError(t, err, ErrSchema)
		var clash *UniqueError
		if !errors.As(err, &clash) || clash.Index != "ByBody" || !slices.Equal(clash.Key, []byte{0, 1}) || errors.Is(err, ErrCorrupt) {
			t.Fatalf("the error is %v", err)
		}
	}

	now := newNotes(unique, byBody())
	bad := newNotes(notesBefore)
	must(t, bad.Restore(ctx, old.Schema(), sequence(good...)))
	must(t, bad.Redo(ctx, []byte("2"), journal))
	wantNotUnique(now.Restore(ctx, old.Schema(), bad.Snapshot(ctx, 0)))
	if now.Len() != 0 {
		t.Fatal("the state changed")
	}

	must(t, now.Restore(ctx, old.Schema(), sequence(good...)))
	must(t, now.Redo(ctx, []byte("2"), journal))
	var errs []error
	for chunk, err := range now.Snapshot(ctx, 0) {
		if errs = append(errs, err); chunk != nil {
			t.Fatal("the snapshot has rows")
		}
	}
	if len(errs) != 1 {
		t.Fatal(errs)
	}
	wantNotUnique(errs[0])

	must(t, now.Redo(ctx, []byte("3"), mend))
	if got := fmt.Sprintf("%q", image(t, now)); got != fmt.Sprintf("%q", image(t, old)) {
		t.Errorf("the snapshot of mended rows is %s", got)
	}
}
