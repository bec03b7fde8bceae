package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/kv"
)

// writesAreSeen checks MUST 1 within the process.
func writesAreSeen(ctx context.Context, s *subject) error {
	return errors.Join(
		s.set(ctx, "a", "1"), s.want(ctx, "a", "1"),
		s.set(ctx, "b", "2"), s.want(ctx, "a", "1"), s.want(ctx, "b", "2"),
		s.set(ctx, "a", "a longer one"), s.want(ctx, "a", "a longer one"),
		s.set(ctx, "a", "3"), s.want(ctx, "a", "3"),
		s.del(ctx, "a"), s.wantAbsent(ctx, "a"), s.want(ctx, "b", "2"),
		s.set(ctx, "a", "4"), s.want(ctx, "a", "4"),
	)
}

// writesSurvive checks that a KV which was closed, and not killed, has everything
// when it is opened again, synced or not (MUST 2).
func writesSurvive(ctx context.Context, s *subject) error {
	if err := errors.Join(s.set(ctx, "a", "1"), s.set(ctx, "b", "2")); err != nil {
		return err
	}
	s.reopen()
	if err := errors.Join(s.want(ctx, "a", "1"), s.want(ctx, "b", "2")); err != nil {
		return fmt.Errorf("reopened: %w", err)
	}
	if err := errors.Join(s.del(ctx, "a"), s.set(ctx, "b", "3"), s.set(ctx, "c", "4")); err != nil {
		return err
	}
	s.reopen()
	if err := errors.Join(s.wantAbsent(ctx, "a"), s.want(ctx, "b", "3"), s.want(ctx, "c", "4")); err != nil {
		return fmt.Errorf("reopened twice: %w", err)
	}
	return nil
}

// powerLoss checks MUST 2: of numbered writes those up to a Sync are there, or
// all where there is no Sync, and none is there without those before it.
func powerLoss(ctx context.Context, s *subject) error {
	const writes, synced = 20, 8
	sure := writes
	name := func(i int) string { return fmt.Sprintf("write-%02d", i) }
	for i := range writes {
		if s.has.Has(Sync) && i == synced {
			if err := s.sync(ctx); err != nil {
				return fmt.Errorf("Sync: %w", err)
			}
			sure = synced
		}
		if err := s.set(ctx, name(i), "x"); err != nil {
			return err
		}
	}
	s.cutPower()
	there := 0
	for there < writes && s.want(ctx, name(there), "x") == nil {
		there++
	}
	if there < sure {
		return fmt.Errorf("after power loss write %d of %d is not there, but the first %d were on stable storage", there+1, writes, sure)
	}
	for i := there; i < writes; i++ {
		if err := s.wantAbsent(ctx, name(i)); err != nil {
			return fmt.Errorf("after power loss write %d is there and write %d, before it, is not: %w", i+1, there+1, err)
		}
	}
	return errors.Join(s.set(ctx, "afterwards", "y"), s.want(ctx, "afterwards", "y"))
}

// cancelledWrites checks MUST 3 for Set and Delete, and that a Get whose context
// ended does not take a key for absent.
func cancelledWrites(ctx context.Context, s *subject) error {
	if err := errors.Join(s.set(ctx, "a", "old"), s.set(ctx, "b", "old")); err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	switch value, err := s.Get(cancelled, []byte("a")); {
	case errors.Is(err, kv.ErrNotFound):
		return errors.New("Get with a cancelled context returned ErrNotFound for a key that is there")
	case err == nil && string(value) != "old":
		return fmt.Errorf("Get with a cancelled context returned %q, want %q or an error", value, "old")
	}
	return errors.Join(
		s.interrupted(ctx, "Set", `"a"="new" "b"="old"`, func(ctx context.Context) error {
			return s.Set(ctx, []byte("a"), []byte("new"))
		}),
		s.set(ctx, "a", "old"),
		s.interrupted(ctx, "Delete", `"a"="old" "b" absent`, func(ctx context.Context) error {
			return s.Delete(ctx, []byte("b"))
		}),
	)
}

// cancelledBatch checks MUST 3 for Batch.
func cancelledBatch(ctx context.Context, s *subject) error {
	if err := s.set(ctx, "a", "old"); err != nil {
		return err
	}
	return s.interrupted(ctx, "Batch", `"a" absent "b"="new"`, func(ctx context.Context) error {
		return s.batch(ctx, drop("a"), put("b", "new"))
	})
}

// cancelledCreate checks MUST 3 for Create.
func cancelledCreate(ctx context.Context, s *subject) error {
	return s.interrupted(ctx, "Create", `"a"="new" "b" absent`, func(ctx context.Context) error {
		return s.create(ctx, []byte("a"), []byte("new"))
	})
}

// interrupted makes a write to the keys a and b with a cancelled context, and
// checks that it takes effect wholly or not at all, and at once or never. after
// is what state returns if it took effect.
func (s *subject) interrupted(ctx context.Context, what, after string, write func(context.Context) error) error {
	before, err := s.state(ctx, "a", "b")
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	result := write(cancelled)
	got, err := s.state(ctx, "a", "b")
	if err != nil {
		return err
	}
	if got != after && (got != before || result == nil) {
		return fmt.Errorf("%s with a cancelled context returned %v and left %s; before it was %s, and the whole effect is %s", what, result, got, before, after)
	}
	if err := errors.Join(s.set(ctx, "bystander", "x"), s.want(ctx, "bystander", "x")); err != nil {
		return fmt.Errorf("after %s with a cancelled context: %w", what, err)
	}
	later, err := s.state(ctx, "a", "b")
	if err != nil {
		return err
	}
	if later != got {
		return fmt.Errorf("%s with a cancelled context took effect late: first %s, then %s", what, got, later)
	}
	return nil
}

// state returns, in one line, what the keys have.
func (s *subject) state(ctx context.Context, keys ...string) (string, error) {
	states := make([]string, len(keys))
	for i, key := range keys {
		value, err := s.Get(ctx, []byte(key))
		switch {
		case errors.Is(err, kv.ErrNotFound):
			states[i] = fmt.Sprintf("%q absent", key)
		case err != nil:
			return "", fmt.Errorf("Get of %q: %w", key, err)
		default:
			states[i] = fmt.Sprintf("%q=%q", key, value)
		}
	}
	return strings.Join(states, " "), nil
}
