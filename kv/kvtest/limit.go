package kvtest

import (
	"context"
	"fmt"

	"github.com/gencommittable/gencommittable/kv"
)

// Limit returns a KV that does what inner does, but refuses values of more than
// maxBytes bytes: its MaxValue. A limit below 1 counts as 1, and a limit above
// that of inner counts as that of inner.
func Limit(inner kv.KV, maxBytes int) kv.KV {
	l := limited{KV: inner, inner: kv.Resolve(context.Background(), inner), max: max(maxBytes, 1)}
	if l.inner.MaxValue > 0 {
		l.max = min(l.max, l.inner.MaxValue)
	}
	return l
}

// limited refuses long values. It has no Unwrap, past which one could be
// written.
type limited struct {
	kv.KV
	inner kv.Capabilities
	max   int
}

func (l limited) Set(ctx context.Context, key, value []byte) error {
	if err := l.check(value); err != nil {
		return err
	}
	return l.KV.Set(ctx, key, value)
}

func (l limited) Batch(ctx context.Context, ops []kv.Op) error {
	if l.inner.Batcher == nil {
		return unsupported(Batch)
	}
	for _, op := range ops {
		if op.Delete {
			continue // its Value is ignored
		}
		if err := l.check(op.Value); err != nil {
			return err
		}
	}
	return l.inner.Batcher.Batch(ctx, ops)
}

func (l limited) Create(ctx context.Context, key, value []byte) error {
	if l.inner.Creator == nil {
		return unsupported(Create)
	}
	if err := l.check(value); err != nil {
		return err
	}
	return l.inner.Creator.Create(ctx, key, value)
}

func (l limited) Sync(ctx context.Context) error { return kv.Sync(ctx, l.KV) }

func (l limited) MaxValue() int { return l.max }

func (l limited) check(value []byte) error {
	if len(value) > l.max {
		return fmt.Errorf("kvtest: a value of %d bytes is too long; split it at MaxValue, which is %d", len(value), l.max)
	}
	return nil
}
