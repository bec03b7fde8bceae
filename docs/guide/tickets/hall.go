package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/committer"
)

// Hall sells the seats of one evening.
type Hall struct {
	Seats     *SeatStore
	committer *committer.MultiCommitter
}

// OpenHall opens the hall that is in a KV, or a new one if that is empty.
func OpenHall(ctx context.Context, store committer.KV, opts ...committer.CommitterOpt) (*Hall, error) {
	seats := NewSeatStore()
	members := map[string]committer.Committable{"seats": seats}
	h := &Hall{seats, committer.NewCommitter(store, members, opts...)}
	return h, h.committer.Load(ctx)
}

// Build puts seats into the hall.
func (h *Hall) Build(ctx context.Context, plan string, seats ...Seat) error {
	_, _, err := h.committer.Do(ctx, []byte(plan), func(context.Context) error {
		var errs []error
		for _, seat := range seats {
			errs = append(errs, h.Seats.Insert(seat))
		}
		return errors.Join(errs...)
	})
	return err
}

// Book books all the seats for one holder, or none of them. The order's number
// is its idempotency key: an order that is sent twice is booked once.
func (h *Hall) Book(ctx context.Context, order, holder string, ids ...string) (committer.Session, error) {
	s, _, err := h.committer.Do(ctx, []byte(order), func(context.Context) error {
		return h.take(holder, ids)
	})
	return s, err
}

// take books seats in the session that is open.
func (h *Hall) take(holder string, ids []string) error {
	for _, id := range ids {
		err := h.Seats.Update(id, func(s *Seat) error {
			if s.Holder != "" {
				return fmt.Errorf("seat %s is taken", id)
			}
			s.Holder = holder
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
