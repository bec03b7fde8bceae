package main

import (
	"context"
	"errors"

	"github.com/gencommittable/gencommittable/committer"
)

// BookFirst books the first of several choices of seats that is free.
func (h *Hall) BookFirst(ctx context.Context, order, holder string, choices ...[]string) (committer.Session, error) {
	s, _, err := h.committer.Do(ctx, []byte(order), func(ctx context.Context) error {
		for _, ids := range choices {
			err := h.committer.Try(ctx, func(context.Context) error { return h.take(holder, ids) })
			if err == nil {
				return nil
			}
		}
		return errors.New("none of the choices is free")
	})
	return s, err
}

// Free returns the number of free seats, and the session after which it was
// counted; ok is false before the first session. Any goroutine may call it, even
// while an order is being booked.
func (h *Hall) Free() (seats int, asOf uint64, ok bool) {
	view := h.Seats.View()
	for range view.ByHolder("") {
		seats++
	}
	asOf, ok = view.Seq()
	return seats, asOf, ok
}
