package committer_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/kv"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// TestCrashInJobsCatchesBrokenProtocols shows that TestCrashInJobs would notice
// if the jobs did their steps in another order, or left one out.
func TestCrashInJobsCatchesBrokenProtocols(t *testing.T) {
	for _, m := range []struct {
		name, job string
		broken    func(kv.KV) kv.KV
	}{
		{"records dropped before the checkpoint is whole", "checkpoint", dropFirst("mc/session/")},
		{"records dropped before the checkpoint is whole, some kept", "checkpoint that keeps records", dropFirst("mc/session/")},
		{"the old chunks dropped before the new checkpoint counts", "checkpoint that keeps records", dropFirst("mc/chunk/")},
		{"the manifest before the chunks", "checkpoint", delayed("mc/chunk/")},
		{"the manifest before the heads", "checkpoint that keeps records", delayed("mc/heads/")},
		{"the manifest before the chunks of an import", "import", delayed("mc/chunk/")},
		{"no Sync before Import answers", "import", syncsNever},
		{"no Sync before Rollback answers", "rollback behind the checkpoint", syncsNever},
		{"records of the abandoned future dropped before the epoch", "rollback behind the checkpoint", dropFirst("mc/session/")},
		{"the manifest before the chunks of another schema", "schema change", delayed("mc/chunk/")},
		{"the record before its parts", "large record", partsLast},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for _, j := range jobs {
				if j.name != m.job {
					continue
				}
				caught := verdictOf(t, func(t testing.TB) { j.explore(t, kvtest.Sync, m.broken) })
				if caught == "" {
					t.Error("not caught")
				}
				first, _, _ := strings.Cut(caught, "\n")
				t.Logf("caught: %.200s", first)
			}
		})
	}
}

// verdict is a test that may fail without failing the one around it.
type verdict struct {
	testing.TB
	failed string
}

func verdictOf(t *testing.T, test func(testing.TB)) string {
	v := &verdict{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(v)
	}()
	<-done
	return v.failed
}

func (v *verdict) Errorf(format string, args ...any) { v.failed = fmt.Sprintf(format, args...) }
func (v *verdict) Logf(string, ...any)               {}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

func (v *verdict) Fatal(args ...any) {
	v.failed = fmt.Sprint(args...)
	runtime.Goexit()
}

// syncsNever only says that it has synced.
func syncsNever(inner kv.KV) kv.KV {
	return &hooks{inner: inner, sync: func(func() error) error { return nil }}
}

// dropFirst deletes the first keys under a prefix before the manifest is
// written, as if that order did not matter.
func dropFirst(prefix string) func(kv.KV) kv.KV {
	return func(inner kv.KV) kv.KV {
		h := &hooks{inner: inner}
		dropped := false
		h.write = func(keys []string, do func() error) error {
			if keys[0] == manifestKey && !dropped {
				dropped = true
				for n := range 4 {
					key := recordKey(n)
					if prefix == "mc/chunk/" {
						key = fmt.Sprintf("mc/chunk/%010d/accounts/%010d", n, 0)
					}
					if n < 3 || prefix == "mc/chunk/" {
						if err := inner.Delete(context.Background(), []byte(key)); err != nil {
							return err
						}
					}
				}
			}
			return do()
		}
		return h
	}
}

// delayed holds the writes of a prefix back until the manifest is written.
func delayed(prefix string) func(kv.KV) kv.KV { return delayedUntil(prefix, manifestKey) }

// partsLast writes a record before its parts.
func partsLast(inner kv.KV) kv.KV { return delayedUntil("mc/part/", "mc/session/")(inner) }

func delayedUntil(prefix, until string) func(kv.KV) kv.KV {
	return func(inner kv.KV) kv.KV {
		h := &hooks{inner: inner}
		var held []func() error
		h.write = func(keys []string, do func() error) error {
			if strings.HasPrefix(keys[0], prefix) {
				held = append(held, do)
				return nil
			}
			err := do()
			if !strings.HasPrefix(keys[0], until) {
				return err
			}
			for _, write := range held {
				if err == nil {
					err = write()
				}
			}
			held = nil
			return err
		}
		return h
	}
}
