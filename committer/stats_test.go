package committer_test

import (
	"context"
	"encoding/json"
	"expvar"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestStats(t *testing.T) {
	db, accounts := memkv.New(), newAccountStore()
	open := func(opts ...committer.CommitterOpt) *committer.MultiCommitter {
		accounts = newAccountStore()
		return committer.NewCommitter(db, members("accounts", accounts), opts...)
	}
	m := open()
	if s := m.Stats(); s.Loaded || s.Phase != "new" || s.Sessions != 0 {
		t.Errorf("before Load: %+v", s)
	}
	put := func(key string) {
		t.Helper()
		_, _, err := m.Do(t.Context(), []byte(key), func(context.Context) error {
			if s := m.Stats(); s.Phase != "in session" {
				t.Errorf("inside a session: %+v", s)
			}
			return accounts.Put(account{ID: key})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put("a")
	put("b")
	s := m.Stats()
	if !s.Loaded || s.Phase != "loaded" || s.Sessions != 2 || s.DurableSessions != 2 || len(s.Stores) != 1 || s.Checkpoint.RecordBytes == 0 {
		t.Fatalf("after two sessions: %+v", s)
	}
	if store := s.Stores[0]; store.Name != "accounts" || store.Rows != 2 || store.JournalBytes == 0 || store.CheckpointBytes != 0 {
		t.Errorf("after two sessions: %+v", store)
	}

	// Load counts the same from what it reads.
	m = open()
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := m.Stats(); fmt.Sprint(again) != fmt.Sprint(s) {
		t.Errorf("loaded again: %+v, want %+v", again, s)
	}

	// So it does of a checkpoint.
	m = open(committer.WithInlineCheckpoints(), committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 1, Growth: 1e-9}))
	put("c")
	s = m.Stats()
	if s.Checkpoint.Sessions != 2 || s.Checkpoint.Bytes == 0 || s.Checkpoint.Running || s.Stores[0].CheckpointBytes != s.Checkpoint.Bytes {
		t.Errorf("after a checkpoint: %+v", s)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if closed := m.Stats(); closed.Loaded || closed.Phase != "closed" || closed.Sessions != 3 {
		t.Errorf("closed: %+v", closed)
	}
	m = open()
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := m.Stats(); fmt.Sprint(again) != fmt.Sprint(s) {
		t.Errorf("loaded with a checkpoint: %+v, want %+v", again, s)
	}
}

// Publish the counters of a MultiCommitter as JSON, for /debug/vars.
func ExampleMultiCommitter_Stats() {
	accounts := newAccountStore()
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{"accounts": accounts})
	expvar.Publish("committer", expvar.Func(func() any { return m.Stats() }))

	_, _, err := m.Do(context.Background(), []byte("request-1"), func(context.Context) error {
		return accounts.Put(account{ID: "alice", Balance: 100})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var published committer.Stats
	if err := json.Unmarshal([]byte(expvar.Get("committer").String()), &published); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(published.Phase, published.Sessions, published.Stores[0].Name, published.Stores[0].Rows)
	// Output: loaded 1 accounts 1
}
