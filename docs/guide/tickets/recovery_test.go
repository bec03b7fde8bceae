package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/committer/committertest"
	"github.com/gencommittable/gencommittable/memkv"
)

func TestCrashes(t *testing.T) {
	app := committertest.Application[*Hall]{
		Open:      func(p *committertest.Process) (*Hall, error) { return OpenHall(t.Context(), p.KV) },
		Committer: func(h *Hall) *committer.MultiCommitter { return h.committer },
		State:     func(h *Hall) string { return committertest.Rows("seats", h.Seats.All()) },
		Sessions: []committertest.Session[*Hall]{{
			Key: "plan",
			Run: func(ctx context.Context, h *Hall) error {
				return h.Build(ctx, "plan", Seat{ID: "A-01"}, Seat{ID: "A-02"})
			},
		}, {
			Key: "order 1",
			Run: func(ctx context.Context, h *Hall) error {
				_, err := h.Book(ctx, "order 1", "alice", "A-01", "A-02")
				return err
			},
		}},
	}
	committertest.Run(t, app, committertest.WithEvery(1))
}

func ExampleHall_pending() {
	ctx := context.Background()
	store := memkv.New()
	hall, _ := OpenHall(ctx, store)
	_ = hall.committer.Begin(ctx, []byte("block 18")) // and here the process dies

	hall, err := OpenHall(ctx, store)
	key, pending, _ := hall.committer.Pending()
	fmt.Printf("%q pending: %v, err %v\n", key, pending, err)

	_, err = hall.Book(ctx, "order 1", "alice")
	fmt.Println(err)
	fmt.Println("cancelled, err", hall.committer.Cancel(ctx)) // or Begin("block 18"), to run it again
	_, err = hall.Book(ctx, "order 1", "alice")
	fmt.Println("booked, err", err)
	// Output:
	// "block 18" pending: true, err <nil>
	// committer: key "order 1" does not match the session in progress, which has key "block 18"
	// cancelled, err <nil>
	// booked, err <nil>
}
