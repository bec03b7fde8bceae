package inspect_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/docs/quickstart"
	"github.com/gencommittable/gencommittable/inspect"
	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/memkv"
)

// A program leaves a database with two sessions. Another program, which does not
// have the generated code, walks through the sessions and prints their changes.
func Example() {
	ctx := context.Background()
	store := memkv.New()
	runProgram(ctx, store)

	db, err := inspect.Open(ctx, store)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range db.Members() {
		fmt.Println("member", m.Name)
	}
	for record, err := range db.Records(ctx, db.OldestRecord()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("session %d, key %s, ID %.8s…\n", record.Session.Seq, record.Session.Key, record.Session.ID)
		for _, part := range record.Parts {
			changes, err := part.Changes()
			if err != nil {
				log.Fatal(err)
			}
			for _, c := range changes {
				if c.Deleted {
					fmt.Printf("  %s: delete %v\n", part.Name, c.Key[0].Value)
					continue
				}
				fmt.Printf("  %s: put %v:", part.Name, c.Key[0].Value)
				for _, f := range c.Values {
					fmt.Printf(" %s=%v", f.Field.Name, f.Value)
				}
				fmt.Println()
			}
		}
	}

	// Output:
	// member accounts
	// session 0, key block-1, ID 7271a3d3…
	//   accounts: put a1: ID=a1 Owner=alice Balance=100
	//   accounts: put b1: ID=b1 Owner=bob
	// session 1, key block-2, ID ba3fe810…
	//   accounts: delete b1
}

// The headers of sessions are kept longer than their records.
func ExampleDatabase_Sessions() {
	ctx := context.Background()
	store := memkv.New()
	runProgram(ctx, store)

	db, err := inspect.Open(ctx, store)
	if err != nil {
		log.Fatal(err)
	}
	for s := range db.Sessions(0) {
		fmt.Printf("session %d has key %s\n", s.Seq, s.Key)
	}

	// Output:
	// session 0 has key block-1
	// session 1 has key block-2
}

// runProgram is the program that writes the database.
func runProgram(ctx context.Context, store kv.KV) {
	accounts := quickstart.NewAccountStore()
	m := committer.NewCommitter(store, map[string]committer.Committable{accounts.Name(): accounts})
	block := func(key string, fn func() error) {
		if _, _, err := m.Do(ctx, []byte(key), func(context.Context) error { return fn() }); err != nil {
			log.Fatal(err)
		}
	}
	block("block-1", func() error {
		if err := accounts.Put(quickstart.Account{ID: "a1", Owner: "alice", Balance: 100}); err != nil {
			return err
		}
		return accounts.Put(quickstart.Account{ID: "b1", Owner: "bob"})
	})
	block("block-2", func() error {
		_, err := accounts.Delete("b1")
		return err
	})
	if err := m.Close(); err != nil {
		log.Fatal(err)
	}
}
