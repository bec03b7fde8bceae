package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

// newHall returns a hall of four seats in memory.
func newHall(ctx context.Context) *Hall {
	hall, err := OpenHall(ctx, memkv.New())
	if err == nil {
		err = hall.Build(ctx, "plan", Seat{ID: "A-01"}, Seat{ID: "A-02"}, Seat{ID: "B-01"}, Seat{ID: "B-02"})
	}
	if err != nil {
		panic(err)
	}
	return hall
}

func ExampleHall_BookFirst() {
	ctx := context.Background()
	hall := newHall(ctx)

	_, _ = hall.Book(ctx, "order 1", "alice", "A-02")
	_, err := hall.BookFirst(ctx, "order 2", "bob", []string{"A-01", "A-02"}, []string{"B-01", "B-02"})
	fmt.Println(err)
	for id := range hall.Seats.ByHolder("bob") {
		fmt.Println("bob has", id)
	}
	free, asOf, _ := hall.Free()
	fmt.Println(free, "seats are free after session", asOf)
	// Output:
	// <nil>
	// bob has B-01
	// bob has B-02
	// 1 seats are free after session 2
}

// The same key is the same session: answered, not run.
func ExampleHall_Book_twice() {
	ctx := context.Background()
	hall := newHall(ctx)

	first, _ := hall.Book(ctx, "order 1", "alice", "A-01")
	again, err := hall.Book(ctx, "order 1", "alice", "A-01") // the client did not get our answer
	fmt.Println(first.Seq, again.Seq, first.ID == again.ID, err)

	s, known, _ := hall.committer.Lookup([]byte("order 1"))
	fmt.Println(s.Seq, known)
	// Output:
	// 1 1 true <nil>
	// 1 true
}

func ExampleHall_byHand() {
	ctx := context.Background()
	hall := newHall(ctx)
	m, key := hall.committer, []byte("block 17")

	if err := m.Begin(ctx, key); err != nil {
		panic(err) // nothing has begun
	}
	_ = hall.Seats.Update("A-01", func(s *Seat) error { s.Holder = "dave"; return nil })
	voted, err := m.Stage(ctx, key) // seals the session: vote with its ID, nothing is decided yet
	fmt.Println("staged, err", err)
	for change := range hall.Seats.Changes() {
		fmt.Printf("%s: %q becomes %q\n", change.Key, change.Old.Holder, change.New.Holder)
	}
	id, err := m.Commit(ctx, key) // or m.Cancel(ctx)
	fmt.Println("the same ID", bytes.Equal(id, voted), "err", err)
	// Output:
	// staged, err <nil>
	// A-01: "" becomes "dave"
	// the same ID true err <nil>
}

func Example_check() {
	ctx := context.Background()
	seats := NewSeatStore()
	limit := committer.WithCheck("at most 2 seats each", func(context.Context) error {
		for change := range seats.Changes() {
			held := 0
			for range seats.ByHolder(change.New.Holder) {
				held++
			}
			if held > 2 {
				return fmt.Errorf("%s would have %d seats", change.New.Holder, held)
			}
		}
		return nil
	})
	m := committer.NewCommitter(memkv.New(), map[string]committer.Committable{"seats": seats}, limit)

	_, _, err := m.Do(ctx, []byte("order 1"), func(context.Context) error {
		return errors.Join(
			seats.Put(Seat{ID: "A-01", Holder: "erin"}),
			seats.Put(Seat{ID: "A-02", Holder: "erin"}),
			seats.Put(Seat{ID: "A-03", Holder: "erin"}))
	})
	fmt.Println(err)
	fmt.Println(seats.Len(), "seats")
	// Output:
	// committer: check "at most 2 seats each": erin would have 3 seats
	// 0 seats
}
