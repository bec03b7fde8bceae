package kvtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
)

// Option is an option of Run.
type Option func(*suite)

type suite struct {
	volatile bool
	cutPower func(t *testing.T, old kv.KV) kv.KV
}

// WithVolatile is for a KV that loses everything when it is closed. Run leaves
// out the checks that reopen the KV.
func WithVolatile() Option { return func(s *suite) { s.volatile = true } }

// WithPowerLoss makes Run also check what a power loss leaves. The function cut
// simulates a power loss of old as well as the test can. It returns an opened KV
// with what is left.
func WithPowerLoss(cut func(t *testing.T, old kv.KV) kv.KV) Option {
	return func(s *suite) { s.cutPower = cut }
}

// Run checks that a KV follows the rules of package kv. Each check is a subtest
// of t, and its name begins with the number of the rule. Checks of optional
// methods that the KV does not support are skipped.
//
// open returns a new, empty KV. reopen closes old and opens what it left, as
// another process would. With the option WithVolatile, reopen may be nil. Close
// every opened KV in a t.Cleanup. Run the suite with the race detector.
//
// Check a wrapper around every kind of KV: around Only(inner, m) for each m of
// All.Subsets().
func Run(t *testing.T, open func(t *testing.T) kv.KV, reopen func(t *testing.T, old kv.KV) kv.KV, opts ...Option) {
	t.Helper()
	var s suite
	for _, opt := range opts {
		opt(&s)
	}
	if reopen == nil && !s.volatile {
		t.Fatal("kvtest: reopen is nil; pass a function, or the option WithVolatile if the KV loses everything when it is closed")
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			sub := s.start(t, open, reopen)
			if reason := c.unfit(sub); reason != "" {
				t.Skip(reason)
			}
			if err := c.run(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("all-random", func(t *testing.T) { checkRandom(t, s.start(t, open, reopen)) })
}

// start opens a KV for one check.
func (s *suite) start(t *testing.T, open func(t *testing.T) kv.KV, reopen func(t *testing.T, old kv.KV) kv.KV) *subject {
	supports := func(store kv.KV) Methods {
		has, err := resolve(store)
		if err != nil {
			t.Fatal(err)
		}
		return has
	}
	sub := &subject{KV: open(t)}
	sub.has = supports(sub.KV)
	replace := func(by func(t *testing.T, old kv.KV) kv.KV) func() {
		return func() {
			sub.KV = by(t, sub.KV)
			if now := supports(sub.KV); now != sub.has {
				t.Fatalf("the KV supports %v after it was opened again, and %v before; that must not change", now, sub.has)
			}
		}
	}
	if !s.volatile {
		sub.reopen = replace(reopen)
	}
	if s.cutPower != nil {
		sub.cutPower = replace(s.cutPower)
	}
	return sub
}

// resolve returns the optional methods that a KV supports. It returns an error if
// one of them panics, for example in a wrapper that assumes that the inner KV has
// the method.
func resolve(store kv.KV) (has Methods, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("kv.Resolve panicked: %v; a method that the KV does not support must return errors.ErrUnsupported (rule 14), and Batch must accept an empty list", r)
		}
	}()
	return methodsOf(kv.Resolve(context.Background(), store)), nil
}
