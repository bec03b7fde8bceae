package quickstart_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	. "github.com/gencommittable/gencommittable/docs/quickstart"
	"github.com/gencommittable/gencommittable/memkv"
)

func Example() {
	ctx := context.Background()

	accounts := NewAccountStore()
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{"accounts": accounts})

	block1 := func(context.Context) error {
		return errors.Join(
			accounts.Put(Account{ID: "a1", Owner: "alice", Balance: 100}),
			accounts.Put(Account{ID: "b1", Owner: "bob"}))
	}
	s, ran, _ := m.Do(ctx, []byte("block-1"), block1)
	fmt.Println("commit ID", s.ID, "ran", ran)

	s, ran, _ = m.Do(ctx, []byte("block-1"), block1) // the same key is answered from its record
	fmt.Println("commit ID", s.ID, "ran", ran)

	_, _, err := m.Do(ctx, []byte("block-2"), func(context.Context) error {
		err := accounts.Update("b1", func(b *Account) error { b.Balance += 500; return nil })
		return errors.Join(err, errors.New("alice has only 100")) // nothing of block-2 stays
	})
	bob, _ := accounts.Get("b1")
	fmt.Println("bob has", bob.Balance, "because", err)

	// Output:
	// commit ID 7271a3d38c51e74e5c86f84176ffa0593b9d1dceeed266485cd773e9029dd8f1 ran true
	// commit ID 7271a3d38c51e74e5c86f84176ffa0593b9d1dceeed266485cd773e9029dd8f1 ran false
	// bob has 0 because alice has only 100
}
