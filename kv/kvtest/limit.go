package kvtest

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// Limit returns inner as a KV with Sizer that refuses values of more than
// maxBytes bytes, and has the other optional interfaces of inner. A limit below 1
// counts as 1, and one above that of inner as that of inner.
func Limit(inner kv.KV, maxBytes int) kv.KV {
	maxBytes = max(maxBytes, 1)
	if sizer, ok := inner.(kv.Sizer); ok {
		maxBytes = min(maxBytes, sizer.MaxValue())
	}
	return Only(limited{KV: inner, max: maxBytes}, Of(inner)|Size)
}

// limited refuses long values. It has all methods; Limit shows those that the KV
// inside has, and MaxValue.
type limited struct {
	kv.KV
	max int
}

func (l limited) Set(ctx context.Context, key, value []byte) error {
	if err := l.check(value); err != nil {
		return err
	}
	return l.KV.Set(ctx, key, value)
}

func (l limited) Batch(ctx context.Context, ops []kv.Op) error {
	for _, op := range ops {
		if op.Delete {
			continue // its Value is ignored
		}
		if err := l.check(op.Value); err != nil {
			return err
		}
	}
	return l.KV.(kv.Batcher).Batch(ctx, ops)
}

func (l limited) Create(ctx context.Context, key, value []byte) error {
	if err := l.check(value); err != nil {
		return err
	}
	return l.KV.(kv.Creator).Create(ctx, key, value)
}

func (l limited) Sync(ctx context.Context) error { return l.KV.(kv.Syncer).Sync(ctx) }

func (l limited) MaxValue() int { return l.max }

func (l limited) check(value []byte) error {
	if len(value) > l.max {
		return fmt.Errorf("kvtest: a value of %d bytes is too long; split it at MaxValue, which is %d", len(value), l.max)
	}
	return nil
}
