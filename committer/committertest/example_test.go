package committertest_test

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	generated "github.com/gencommittable/gencommittable/generated_test"
	"github.com/gencommittable/gencommittable/kv"
)

// Counter is an application: it counts what it is given, once for each key.
type Counter struct {
	transfers *generated.TransferStore
	committer *committer.MultiCommitter
}

func NewCounter(store kv.KV) *Counter {
	transfers := generated.NewTransferStore()
	return &Counter{transfers, committer.NewCommitter(store, map[string]committer.Committable{transfers.Name(): transfers})}
}

func (c *Counter) Count(ctx context.Context, key string, amount int64) error {
	_, _, err := c.committer.Do(ctx, []byte(key), func(context.Context) error {
		return c.transfers.Insert(generated.Transfer{ID: uint64(c.transfers.Len()), Amount: amount})
	})
	return err
}

// In a test, call Run in place of Check.
func ExampleCheck() {
	err := committertest.Check(context.Background(), committertest.Application[*Counter]{
		Open:      func(store kv.KV) (*Counter, error) { return NewCounter(store), nil },
		Committer: func(c *Counter) *committer.MultiCommitter { return c.committer },
		State:     func(c *Counter) string { return committertest.Rows("transfers", c.transfers.All()) },
		Sessions: []committertest.Session[*Counter]{
			{Key: "k1", Run: func(ctx context.Context, c *Counter) error { return c.Count(ctx, "k1", 7) }},
			{Key: "k2", Run: func(ctx context.Context, c *Counter) error { return c.Count(ctx, "k2", 2) }},
		},
	})
	fmt.Println("difference:", err)
	// Output:
	// difference: <nil>
}
