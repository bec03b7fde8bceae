package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// subject is a KV under test. reopen and cutPower replace the KV.
type subject struct {
	kv.KV
	has      Methods // the optional methods that the KV supports
	reopen   func()  // nil: the KV is volatile
	cutPower func()  // nil: the option WithPowerLoss was not given
}

// check is one check of the suite. It is a function that returns an error, not a
// test, so that the tests of this package can see it fail on broken KVs.
type check struct {
	name   string // the number of the rule in package kv, and what is checked
	needs  Methods
	reopen bool // needs to reopen the KV
	power  bool // needs to cut the power
	wraps  bool // needs a KV with Unwrap
	run    func(ctx context.Context, s *subject) error
}

// checks returns the suite, in the order of the rules.
func checks() []check {
	return []check{
		{name: "01-writes-are-seen", run: writesAreSeen},
		{name: "02-writes-survive-closing", reopen: true, run: writesSurvive},
		{name: "02-power-loss-leaves-a-prefix", power: true, run: powerLoss},
		{name: "03-cancelled-writes-are-whole", run: cancelledWrites},
		{name: "03-cancelled-batch-is-whole", needs: Batch, run: cancelledBatch},
		{name: "03-cancelled-create-is-whole", needs: Create, run: cancelledCreate},
		{name: "04-sync-with-an-ended-context", needs: Sync, run: endedSync},
		{name: "06-bytes-are-copied-in", run: copiedIn},
		{name: "06-bytes-are-copied-out", run: copiedOut},
		{name: "07-concurrent-calls", run: concurrentCalls},
		{name: "07-concurrent-batches", needs: Batch, run: concurrentBatches},
		{name: "07-concurrent-creates", needs: Create, run: concurrentCreates},
		{name: "08-empty-values-are-values", run: emptyValues},
		{name: "09-absent-keys", run: absentKeys},
		{name: "10-keys-are-any-bytes", run: keysAreBytes},
		{name: "10-the-empty-key-is-refused", run: emptyKey},
		{name: "11-batch-in-order", needs: Batch, run: batchInOrder},
		{name: "11-batch-all-or-nothing", needs: Batch, run: batchAllOrNothing},
		{name: "12-create-never-overwrites", needs: Create, run: createNeverOverwrites},
		{name: "13-long-values", run: longValues},
		{name: "14-supported-or-not", run: supportedOrNot},
		{name: "15-unwrap-changes-nothing", wraps: true, run: unwrapChangesNothing},
	}
}

// unfit returns why c cannot be run on s, or "" if it can.
func (c check) unfit(s *subject) string {
	_, wraps := s.KV.(kv.Wrapper)
	switch {
	case !s.has.Has(c.needs):
		return fmt.Sprintf("the KV does not support %v", c.needs)
	case c.reopen && s.reopen == nil:
		return "the KV is volatile"
	case c.power && s.cutPower == nil:
		return "Run was not given the option WithPowerLoss"
	case c.wraps && !wraps:
		return "the KV has no Unwrap"
	}
	return ""
}

// batch, create and sync call an optional method.

func (s *subject) batch(ctx context.Context, ops ...kv.Op) error { return kv.Batch(ctx, s.KV, ops) }

func (s *subject) create(ctx context.Context, key, value []byte) error {
	return kv.Create(ctx, s.KV, key, value)
}

func (s *subject) sync(ctx context.Context) error { return kv.Sync(ctx, s.KV) }

// want returns an error unless key has the value.
func (s *subject) want(ctx context.Context, key, value string) error {
	got, err := s.Get(ctx, []byte(key))
	if err != nil {
		return fmt.Errorf("Get of %.40q returned the error %q, want the value %.40q", key, err, value)
	}
	if !bytes.Equal(got, []byte(value)) {
		return fmt.Errorf("Get of %.40q returned %.40q (%d bytes), want %.40q (%d bytes)", key, got, len(got), value, len(value))
	}
	return nil
}

// wantAbsent returns an error unless key is absent.
func (s *subject) wantAbsent(ctx context.Context, key string) error {
	got, err := s.Get(ctx, []byte(key))
	if err == nil {
		return fmt.Errorf("Get of %.40q returned the value %.40q, want ErrNotFound", key, got)
	}
	if !errors.Is(err, kv.ErrNotFound) {
		return fmt.Errorf("Get of %.40q returned the error %q, want ErrNotFound", key, err)
	}
	return nil
}

// set and del are Set and Delete; their errors include the arguments.

func (s *subject) set(ctx context.Context, key, value string) error {
	if err := s.Set(ctx, []byte(key), []byte(value)); err != nil {
		return fmt.Errorf("Set of %.40q to %.40q (%d bytes): %w", key, value, len(value), err)
	}
	return nil
}

func (s *subject) del(ctx context.Context, key string) error {
	if err := s.Delete(ctx, []byte(key)); err != nil {
		return fmt.Errorf("Delete of %.40q: %w", key, err)
	}
	return nil
}

// put and drop return operations for batches.

func put(key, value string) kv.Op { return kv.Op{Key: []byte(key), Value: []byte(value)} }

func drop(key string) kv.Op { return kv.Op{Key: []byte(key), Delete: true} }
