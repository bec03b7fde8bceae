package main

import (
	"context"
	"expvar"
	"fmt"
	"log/slog"
	"os"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/memkv"
)

func Example_operating() {
	ctx := context.Background()

	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	hall, err := OpenHall(ctx, memkv.New(), committer.WithLogger(logger))
	if err != nil {
		panic(err)
	}
	expvar.Publish("hall", expvar.Func(func() any { return hall.committer.Stats() }))

	if err := hall.Build(ctx, "plan 1", Seat{ID: "A-01"}, Seat{ID: "A-02"}); err != nil {
		panic(err)
	}
	stats := hall.committer.Stats()
	fmt.Println(stats.Phase, stats.Sessions, stats.DurableSessions)
	for _, store := range stats.Stores {
		fmt.Println(store.Name, store.Rows)
	}
	// Output:
	// loaded 1 1
	// seats 2
}
