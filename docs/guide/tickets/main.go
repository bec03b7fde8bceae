package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/gencommittable/gencommittable/kv/boltkv"
)

func main() {
	if err := run(context.Background(), os.Stdout, "hall.db"); err != nil {
		fmt.Fprintln(os.Stderr, "tickets:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, file string) error {
	store, err := boltkv.Open(file, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	hall, err := OpenHall(ctx, store)
	if err != nil {
		return err
	}
	err = hall.Build(ctx, "plan 1", Seat{ID: "A-01", Cents: 4500}, Seat{ID: "A-02", Cents: 4500}, Seat{ID: "B-01", Cents: 3000})
	if err != nil {
		return err
	}
	for _, order := range []struct {
		number, holder string
		seats          []string
	}{
		{"order 1", "alice", []string{"A-01", "A-02"}},
		{"order 2", "bob", []string{"B-01", "A-02"}}, // A-02 is alice's, so bob gets neither
		{"order 3", "carol", []string{"B-01"}},
	} {
		s, err := hall.Book(ctx, order.number, order.holder, order.seats...)
		if err != nil {
			fmt.Fprintln(out, order.number, "refused:", err)
			continue
		}
		fmt.Fprintln(out, order.number, "is session", s.Seq, "with commit ID", s.ID)
	}
	for id := range hall.Seats.ByHolder("alice") {
		fmt.Fprintln(out, "alice has", id)
	}
	return nil
}
