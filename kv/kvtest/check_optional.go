package kvtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// batchInOrder checks that later operations of a batch win over earlier ones
// (rule 11).
func batchInOrder(ctx context.Context, s *subject) error {
	if err := errors.Join(s.set(ctx, "a", "old"), s.set(ctx, "gone", "old")); err != nil {
		return err
	}
	if err := s.batch(ctx); err != nil {
		return fmt.Errorf("Batch of nothing: %w", err)
	}
	err := s.batch(
		ctx,
		put("a", "1"), put("b", "1"), put("c", "1"),
		drop("a"), put("a", "2"),
		drop("b"),
		put("c", "2"), put("c", "3"),
		drop("absent"),
		kv.Op{Key: []byte("gone"), Value: []byte("ignored"), Delete: true},
	)
	if err != nil {
		return fmt.Errorf("Batch: %w", err)
	}
	for range 2 {
		err := errors.Join(
			s.want(ctx, "a", "2"), s.wantAbsent(ctx, "b"), s.want(ctx, "c", "3"),
			s.wantAbsent(ctx, "absent"), s.wantAbsent(ctx, "gone"),
		)
		if err != nil || s.reopen == nil {
			return err
		}
		s.reopen()
	}
	return nil
}

// batchAllOrNothing checks that a batch with an operation that must be refused
// has no effect, wherever that operation is (rule 11).
func batchAllOrNothing(ctx context.Context, s *subject) error {
	if err := errors.Join(s.set(ctx, "a", "old"), s.set(ctx, "b", "old")); err != nil {
		return err
	}
	before, err := s.state(ctx, "a", "b", "c")
	if err != nil {
		return err
	}
	refused := put("", "x")
	batches := [][]kv.Op{
		{put("a", "new"), drop("b"), put("c", "new"), refused},
		{put("a", "new"), refused, drop("b"), put("c", "new")},
		{refused, put("a", "new"), drop("b"), put("c", "new")},
	}
	for i, ops := range batches {
		if err := s.batch(ctx, ops...); err == nil {
			return fmt.Errorf("Batch %d, with the empty key in it, returned nil", i)
		}
		after, err := s.state(ctx, "a", "b", "c")
		if err != nil {
			return err
		}
		if after != before {
			return fmt.Errorf("Batch %d returned an error and was applied in part: before %s, after %s", i, before, after)
		}
	}
	return nil
}

// createNeverOverwrites checks Create of present and absent keys (rule 12).
func createNeverOverwrites(ctx context.Context, s *subject) error {
	create := func(key, value string, want error) error {
		if err := s.create(ctx, []byte(key), []byte(value)); !errors.Is(err, want) {
			return fmt.Errorf("Create of %q returned %v, want %v", key, err, want)
		}
		return nil
	}
	err := errors.Join(
		create("a", "1", nil), s.want(ctx, "a", "1"),
		create("a", "2", kv.ErrExists), s.want(ctx, "a", "1"),
		create("a", "1", kv.ErrExists), // the same value makes no difference
		s.set(ctx, "b", "1"), create("b", "2", kv.ErrExists), s.want(ctx, "b", "1"),
		s.del(ctx, "a"), create("a", "3", nil), s.want(ctx, "a", "3"),
		s.set(ctx, "a", "4"), s.want(ctx, "a", "4"),
	)
	if err != nil || s.reopen == nil {
		return err
	}
	s.reopen()
	return errors.Join(create("a", "5", kv.ErrExists), s.want(ctx, "a", "4"))
}
