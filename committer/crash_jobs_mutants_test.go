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

// TestCrashInJobsCatchesBrokenProtocols shows that TestCrashInJobs fails if a job
// does its steps in another order, or omits one.
func TestCrashInJobsCatchesBrokenProtocols(t *testing.T) {
	for _, m := range []struct {
		name, job string
		broken    func(kv.KV) kv.KV
	}{
		{"records dropped before the checkpoint is whole", "checkpoint", dropFirst("mc/session/")},
		{"records dropped before the checkpoint is whole, some kept", "checkpoint that keeps records", dropFirst("mc/session/")},
		{"the old chunks dropped before the new checkpoint counts", "checkpoint that keeps records", dropFirst("mc/chunk/")},
		{"the manifest before the chunks", "checkpoint", delayed("mc/chunk/")},
		{"the manifest before the headers", "checkpoint that keeps records", delayed("mc/heads/")},
		{"the manifest before the chunks of an import", "import", delayed("mc/chunk/")},
		{"no Sync before Import answers", "import", skipSync},
		{"no Sync before Rollback answers", "rollback behind the checkpoint", skipSync},
		{"records of the abandoned future dropped before the epoch", "rollback behind the checkpoint", dropFirst("mc/session/")},
		{"the manifest before the chunks of another schema", "schema change", delayed("mc/chunk/")},
		{"the record before its pieces", "large record", writePiecesLast},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for _, j := range jobs {
				if j.name != m.job {
					continue
				}
				caught := failureOf(t, func(t testing.TB) { j.explore(t, kvtest.Sync, m.broken) })
				if caught == "" {
					t.Error("not caught")
				}
				first, _, _ := strings.Cut(caught, "\n")
				t.Logf("caught: %.200s", first)
			}
		})
	}
}

// failureRecorder is a testing.TB that records a failure and does not report it.
type failureRecorder struct {
	testing.TB
	failed string
}

func failureOf(t *testing.T, test func(testing.TB)) string {
	v := &failureRecorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(v)
	}()
	<-done
	return v.failed
}

func (v *failureRecorder) Errorf(format string, args ...any) { v.failed = fmt.Sprintf(format, args...) }
func (v *failureRecorder) Logf(string, ...any)               {}

func (v *failureRecorder) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

func (v *failureRecorder) Fatal(args ...any) {
	v.failed = fmt.Sprint(args...)
	runtime.Goexit()
}

// skipSync returns a KV whose Sync does nothing.
func skipSync(inner kv.KV) kv.KV {
	return &hooks{inner: inner, sync: func(func() error) error { return nil }}
}

// dropFirst returns a KV that deletes the first keys under a prefix before the
// manifest is written.
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

// delayed returns a KV that delays writes under a prefix until the manifest is
// written.
func delayed(prefix string) func(kv.KV) kv.KV { return delayedUntil(prefix, manifestKey) }

// writePiecesLast returns a KV that writes a record before its pieces.
func writePiecesLast(inner kv.KV) kv.KV { return delayedUntil("mc/part/", "mc/session/")(inner) }

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
