package committable

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestWriteAfterRollback writes rows that were rolled back to their committed state.
// Each of them must be one change of the session, and the others none.
func TestWriteAfterRollback(t *testing.T) {
	p, _ := twoParts(t)
	key := []byte("key")
	must(t, p.Begin(ctx, key))
	sp, err := p.Savepoint(ctx)
	must(t, err)
	for _, org := range []string{"a", "b", "c"} { // c is an insertion
		must(t, p.Put(part{Org: org, Serial: "new " + org}))
	}
	must(t, sp.Rollback(ctx))
	must(t, sp.Release(ctx))
	for range 2 { // the second time, the version may be overwritten
		must(t, p.Put(part{Org: "a", Serial: "again a"}))
	}
	must(t, p.Put(part{Org: "c", Serial: "again c"}))
	for org, want := range map[string]string{"a": "again a", "b": "2", "c": "again c"} {
		if got, _ := p.Get(partKey{Org: org}); got.Serial != want {
			t.Errorf("%s has the serial %q, want %q", org, got.Serial, want)
		}
	}
	var changed []string
	for c := range p.Changes() {
		changed = append(changed, c.Key.Org)
	}
	if diff := gocmp.Diff([]string{"a", "c"}, changed); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	_, err = p.Commit(ctx, key)
	must(t, err)
	if got := p.CommittedLen(); got != 3 {
		t.Errorf("%d rows, want 3", got)
	}
}
