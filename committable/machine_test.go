package committable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// machine is a table and a model of it, and the views, loops and savepoints that were
// taken on the way and must stay correct.
type machine struct {
	table  *Table[partKey, part]
	mirror *Table[partKey, part] // gets every journal by Redo

	committed rows
	before    rows // the last session, of which lastKey is "" if none is known
	lastKey   string
	lastID    []byte
	lastLog   []byte // its journal
	sessions  int

	// The session in progress; now is nil outside one.
	key        string
	start, now rows
	recorded   rows // what a replay must come to; nil: no replay
	again      bool
	sealed     bool
	points     []point

	views []view
	loops []*pulled
}

type point struct {
	handle Savepoint
	rows   rows
}

type view struct {
	view *View[partKey, part]
	want rows
}

// pulled is a running loop.
type pulled struct {
	name string
	next func() (partKey, part, bool)
	stop func()
	want []part // still to come
}

func TestTableAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{table: newParts(), mirror: newParts(), committed: rows{}, before: rows{}}
		defer m.stopLoops()
		actions := rapid.StateMachineActions(m)
		for i := range 4 { // or else little is ever committed
			actions[fmt.Sprint("Write", i)] = m.Write
			actions[fmt.Sprint("Begin", i)] = m.Begin
			actions[fmt.Sprint("Commit", i)] = m.Commit
		}
		for range 4 {
			t.Repeat(actions)
		}
	})
}

// visible returns the rows that reads of the table must see.
func (m *machine) visible() rows {
	if m.now != nil {
		return m.now
	}
	return m.committed
}

func (m *machine) Check(t *rapid.T) {
	checkReads(t, "table", m.table, m.visible())
	checkIndexes(t, m.table, m.visible())
	if got := len(m.table.committed.rows); got != len(m.committed) {
		t.Fatalf("the map of rows has %d entries for %d rows", got, len(m.committed))
	}
	checkReads(t, "mirror", m.mirror, m.committed)
	for i, v := range m.views {
		checkReads(t, fmt.Sprint("view ", i), v.view, v.want)
	}
	var got []netChange
	for c := range m.table.Changes() {
		got = append(got, netChange{c.Key, c.Old, c.New})
	}
	if diff := gocmp.Diff(difference(m.start, m.now), got, gocmp.AllowUnexported(netChange{})); diff != "" {
		t.Fatalf("Changes: (-want +got)\n%s", diff)
	}
}

func (m *machine) open(key string, start, recorded rows, again bool) {
	m.key, m.start, m.now, m.recorded, m.again = key, start, maps.Clone(start), recorded, again
}

func (m *machine) close() {
	m.key, m.start, m.now, m.recorded, m.again, m.sealed, m.points = "", nil, nil, nil, false, false, nil
}

func (m *machine) Begin(t *rapid.T) {
	key := fmt.Sprint("session ", m.sessions)
	begin := rapid.SampledFrom([]func(*Table[partKey, part]) error{
		func(p *Table[partKey, part]) error { return p.Begin(ctx, []byte(key)) },
		func(p *Table[partKey, part]) error { return p.BeginRecovery(ctx, []byte(key)) },
		func(p *Table[partKey, part]) error { return p.Replay(ctx, []byte(key), nil) },
	}).Draw(t, "begin")
	m.began(t, begin(m.table), func() { m.open(key, m.committed, nil, false) })
}

// BeginAgain replays the last session.
func (m *machine) BeginAgain(t *rapid.T) {
	if m.lastKey == "" {
		t.Skip("no session is known")
	}
	var err error
	if rapid.Bool().Draw(t, "with the journal") {
		err = m.table.Replay(ctx, []byte(m.lastKey), m.lastLog)
	} else {
		err = m.table.BeginRecovery(ctx, []byte(m.lastKey))
	}
	m.began(t, err, func() { m.open(m.lastKey, m.before, m.committed, true) })
}

// BeginDecided replays a session that only the mirror or another table has published.
func (m *machine) BeginDecided(t *rapid.T) {
	if m.now != nil {
		t.Skip("in a session")
	}
	other := newParts()
	must(t, other.Restore(ctx, other.Schema(), m.table.Snapshot(ctx, 0)))
	after := maps.Clone(m.committed)
	_, journal := stagedSession(t, other, "decided", func() {
		for range rapid.IntRange(0, 3).Draw(t, "writes") {
			writeTo(t, other, after)
		}
	})
	key := fmt.Sprint("session ", m.sessions)
	m.began(t, m.table.Replay(ctx, []byte(key), journal), func() { m.open(key, m.committed, after, false) })
}

func (m *machine) began(t *rapid.T, err error, opened func()) {
	if m.now != nil {
		wantError(t, err, ErrInSession)
		return
	}
	must(t, err)
	opened()
}

func (m *machine) Write(t *rapid.T) {
	if m.now == nil || m.sealed {
		before := m.visible()
		_, err := m.table.Delete(drawKey(t))
		wantError(t, err, ErrNotInSession)
		wantError(t, m.table.Put(drawPart(t)), ErrNotInSession)
		wantError(t, m.table.Insert(drawPart(t)), ErrNotInSession)
		wantError(t, m.table.Update(drawKey(t), func(*part) error { return nil }), ErrNotInSession)
		checkReads(t, "after refused writes", m.table, before)
		return
	}
	for range rapid.IntRange(1, 4).Draw(t, "writes") {
		writeTo(t, m.table, m.now)
	}
}

// Finish makes the net changes that the replay must make.
func (m *machine) Finish(t *rapid.T) {
	if m.recorded == nil || m.sealed {
		t.Skip("no replay")
	}
	changes := difference(m.now, m.recorded)
	for _, c := range changes { // first out of the way of the unique index
		if c.old != nil {
			_, err := m.table.Delete(c.key)
			must(t, err)
		}
	}
	for _, c := range changes {
		if c.new != nil {
			must(t, m.table.Put(*c.new))
		}
	}
	m.now = maps.Clone(m.recorded)
}

// writeTo makes a random write to the table and the model.
func writeTo(t *rapid.T, table *Table[partKey, part], m rows) {
	p := drawPart(t)
	k := partKey{p.Org, p.No}
	_, exists := m[k]
	want := error(nil)
	switch {
	case p.Amount < 0:
		want = ErrInvalid
	case m.inUniqueWay(p):
		want = ErrNotUnique
	}
	var err error
	switch op := rapid.SampledFrom([]string{"Insert", "Put", "Update", "Delete", "Restore"}).Draw(t, "op"); op {
	case "Insert":
		if exists && want != ErrInvalid {
			want = ErrExists
		}
		err = table.Insert(p)
	case "Put":
		err = table.Put(p)
	case "Update":
		if !exists {
			want = ErrNotFound
		}
		err = table.Update(k, func(row *part) error {
			*row = p
			return nil
		})
	case "Delete":
		removed, err := table.Delete(k)
		must(t, err)
		if removed != exists {
			t.Fatalf("Delete = %v, want %v", removed, exists)
		}
		delete(m, k)
		return
	case "Restore": // the row that is committed, if any
		old, ok := table.View().Get(k)
		if !ok || m.inUniqueWay(old) {
			return
		}
		p, want, err = old, nil, table.Put(old)
	}
	wantError(t, err, want)
	if want == nil {
		m[k] = canonical(p)
	}
}

func (m *machine) Savepoint(t *rapid.T) {
	sp, err := m.table.Savepoint(ctx)
	if m.now == nil || m.sealed {
		wantError(t, err, ErrNotInSession)
		return
	}
	must(t, err)
	m.points = append(m.points, point{sp, maps.Clone(m.now)})
}

func (m *machine) EndSavepoint(t *rapid.T) {
	if len(m.points) == 0 {
		t.Skip("no savepoint")
	}
	i := rapid.IntRange(0, len(m.points)-1).Draw(t, "which")
	p := m.points[i]
	if m.sealed {
		wantError(t, p.handle.Rollback(ctx), ErrNotInSession)
		wantError(t, p.handle.Release(ctx), ErrNotInSession)
		return
	}
	inner := m.points[i+1:]
	if rapid.Bool().Draw(t, "roll back") {
		must(t, p.handle.Rollback(ctx))
		m.now, m.points = maps.Clone(p.rows), slices.Clone(m.points[:i+1])
	} else {
		must(t, p.handle.Release(ctx))
		inner, m.points = m.points[i:], slices.Clone(m.points[:i])
	}
	for _, ended := range inner {
		if ended.handle.Rollback(ctx) == nil || ended.handle.Release(ctx) == nil {
			t.Fatal("an ended savepoint was used")
		}
	}
}

func (m *machine) Cancel(t *rapid.T) {
	must(t, m.table.Cancel(ctx))
	for _, p := range m.points {
		wantError(t, p.handle.Rollback(ctx), ErrNotInSession)
	}
	m.close()
}

func (m *machine) Stage(t *rapid.T) {
	if m.now == nil {
		_, _, err := m.table.Stage(ctx, []byte("session"))
		wantError(t, err, ErrNotInSession)
		return
	}
	_, _, err := m.table.Stage(ctx, []byte("another"))
	wantError(t, err, ErrIdempotencyKeyMismatch)
	id, journal, err := m.table.Stage(ctx, []byte(m.key))
	m.sealed = true
	if m.diverges(t, err) {
		return
	}
	if m.again && !(bytes.Equal(id, m.lastID) && bytes.Equal(journal, m.lastLog)) {
		t.Fatal("an equal replay has another id or journal")
	}
	if journal == nil || (len(journal) == 0) != (len(difference(m.start, m.now)) == 0) {
		t.Fatalf("journal %v of changes %v", journal, difference(m.start, m.now))
	}
}

func (m *machine) Commit(t *rapid.T) {
	if m.now == nil {
		_, err := m.table.Commit(ctx, []byte("session"))
		wantError(t, err, ErrNotInSession)
		return
	}
	_, err := m.table.Commit(ctx, []byte("another"))
	wantError(t, err, ErrIdempotencyKeyMismatch)
	_, journal, err := m.table.Stage(ctx, []byte(m.key)) // to have the journal; Commit alone is tested elsewhere
	m.sealed = true
	if m.diverges(t, err) {
		return
	}
	id, err := m.table.Commit(ctx, []byte(m.key))
	must(t, err)
	if m.again {
		if !bytes.Equal(id, m.lastID) {
			t.Fatalf("replay committed %x, first time %x", id, m.lastID)
		}
		m.close()
		return
	}
	must(t, m.mirror.Redo(ctx, []byte(m.key), journal))
	m.before, m.committed, m.lastKey, m.lastID, m.lastLog = m.committed, m.now, m.key, id, journal
	m.sessions++
	m.close()
}

// diverges checks the result of staging, and reports whether the replay differs from
// its record.
func (m *machine) diverges(t *rapid.T, err error) bool {
	if m.recorded == nil {
		must(t, err)
		return false
	}
	first, differs := firstDifference(m.start, m.recorded, m.now)
	if !differs {
		must(t, err)
		return false
	}
	var diverged *DivergenceError
	if !errors.As(err, &diverged) || !errors.Is(err, ErrDivergence) {
		t.Fatalf("diverging replay: %v", err)
	}
	if diff := gocmp.Diff(first, diverged); diff != "" {
		t.Fatalf("divergence (-want +got)\n%s", diff)
	}
	_, err = m.table.Commit(ctx, []byte(m.key))
	wantError(t, err, ErrDivergence)
	return true
}

func (m *machine) Snapshot(t *rapid.T) {
	for back, want := range []rows{m.committed, m.before} {
		if back == 1 && m.lastKey == "" {
			want = m.committed
		}
		seq := m.table.Snapshot(ctx, back)
		var encoded []byte
		for _, p := range want.sorted(encKey, "", "", "") {
			row := appendPart(nil, &p)
			encoded = append(binary.AppendUvarint(encoded, uint64(len(row))), row...)
		}
		if got := bytes.Join(chunks(t, seq), nil); !bytes.Equal(encoded, got) {
			t.Fatalf("snapshot %d back: got %q, want %q", back, got, encoded)
		}
		other := newParts()
		must(t, other.Restore(ctx, other.Schema(), seq))
		checkReads(t, "restored", other, want)
		checkIndexes(t, other, want)
	}
}

// Restore restores the state before the last session in the table and in the mirror.
func (m *machine) Restore(t *rapid.T) {
	before := m.table.Snapshot(ctx, 1)
	err := m.table.Restore(ctx, m.table.Schema(), before)
	if m.now != nil {
		wantError(t, err, ErrInSession)
		return
	}
	must(t, err)
	must(t, m.mirror.Restore(ctx, m.table.Schema(), before))
	if m.lastKey != "" {
		m.committed = m.before
	}
	m.lastKey = ""
}
