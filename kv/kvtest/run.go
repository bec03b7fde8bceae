package kvtest

import (
	"testing"

	"github.com/gencommittable/gencommittable/kv"
)

// Option tells Run about the KV under test.
type Option func(*suite)

type suite struct {
	volatile bool
	cutPower func(t *testing.T, old kv.KV) kv.KV
}

// Volatile says that the KV loses everything when reopened. Run then leaves out
// what needs reopening.
func Volatile() Option { return func(s *suite) { s.volatile = true } }

// PowerLoss makes Run also check what a power loss leaves. cut must make old
// lose power, as far as the test can, and return what is there afterwards,
// opened.
func PowerLoss(cut func(t *testing.T, old kv.KV) kv.KV) Option {
	return func(s *suite) { s.cutPower = cut }
}

// Run runs the conformance suite as subtests of t, named after the MUSTs of
// package kv. Optional interfaces that the KV lacks are skipped.
//
// open returns a new, empty KV. reopen closes old, if it is to be closed, and
// opens what it left, as another process would; it may be nil with the option
// Volatile. Each opened KV should be closed in a t.Cleanup. Run the suite with
// -race.
func Run(t *testing.T, open func(t *testing.T) kv.KV, reopen func(t *testing.T, old kv.KV) kv.KV, opts ...Option) {
	t.Helper()
	var s suite
	for _, opt := range opts {
		opt(&s)
	}
	if reopen == nil && !s.volatile {
		t.Fatal("kvtest: reopen is nil; give Run one, or the option Volatile if the KV keeps nothing")
	}
	start := func(t *testing.T) *subject {
		sub := &subject{KV: open(t)}
		if !s.volatile {
			sub.reopen = func() { sub.KV = reopen(t, sub.KV) }
		}
		if s.cutPower != nil {
			sub.cutPower = func() { sub.KV = s.cutPower(t, sub.KV) }
		}
		return sub
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			sub := start(t)
			if reason := c.unfit(sub); reason != "" {
				t.Skip(reason)
			}
			if err := c.run(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("all-random", func(t *testing.T) { checkRandom(t, start(t)) })
}
