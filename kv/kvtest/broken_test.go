package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/gencommittable/gencommittable/kv"
)

// maxValue is the MaxValue of KVs in these tests.
const maxValue = 5000

// brokenKV is a KV that breaks the contract, and the check that must find it.
type brokenKV struct {
	name     string
	caughtBy string
	open     func() *subject
}

// hooked is a KV that is correct except for the calls that a test replaced.
type hooked struct {
	*Unsynced
	get    func(ctx context.Context, key []byte) ([]byte, error)
	set    func(ctx context.Context, key, value []byte) error
	del    func(ctx context.Context, key []byte) error
	batch  func(ctx context.Context, ops []kv.Op) error
	create func(ctx context.Context, key, value []byte) error
	sync   func(ctx context.Context) error
	max    int
}

func (h *hooked) Get(ctx context.Context, key []byte) ([]byte, error) {
	if h.get != nil {
		return h.get(ctx, key)
	}
	return h.Unsynced.Get(ctx, key)
}

func (h *hooked) Set(ctx context.Context, key, value []byte) error {
	if h.set != nil {
		return h.set(ctx, key, value)
	}
	if len(value) > maxValue {
		return errors.New("value too long")
	}
	return h.Unsynced.Set(ctx, key, value)
}

func (h *hooked) Delete(ctx context.Context, key []byte) error {
	if h.del != nil {
		return h.del(ctx, key)
	}
	return h.Unsynced.Delete(ctx, key)
}

func (h *hooked) Batch(ctx context.Context, ops []kv.Op) error {
	if h.batch != nil {
		return h.batch(ctx, ops)
	}
	for _, op := range ops {
		if len(op.Value) > maxValue {
			return errors.New("value too long")
		}
	}
	return h.Unsynced.Batch(ctx, ops)
}

func (h *hooked) Create(ctx context.Context, key, value []byte) error {
	if h.create != nil {
		return h.create(ctx, key, value)
	}
	if len(value) > maxValue {
		return errors.New("value too long")
	}
	return h.Unsynced.Create(ctx, key, value)
}

func (h *hooked) Sync(ctx context.Context) error {
	if h.sync != nil {
		return h.sync(ctx)
	}
	return h.Unsynced.Sync(ctx)
}

func (h *hooked) MaxValue() int {
	if h.max != 0 {
		return h.max
	}
	return maxValue
}

// brokenKVs returns broken KVs, in the order of the checks that catch them.
func brokenKVs() []brokenKV {
	var all []brokenKV
	add := func(caughtBy, name string, breakIt func(h *hooked, u *Unsynced)) {
		all = append(all, brokenKV{name: name, caughtBy: caughtBy, open: func() *subject {
			h := &hooked{Unsynced: NewUnsynced()}
			breakIt(h, h.Unsynced)
			return &subject{KV: h, has: All}
		}})
	}
	addWithout := func(missing Methods, caughtBy, name string, breakIt func(h *hooked, u *Unsynced)) {
		add(caughtBy, name, breakIt)
		last := &all[len(all)-1]
		open := last.open
		last.open = func() *subject {
			s := open()
			s.has &^= missing
			return s
		}
	}
	addWrapper := func(name string, wrap func(inner *Unsynced) kv.KV) {
		all = append(all, brokenKV{name: name, caughtBy: "15-unwrap-changes-nothing", open: func() *subject {
			return &subject{KV: wrap(NewUnsynced()), has: Batch | Create | Sync}
		}})
	}
	addReopened := func(caughtBy, name string, afterwards func(u *Unsynced) *Unsynced) {
		all = append(all, brokenKV{name: name, caughtBy: caughtBy, open: func() *subject {
			u := NewUnsynced()
			s := &subject{KV: u, has: Batch | Create | Sync}
			s.reopen = func() {
				u = afterwards(u)
				s.KV = u
			}
			s.cutPower = s.reopen
			return s
		}})
	}
	ctx := context.Background()

	add("01-writes-are-seen", "set does nothing to a key that is there", func(h *hooked, u *Unsynced) {
		h.set = func(ctx context.Context, key, value []byte) error {
			_ = u.Create(ctx, key, value)
			return nil
		}
	})
	add("01-writes-are-seen", "delete does nothing", func(h *hooked, _ *Unsynced) {
		h.del = func(context.Context, []byte) error { return nil }
	})
	addReopened("02-writes-survive-closing", "loses unsynced writes", func(u *Unsynced) *Unsynced {
		return u.AfterCrash(0)
	})
	addReopened("02-writes-survive-closing", "loses deletes", func(u *Unsynced) *Unsynced {
		n := newUnsynced(u.synced)
		for _, write := range u.pending {
			n.write(slices.DeleteFunc(slices.Clone(write), func(op kv.Op) bool { return op.Delete }))
		}
		return n
	})
	addReopened("02-power-loss-leaves-a-prefix", "loses synced writes", func(*Unsynced) *Unsynced { return NewUnsynced() })
	addReopened("02-power-loss-leaves-a-prefix", "loses a write in the middle", func(u *Unsynced) *Unsynced {
		u.pending = slices.Delete(u.pending, 3, 4)
		return u.AfterCrash(u.Pending())
	})
	add("03-cancelled-writes-are-whole", "cancelled set returns nil", func(h *hooked, u *Unsynced) {
		h.set = func(ctx context.Context, key, value []byte) error {
			_ = u.Set(ctx, key, value)
			return nil
		}
	})
	add("03-cancelled-writes-are-whole", "cancelled set is cut", func(h *hooked, u *Unsynced) {
		h.set = func(c context.Context, key, value []byte) error {
			if c.Err() != nil {
				value = value[:1]
			}
			return errors.Join(c.Err(), u.Set(ctx, key, value))
		}
	})
	add("03-cancelled-writes-are-whole", "cancelled delete takes effect later", func(h *hooked, u *Unsynced) {
		var late []byte
		h.del = func(c context.Context, key []byte) error {
			if c.Err() != nil {
				late = bytes.Clone(key)
				return c.Err()
			}
			return u.Delete(c, key)
		}
		h.set = func(c context.Context, key, value []byte) error {
			if late != nil {
				_ = u.Delete(ctx, late)
			}
			return u.Set(c, key, value)
		}
	})
	add("03-cancelled-writes-are-whole", "cancelled get returns ErrNotFound", func(h *hooked, u *Unsynced) {
		h.get = func(c context.Context, key []byte) ([]byte, error) {
			if c.Err() != nil {
				return nil, kv.ErrNotFound
			}
			return u.Get(c, key)
		}
	})
	add("03-cancelled-batch-is-whole", "cancelled batch stops halfway", func(h *hooked, u *Unsynced) {
		h.batch = func(c context.Context, ops []kv.Op) error {
			return errors.Join(u.Batch(ctx, ops[:1]), u.Batch(c, ops[1:]))
		}
	})
	add("03-cancelled-create-is-whole", "cancelled create reserves the key", func(h *hooked, u *Unsynced) {
		h.create = func(c context.Context, key, value []byte) error {
			return errors.Join(u.Create(ctx, key, nil), u.Set(c, key, value))
		}
	})
	add("04-sync-with-an-ended-context", "sync with an ended context stops the KV", func(h *hooked, u *Unsynced) {
		var failed error
		h.sync = func(ctx context.Context) error {
			if failed == nil {
				failed = u.Sync(ctx)
			}
			return failed
		}
	})
	add("04-sync-with-an-ended-context", "sync with an ended context loses a write", func(h *hooked, u *Unsynced) {
		h.sync = func(ctx context.Context) error {
			if ctx.Err() != nil {
				return u.Delete(context.WithoutCancel(ctx), []byte("a"))
			}
			return u.Sync(ctx)
		}
	})
	add("06-bytes-are-copied-in", "set keeps the value", func(h *hooked, u *Unsynced) {
		h.set = func(_ context.Context, key, value []byte) error {
			u.write([]kv.Op{{Key: key, Value: value}})
			return nil
		}
	})
	add("06-bytes-are-copied-in", "batch keeps the values", func(h *hooked, u *Unsynced) {
		h.batch = func(_ context.Context, ops []kv.Op) error {
			u.write(ops)
			return nil
		}
	})
	add("06-bytes-are-copied-in", "create keeps the value", func(h *hooked, u *Unsynced) {
		h.create = func(_ context.Context, key, value []byte) error {
			u.write([]kv.Op{{Key: key, Value: value}})
			return nil
		}
	})
	add("06-bytes-are-copied-in", "set changes the key", func(h *hooked, u *Unsynced) {
		h.set = func(ctx context.Context, key, value []byte) error {
			defer func() { key[0]++ }()
			return u.Set(ctx, key, value)
		}
	})
	add("06-bytes-are-copied-out", "get returns what is stored", func(h *hooked, u *Unsynced) {
		h.get = func(_ context.Context, key []byte) ([]byte, error) { return u.current[string(key)], nil }
	})
	add("06-bytes-are-copied-out", "get reuses a buffer", func(h *hooked, u *Unsynced) {
		var buf []byte
		h.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := u.Get(ctx, key)
			buf = append(buf[:0], value...)
			return buf, err
		}
		h.set = func(ctx context.Context, key, value []byte) error {
			buf = append(buf[:0], value...)
			return u.Set(ctx, key, value)
		}
	})
	add("07-concurrent-calls", "set shows half of a value", func(h *hooked, u *Unsynced) {
		gets := countGets(h, u)
		h.set = func(ctx context.Context, key, value []byte) error {
			half := append(value[:len(value)/2:len(value)/2], bytes.Repeat([]byte("?"), len(value)-len(value)/2)...)
			_ = u.Set(ctx, key, half)
			awaitGets(gets, 6) // until the reader has read all five keys once
			return u.Set(ctx, key, value)
		}
	})
	add("07-concurrent-batches", "batch shows its first half", func(h *hooked, u *Unsynced) {
		gets := countGets(h, u)
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			err := u.Batch(ctx, ops[:1])
			awaitGets(gets, 4) // until the reader has read both keys once
			return errors.Join(err, u.Batch(ctx, ops[1:]))
		}
	})
	add("07-concurrent-creates", "create reads, then writes", func(h *hooked, u *Unsynced) {
		var looked atomic.Int64
		h.create = func(ctx context.Context, key, value []byte) error {
			if _, err := u.Get(ctx, key); err == nil {
				return kv.ErrExists
			}
			for looked.Add(1); looked.Load() < 2; {
				runtime.Gosched()
			}
			return u.Set(ctx, key, value)
		}
	})
	add("08-empty-values-are-values", "empty values are absent", func(h *hooked, u *Unsynced) {
		h.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := u.Get(ctx, key)
			if err == nil && len(value) == 0 {
				return nil, kv.ErrNotFound
			}
			return value, err
		}
	})
	add("08-empty-values-are-values", "create takes an empty value for absent", func(h *hooked, u *Unsynced) {
		h.create = func(ctx context.Context, key, value []byte) error {
			if old, _ := u.Get(ctx, key); len(old) > 0 {
				return kv.ErrExists
			}
			return u.Set(ctx, key, value)
		}
	})
	add("09-absent-keys", "get of an absent key returns nil", func(h *hooked, u *Unsynced) {
		h.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := u.Get(ctx, key)
			if errors.Is(err, kv.ErrNotFound) {
				return nil, nil
			}
			return value, err
		}
	})
	add("09-absent-keys", "get of an absent key returns some error", func(h *hooked, u *Unsynced) {
		h.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := u.Get(ctx, key)
			if err != nil {
				return nil, errors.New("no such key")
			}
			return value, nil
		}
	})
	add("09-absent-keys", "delete of an absent key fails", func(h *hooked, u *Unsynced) {
		h.del = func(ctx context.Context, key []byte) error {
			_, err := u.Get(ctx, key)
			return errors.Join(err, u.Delete(ctx, key))
		}
	})
	for name, same := range map[string]func(key []byte) []byte{
		"keys end at a NUL":         func(key []byte) []byte { return append([]byte{'k'}, bytes.SplitN(key, []byte{0}, 2)[0]...) },
		"keys end at 511 bytes":     func(key []byte) []byte { return key[:min(len(key), 511)] },
		"keys are made valid UTF-8": func(key []byte) []byte { return bytes.ToValidUTF8(key, []byte("?")) },
	} {
		add("10-keys-are-any-bytes", name, func(h *hooked, u *Unsynced) {
			h.get = func(ctx context.Context, key []byte) ([]byte, error) { return u.Get(ctx, same(key)) }
			h.set = func(ctx context.Context, key, value []byte) error { return u.Set(ctx, same(key), value) }
			h.del = func(ctx context.Context, key []byte) error { return u.Delete(ctx, same(key)) }
			h.batch = func(ctx context.Context, ops []kv.Op) error {
				ops = slices.Clone(ops)
				for i := range ops {
					ops[i].Key = same(ops[i].Key)
				}
				return u.Batch(ctx, ops)
			}
			h.create = func(ctx context.Context, key, value []byte) error { return u.Create(ctx, same(key), value) }
		})
	}
	add("10-the-empty-key-is-refused", "get reports the empty key as absent", func(h *hooked, u *Unsynced) {
		h.get = func(ctx context.Context, key []byte) ([]byte, error) {
			if len(key) == 0 {
				return nil, fmt.Errorf("no key: %w", kv.ErrNotFound)
			}
			return u.Get(ctx, key)
		}
	})
	add("10-the-empty-key-is-refused", "create accepts the empty key", func(h *hooked, u *Unsynced) {
		h.create = func(_ context.Context, key, value []byte) error {
			u.write([]kv.Op{{Key: key, Value: value}})
			return nil
		}
	})
	add("11-batch-in-order", "batch in reverse", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			ops = slices.Clone(ops)
			slices.Reverse(ops)
			return u.Batch(ctx, ops)
		}
	})
	add("11-batch-in-order", "batch refuses no operations", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			if len(ops) == 0 {
				return errors.New("no operations")
			}
			return u.Batch(ctx, ops)
		}
	})
	add("11-batch-all-or-nothing", "batch one by one", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			for _, op := range ops {
				if err := u.Batch(ctx, []kv.Op{op}); err != nil {
					return err
				}
			}
			return nil
		}
	})
	add("11-batch-all-or-nothing", "batch skips operations that it refuses", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			return u.Batch(ctx, slices.DeleteFunc(slices.Clone(ops), func(op kv.Op) bool { return len(op.Key) == 0 }))
		}
	})
	add("12-create-never-overwrites", "create overwrites", func(h *hooked, u *Unsynced) { h.create = u.Set })
	add("12-create-never-overwrites", "create returns nil for a key that is there", func(h *hooked, u *Unsynced) {
		h.create = func(ctx context.Context, key, value []byte) error {
			if err := u.Create(ctx, key, value); !errors.Is(err, kv.ErrExists) {
				return err
			}
			return nil
		}
	})
	add("12-create-never-overwrites", "create overwrites and returns an error", func(h *hooked, u *Unsynced) {
		h.create = func(ctx context.Context, key, value []byte) error {
			err := u.Create(ctx, key, value)
			return errors.Join(err, u.Set(ctx, key, value))
		}
	})
	add("13-long-values", "accepts less than MaxValue", func(h *hooked, _ *Unsynced) { h.max = maxValue + 1 })
	add("13-long-values", "accepts more than MaxValue", func(h *hooked, _ *Unsynced) { h.max = maxValue - 1 })
	add("13-long-values", "negative MaxValue", func(h *hooked, _ *Unsynced) { h.max = -1 })
	add("13-long-values", "batch accepts more than MaxValue", func(h *hooked, u *Unsynced) { h.batch = u.Batch })
	add("13-long-values", "create accepts more than MaxValue", func(h *hooked, u *Unsynced) { h.create = u.Create })
	add("13-long-values", "batch accepts only one long value", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			total := 0
			for _, op := range ops {
				total += len(op.Value)
			}
			if total > maxValue {
				return errors.New("batch too long")
			}
			return u.Batch(ctx, ops)
		}
	})
	add("13-long-values", "cuts values", func(h *hooked, u *Unsynced) {
		h.set = func(ctx context.Context, key, value []byte) error {
			if len(value) > maxValue {
				return errors.New("value too long")
			}
			return u.Set(ctx, key, value[:min(len(value), 4096)])
		}
	})
	add("14-supported-or-not", "batch does not support one operation", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			if len(ops) == 1 {
				return errors.ErrUnsupported
			}
			return u.Batch(ctx, ops)
		}
	})
	add("14-supported-or-not", "create passes on what the system does not support", func(h *hooked, u *Unsynced) {
		h.create = func(ctx context.Context, key, value []byte) error {
			return errors.Join(u.Create(ctx, key, value), syscall.ENOTSUP)
		}
	})
	addWithout(Sync, "14-supported-or-not", "sync looks at its context first", func(h *hooked, _ *Unsynced) {
		h.sync = func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return errors.ErrUnsupported
		}
	})
	addWithout(Batch, "14-supported-or-not", "unsupported batch looks at its keys first", func(h *hooked, u *Unsynced) {
		h.batch = func(ctx context.Context, ops []kv.Op) error {
			if slices.ContainsFunc(ops, func(op kv.Op) bool { return len(op.Key) == 0 }) {
				return errors.New("no key")
			}
			return errors.ErrUnsupported
		}
	})
	addWithout(Batch|Create, "14-supported-or-not", "unsupported create writes", func(h *hooked, u *Unsynced) {
		h.batch = func(context.Context, []kv.Op) error { return errors.ErrUnsupported }
		h.create = func(ctx context.Context, key, value []byte) error {
			return errors.Join(errors.ErrUnsupported, u.Create(ctx, key, value))
		}
	})
	addWrapper("a wrapper with Unwrap adds a prefix to keys", func(inner *Unsynced) kv.KV { return prefixed{inner} })
	addWrapper("a wrapper with Unwrap caches values", func(inner *Unsynced) kv.KV {
		return cached{inner, make(map[string][]byte)}
	})
	addWrapper("a wrapper around nothing", func(*Unsynced) kv.KV { return around{nil} })
	addWrapper("a wrapper around itself", func(inner *Unsynced) kv.KV { return circular{inner} })
	return all
}

// prefixed adds a prefix to keys.
type prefixed struct{ *Unsynced }

func (p prefixed) Unwrap() kv.KV { return p.Unsynced }

func (p prefixed) Get(ctx context.Context, key []byte) ([]byte, error) {
	return p.Unsynced.Get(ctx, append([]byte("p/"), key...))
}

func (p prefixed) Set(ctx context.Context, key, value []byte) error {
	return p.Unsynced.Set(ctx, append([]byte("p/"), key...), value)
}

func (p prefixed) Delete(ctx context.Context, key []byte) error {
	return p.Unsynced.Delete(ctx, append([]byte("p/"), key...))
}

// cached returns values from memory without asking the inner KV.
type cached struct {
	*Unsynced
	cache map[string][]byte
}

func (c cached) Unwrap() kv.KV { return c.Unsynced }

func (c cached) Get(ctx context.Context, key []byte) ([]byte, error) {
	if value, ok := c.cache[string(key)]; ok {
		return bytes.Clone(value), nil
	}
	return c.Unsynced.Get(ctx, key)
}

func (c cached) Set(ctx context.Context, key, value []byte) error {
	c.cache[string(key)] = bytes.Clone(value)
	return c.Unsynced.Set(ctx, key, value)
}

func (c cached) Delete(ctx context.Context, key []byte) error {
	delete(c.cache, string(key))
	return c.Unsynced.Delete(ctx, key)
}

// circular unwraps to itself.
type circular struct{ *Unsynced }

func (c circular) Unwrap() kv.KV { return c }

// countGets makes h count its Gets.
func countGets(h *hooked, u *Unsynced) *atomic.Int64 {
	var gets atomic.Int64
	h.get = func(ctx context.Context, key []byte) ([]byte, error) {
		defer gets.Add(1)
		return u.Get(ctx, key)
	}
	return &gets
}

// awaitGets returns after n further Gets.
func awaitGets(gets *atomic.Int64, n int64) {
	for start := gets.Load(); gets.Load() < start+n; {
		runtime.Gosched()
	}
}
