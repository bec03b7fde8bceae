package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/kv"
)

// writesAreSeen checks that Get sees every write (rule 1).
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

// writesSurvive checks that a KV that was closed and opened again contains all
// writes, synced or not (rule 2).
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

// powerLoss makes numbered writes and cuts the power (rule 2). All writes before
// the Sync must be there, or all writes if the KV has no Sync. No write may be
// there without all earlier ones.
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
	there := 0 // how many of the first writes are there
	for there < writes && s.want(ctx, name(there), "x") == nil {
		there++
	}
	if there < sure {
		return fmt.Errorf("after the power loss write %d of %d is missing, although the first %d were on stable storage", there+1, writes, sure)
	}
	for i := there; i < writes; i++ {
		if err := s.wantAbsent(ctx, name(i)); err != nil {
			return fmt.Errorf("after the power loss write %d is there, but write %d is missing: %w", i+1, there+1, err)
		}
	}
	return errors.Join(s.set(ctx, "afterwards", "y"), s.want(ctx, "afterwards", "y"))
}

// cancelledWrites checks Set and Delete with a cancelled context (rule 3), and
// that such a Get does not report a present key as absent.
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

// cancelledBatch checks Batch with a cancelled context (rule 3).
func cancelledBatch(ctx context.Context, s *subject) error {
	if err := s.set(ctx, "a", "old"); err != nil {
		return err
	}
	return s.interrupted(ctx, "Batch", `"a" absent "b"="new"`, func(ctx context.Context) error {
		return s.batch(ctx, drop("a"), put("b", "new"))
	})
}

// cancelledCreate checks Create with a cancelled context (rule 3).
func cancelledCreate(ctx context.Context, s *subject) error {
	return s.interrupted(ctx, "Create", `"a"="new" "b" absent`, func(ctx context.Context) error {
		return s.create(ctx, []byte("a"), []byte("new"))
	})
}

// interrupted makes a write to the keys a and b with a cancelled context. It checks
// that the write takes effect as a whole or not at all, and at once or never. The
// argument after is the result of state if the write took effect.
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

// state returns the values of keys in one line.
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
