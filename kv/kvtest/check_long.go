package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gencommittable/gencommittable/kv"
)

// longValues checks MaxValue, or that long values are accepted if there is none
// (rule 13). It does not test limits of 64 MiB and more.
func longValues(ctx context.Context, s *subject) error {
	const long, tooMuch = 8 << 20, 64 << 20
	length := long
	if m, ok := kv.As[kv.MaxValuer](s.KV); ok && m.MaxValue() < 0 {
		return fmt.Errorf("MaxValue is %d, want a positive number, or 0 for no limit", m.MaxValue())
	}
	if limit := kv.MaxValue(s.KV); limit > 0 {
		if limit < tooMuch {
			length = limit
			if err := s.refusesLonger(ctx, limit); err != nil {
				return err
			}
		}
	}
	value := strings.Repeat("0123456789", length/10+1)[:length]
	keys := []string{"set"}
	if err := s.set(ctx, "set", value); err != nil {
		return err
	}
	if s.has.Has(Batch) {
		keys = append(keys, "batch", "batch too")
		if err := s.batch(ctx, put("batch", value), put("batch too", value)); err != nil {
			return fmt.Errorf("Batch with two values of %d bytes: %w", length, err)
		}
	}
	if s.has.Has(Create) {
		keys = append(keys, "create")
		if err := s.create(ctx, []byte("create"), []byte(value)); err != nil {
			return fmt.Errorf("Create with a value of %d bytes: %w", length, err)
		}
	}
	if s.reopen != nil {
		s.reopen()
	}
	for _, key := range keys {
		if err := s.want(ctx, key, value); err != nil {
			return err
		}
	}
	return nil
}

// refusesLonger checks that every method refuses a value beyond the limit, and
// that a Batch with such a value has no effect.
func (s *subject) refusesLonger(ctx context.Context, limit int) error {
	refused := func(method string, err error) error {
		if err == nil {
			return fmt.Errorf("%s of a value of %d bytes returned nil; MaxValue is %d", method, limit+1, limit)
		}
		return nil
	}
	key, longer := []byte("longer"), make([]byte, limit+1)
	errs := []error{refused("Set", s.Set(ctx, key, longer))}
	if s.has.Has(Batch) {
		errs = append(errs, refused("Batch", s.batch(ctx, put("beside", "x"), kv.Op{Key: key, Value: longer})))
	}
	if s.has.Has(Create) {
		errs = append(errs, refused("Create", s.create(ctx, key, longer)))
	}
	return errors.Join(append(errs, s.wantAbsent(ctx, "longer"), s.wantAbsent(ctx, "beside"))...)
}
