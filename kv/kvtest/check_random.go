package kvtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/kv"
)

// step is one random call. Set, Delete and Create have exactly one operation.
type step struct {
	Method string // Set, Delete, Batch, Create, Sync or reopen
	Ops    []kv.Op
}

func (st step) String() string {
	text := st.Method
	for _, op := range st.Ops {
		if op.Delete {
			text += fmt.Sprintf(" -%q", op.Key)
		} else {
			text += fmt.Sprintf(" %q=%q", op.Key, op.Value)
		}
	}
	return text
}

// randomKeys returns the keys of random steps. They are few, so that steps often
// use the same key, and some are prefixes of others.
func randomKeys() []string { return []string{"a", "a\x00", "ab", "b", "\xff"} }

// steps generates calls of methods that s supports.
func steps(s *subject) *rapid.Generator[[]step] {
	methods := []string{"Set", "Set", "Delete"}
	for _, optional := range []struct {
		method string
		has    bool
	}{
		{"Batch", s.has.Has(Batch)},
		{"Create", s.has.Has(Create)},
		{"Sync", s.has.Has(Sync)},
		{"reopen", s.reopen != nil},
	} {
		if optional.has {
			methods = append(methods, optional.method)
		}
	}
	op := rapid.Custom(func(t *rapid.T) kv.Op {
		return kv.Op{
			Key:    []byte(rapid.SampledFrom(randomKeys()).Draw(t, "key")),
			Value:  rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "value"),
			Delete: rapid.Bool().Draw(t, "delete"),
		}
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		st := step{Method: rapid.SampledFrom(methods).Draw(t, "method")}
		switch st.Method {
		case "Batch":
			st.Ops = rapid.SliceOfN(op, 0, 4).Draw(t, "ops")
		case "Set", "Delete", "Create":
			one := op.Draw(t, "op")
			one.Delete = st.Method == "Delete"
			st.Ops = []kv.Op{one}
		}
		return st
	}), 1, 16)
}

// checkRandom compares random calls with a map. All runs use the same KV, because
// opening one can take long; each run has its own prefix of keys.
func checkRandom(t *testing.T, s *subject) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		if err := compareWithMap(t.Context(), s, fmt.Sprintf("run-%d/", run), steps(s).Draw(rt, "steps")); err != nil {
			rt.Fatal(err)
		}
	})
}

// compareWithMap makes the steps on s and on a map, and compares the two after
// each step. All keys get the prefix.
func compareWithMap(ctx context.Context, s *subject, prefix string, steps []step) error {
	model := make(map[string]string)
	for i, st := range steps {
		if err := st.do(ctx, s, prefix, model); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, st, err)
		}
		for _, key := range randomKeys() {
			err := s.wantAbsent(ctx, prefix+key)
			if value, ok := model[prefix+key]; ok {
				err = s.want(ctx, prefix+key, value)
			}
			if err != nil {
				return fmt.Errorf("after step %d, %v: %w", i, st, err)
			}
		}
	}
	return nil
}

// do makes the call on s and on the model.
func (st step) do(ctx context.Context, s *subject, prefix string, model map[string]string) error {
	ops := make([]kv.Op, len(st.Ops))
	for i, op := range st.Ops {
		op.Key = append([]byte(prefix), op.Key...)
		ops[i] = op
	}
	switch st.Method {
	case "Set":
		if err := s.Set(ctx, ops[0].Key, ops[0].Value); err != nil {
			return err
		}
	case "Delete":
		if err := s.Delete(ctx, ops[0].Key); err != nil {
			return err
		}
	case "Batch":
		if err := s.batch(ctx, ops...); err != nil {
			return err
		}
	case "Create":
		err := s.create(ctx, ops[0].Key, ops[0].Value)
		if _, ok := model[string(ops[0].Key)]; ok {
			if !errors.Is(err, kv.ErrExists) {
				return fmt.Errorf("returned %v, want ErrExists", err)
			}
			return nil
		}
		if err != nil {
			return err
		}
	case "Sync":
		return s.sync(ctx)
	case "reopen":
		s.reopen()
		return nil
	}
	for _, op := range ops {
		if op.Delete {
			delete(model, string(op.Key))
		} else {
			model[string(op.Key)] = string(op.Value)
		}
	}
	return nil
}
