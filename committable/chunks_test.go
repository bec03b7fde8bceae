package committable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gencommittable/gencommittable/internal/journal"
)

// TestRestoreRefuses restores malformed snapshots. They must not change anything.
func TestRestoreRefuses(t *testing.T) {
	p, before := twoParts(t)
	good := []byte(before)
	a, b := good[:len(good)/2], good[len(good)/2:]
	sameSerial := journal.AppendFrame(nil, appendPart(nil, &part{Org: "x", Serial: "1"}))
	failed := errors.New("failed")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		chunks iter.Seq2[[]byte, error]
		want   error
	}{
		{"cut off", ctx, sequence(good[:len(good)-1]), ErrCorrupt},
		{"cut by chunks", ctx, sequence(good[:3], good[3:]), ErrCorrupt},
		{"not ascending", ctx, sequence(b, a), ErrCorrupt},
		{"twice the same", ctx, sequence(a, a), ErrCorrupt},
		{"twice one key", ctx, sequence(a, journal.AppendFrame(nil, appendPart(nil, &part{Org: "a", Serial: "7"}))), ErrCorrupt},
		{"not a row", ctx, sequence(a, []byte("\x01x")), ErrCorrupt},
		{"long length", ctx, sequence(slices.Concat([]byte{0x80 | a[0], 0}, a[1:])), ErrCorrupt},
		{"not unique", ctx, sequence(good, sameSerial), ErrCorrupt},
		{"not unique, and says so", ctx, sequence(good, sameSerial), ErrNotUnique},
		{"source fails", ctx, func(yield func([]byte, error) bool) { _ = yield(a, nil) && yield(nil, failed) }, failed},
		{"context ends", cancelled, sequence(good), context.Canceled},
		{"session begun meanwhile", ctx, func(yield func([]byte, error) bool) {
			must(t, p.Begin(ctx, []byte("meanwhile")))
			yield(good, nil)
		}, ErrInSession},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantError(t, p.Restore(c.ctx, p.Schema(), c.chunks), c.want)
			if image(t, p) != before {
				t.Fatal("the state changed")
			}
			must(t, p.Cancel(ctx))
		})
	}
	must(t, p.BeginRecovery(ctx, []byte("rows")))
	if p.Len() != 0 {
		t.Fatal("a refused Restore forgot the last session")
	}
}

func TestRestoreOfAnotherSchema(t *testing.T) {
	own := partDefinition().Schema
	for _, c := range []struct {
		name, schema string
		want         []string
	}{
		{"none", "", []string{"- ", "+ store parts", "+ key Org,No", "+ index ByOwner Owner,-Opened", "+ index BySerial Serial unique"}},
		{"a line less", own[:bytes.LastIndexByte([]byte(own), '\n')], []string{"+ index BySerial Serial unique"}},
		{"a line more", own + "\nfield 8", []string{"- field 8"}},
		{"a line twice", own + "\nkey Org,No", []string{"- key Org,No"}},
		{"other order", "key Org,No\nstore parts\nindex ByOwner Owner,-Opened\nindex BySerial Serial unique", []string{"the same lines in another order"}},
	} {
		p, before := twoParts(t)
		err := p.Restore(ctx, []byte(c.schema), nil)
		var schema *SchemaError
		if !errors.As(err, &schema) || !errors.Is(err, ErrSchema) || schema.Store != "parts" {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := gocmp.Diff(c.want, schema.Changes); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if image(t, p) != before {
			t.Errorf("%s: the state changed", c.name)
		}
	}
}

func TestRestoreOfNothing(t *testing.T) {
	for name, chunks := range map[string]iter.Seq2[[]byte, error]{"nil": nil, "no chunks": sequence(), "an empty chunk": sequence(nil)} {
		p, before := twoParts(t)
		view := p.View()
		must(t, p.Restore(ctx, p.Schema(), chunks))
		if p.Len() != 0 || image(t, p) != "" {
			t.Errorf("%s: rows are left", name)
		}
		inSession(t, p, "after", func() { must(t, p.Put(part{Org: "a", Serial: "other"})) })
		if rows := collect(t, view.All()); len(rows) != 2 || rows[0].Serial != "1" {
			t.Errorf("%s: the view of the state before shows %v", name, rows)
		}
		must(t, p.Restore(ctx, p.Schema(), sequence([]byte(before))))
		must(t, p.BeginRecovery(ctx, []byte("after")))
		if p.Len() != 2 {
			t.Errorf("%s: Restore did not forget the last session", name)
		}
	}
}

// TestSnapshotIsPinned takes snapshots 0 and 1 back in a session, commits
// sessions, and only then reads them.
func TestSnapshotIsPinned(t *testing.T) {
	table, keys := newLedger(t, 30_000)
	before := image(t, table)
	put := func(key string) func() {
		return func() {
			for i := range keys {
				if i%3 == 0 {
					_, err := table.Delete(keys[i])
					must(t, err)
				} else {
					must(t, table.Put(account{ID: keys[i], Owner: key}))
				}
			}
		}
	}
	inSession(t, table, "first", put(strings.Repeat("first", 30)))
	after := image(t, table)
	must(t, table.Begin(ctx, []byte("second")))
	put("second")()
	now, back := table.Snapshot(ctx, 0), table.Snapshot(ctx, 1)
	_, err := table.Commit(ctx, []byte("second"))
	must(t, err)
	inSession(t, table, "third", put("third"))

	got := chunks(t, now)
	if string(bytes.Join(chunks(t, back), nil)) != before || string(bytes.Join(got, nil)) != after {
		t.Fatal("the snapshots show other states")
	}
	if len(got) < 3 || len(got) != len(after)/chunkSize+1 {
		t.Fatalf("%d bytes in %d chunks", len(after), len(got))
	}
	for _, chunk := range got {
		if len(chunk) > chunkSize+200 {
			t.Fatalf("chunk of %d bytes", len(chunk))
		}
	}
}

func TestSnapshotEnds(t *testing.T) {
	table, _ := newLedger(t, 60_000)
	for range table.Snapshot(ctx, 0) {
		break
	}
	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	read := 0
	for chunk, err := range table.Snapshot(cancelled, 0) {
		if err != nil {
			wantError(t, err, context.Canceled)
			read = -read
			continue
		}
		if len(chunk) == 0 || read < 0 {
			t.Fatal("goes on after an error, or has an empty chunk")
		}
		read++
		cancel()
	}
	if read != -1 {
		t.Fatalf("the context ended after 1 chunk, the snapshot after %d", -read)
	}
	for _, back := range []int{-1, 2} {
		var errs []string
		for _, err := range table.Snapshot(ctx, back) {
			errs = append(errs, fmt.Sprint(err))
		}
		want := fmt.Sprintf("committable: store accounts: Snapshot: the state %d sessions back is not kept; use 0 or 1", back)
		if diff := gocmp.Diff([]string{want}, errs); diff != "" {
			t.Fatal(diff)
		}
	}
}

// FuzzRestore restores arbitrary bytes as a chunk. The snapshot of an accepted chunk
// must be the same bytes.
func FuzzRestore(f *testing.F) {
	_, good := twoParts(f)
	f.Add([]byte(good))
	f.Add([]byte{})
	f.Add([]byte("\x01x"))
	f.Fuzz(func(t *testing.T, chunk []byte) {
		p, before := twoParts(t)
		if err := p.Restore(ctx, p.Schema(), sequence(chunk)); err != nil {
			wantError(t, err, ErrCorrupt)
			if image(t, p) != before {
				t.Fatal("the state changed")
			}
			return
		}
		if image(t, p) != string(chunk) {
			t.Fatalf("accepted %q, gives %q", chunk, image(t, p))
		}
	})
}
