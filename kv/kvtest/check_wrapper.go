package kvtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// supportedOrNot checks rule 14: an optional method returns ErrUnsupported to
// every call or to none, whatever its arguments and context.
func supportedOrNot(ctx context.Context, s *subject) error {
	ended, end := context.WithCancel(ctx)
	end()
	key, value := []byte("optional"), []byte("x")
	type call struct {
		what string
		err  error
	}
	var errs []error
	one := func(method Methods, calls ...call) {
		for _, c := range calls {
			if s.has.Has(method) == errors.Is(c.err, errors.ErrUnsupported) {
				want := "ErrUnsupported, as from other calls"
				if s.has.Has(method) {
					want = "another error or nil, as from other calls"
				}
				errs = append(errs, fmt.Errorf("%v with %s returned %v, want %s", method, c.what, c.err, want))
			}
		}
	}
	if b, ok := kv.As[kv.Batcher](s.KV); ok {
		one(
			Batch,
			call{"one operation", b.Batch(ctx, []kv.Op{{Key: key, Value: value}})},
			call{"no operations", b.Batch(ctx, nil)},
			call{"the empty key", b.Batch(ctx, []kv.Op{{}})},
			call{"an ended context", b.Batch(ended, []kv.Op{{Key: key, Value: value}})},
		)
	}
	if c, ok := kv.As[kv.Creator](s.KV); ok {
		one(
			Create,
			call{"a key", c.Create(ctx, key, value)},
			call{"the empty key", c.Create(ctx, nil, nil)},
			call{"an ended context", c.Create(ended, key, value)},
		)
	}
	if y, ok := kv.As[kv.Syncer](s.KV); ok {
		one(
			Sync,
			call{"a context", y.Sync(ctx)},
			call{"an ended context", y.Sync(ended)},
		)
	}
	if !s.has.Has(Batch) && !s.has.Has(Create) {
		errs = append(errs, s.wantAbsent(ctx, string(key)))
	}
	return errors.Join(errs...)
}

// endedSync checks that a Sync whose context has ended is not a failed Sync
// (rule 4).
func endedSync(ctx context.Context, s *subject) error {
	ended, end := context.WithCancel(ctx)
	end()
	if err := s.set(ctx, "a", "1"); err != nil {
		return err
	}
	result := s.sync(ended)
	if err := errors.Join(s.want(ctx, "a", "1"), s.set(ctx, "b", "2"), s.sync(ctx)); err != nil {
		return fmt.Errorf("after a Sync with an ended context, which returned %v: %w", result, err)
	}
	return nil
}

// wrappersAtMost is how many wrappers around each other the suite follows.
const wrappersAtMost = 100

// unwrapChangesNothing checks rule 15: what goes through a wrapper is in every
// inner KV under the same key, and the other way round.
func unwrapChangesNothing(ctx context.Context, s *subject) error {
	outer := s.KV
	for depth := 1; ; depth++ {
		wrapper, wraps := outer.(kv.Wrapper)
		if !wraps {
			return nil
		}
		inner := &subject{KV: wrapper.Unwrap()}
		switch {
		case inner.KV == nil:
			return fmt.Errorf("method Unwrap of %T returned nil, want the inner KV", outer)
		case depth > wrappersAtMost:
			return fmt.Errorf("there are more than %d wrappers around each other; does Unwrap return the wrapper itself?", wrappersAtMost)
		}
		outer = inner.KV
		err := errors.Join(
			s.set(ctx, "a", "outer"), inner.want(ctx, "a", "outer"),
			inner.set(ctx, "a", "inner"), s.want(ctx, "a", "inner"),
			inner.del(ctx, "a"), s.wantAbsent(ctx, "a"),
			inner.set(ctx, "a", "inner again"), s.want(ctx, "a", "inner again"),
			s.del(ctx, "a"), inner.wantAbsent(ctx, "a"),
		)
		if err != nil {
			return fmt.Errorf("a wrapper with Unwrap must store everything unchanged in %T, which Unwrap returned: %w", inner.KV, err)
		}
	}
}
