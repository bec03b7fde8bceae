package committer_test

import (
	"os"
	"testing"

	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// long reports whether the exhaustive variants of tests are wanted.
func long() bool { return os.Getenv("GENCOMMITTABLE_LONG") == "1" }

// everyKV lists every kind of KV, by its optional methods.
var everyKV = (kvtest.Batch | kvtest.Create | kvtest.Sync).Subsets()

// exploreAll explores a script on every kind of KV; with -short, on those for
// which the protocol takes different paths.
func exploreAll(t *testing.T, s script, run func(*explorer) error) {
	kinds := everyKV
	if testing.Short() {
		kinds = kvKinds()
	}
	exploreOn(t, kinds, s, run)
}

// exploreOn explores a script on some kinds of KV, in every way that a client
// can go. By default each kind is explored in one way; the ways take turns, so
// that every kind and every way occurs.
func exploreOn(t *testing.T, kinds []kvtest.Methods, s script, run func(*explorer) error) {
	for i, has := range kinds {
		for j, by := range ways {
			if !long() && (i+j+s.externals)%len(ways) != 0 {
				continue
			}
			t.Run(has.String()+" "+by.String(), func(t *testing.T) {
				t.Parallel()
				h, err := newHarness(s, has, by)
				if err != nil {
					t.Fatal(err)
				}
				e := newExplorer(h)
				if err := run(e); err != nil {
					t.Fatal(err)
				}
				t.Logf("%d disturbed processes", e.runs)
			})
		}
	}
}

// externalCounts is how many externals take part in a test.
var externalCounts = []struct {
	name string
	n    int
}{{"stores only", 0}, {"one external", 1}, {"two externals", 2}}

func withExternals(t *testing.T, test func(t *testing.T, externals int)) {
	for _, c := range externalCounts {
		t.Run(c.name, func(t *testing.T) { test(t, c.n) })
	}
}

// TestCrashAtEveryCall crashes at every call of the KV and of the externals.
func TestCrashAtEveryCall(t *testing.T) {
	withExternals(t, func(t *testing.T, externals int) {
		exploreAll(t, longScript(externals), func(e *explorer) error { return e.crashes(e.newDisk(), client{}, 1) })
	})
}

// TestCrashAgainInRecovery crashes at every call, and again at every call of
// what follows.
func TestCrashAgainInRecovery(t *testing.T) {
	withExternals(t, func(t *testing.T, externals int) {
		s := shortScript(externals)
		if long() {
			s = longScript(externals)
		}
		exploreAll(t, s, func(e *explorer) error { return e.crashes(e.newDisk(), client{}, 2) })
	})
}

// TestErrorAtEveryCall lets every call of the KV and of the externals return an
// error.
func TestErrorAtEveryCall(t *testing.T) {
	withExternals(t, func(t *testing.T, externals int) {
		exploreAll(t, longScript(externals), func(e *explorer) error {
			e.audits = true
			return e.errors(1)
		})
	})
}

// TestOutageAtEveryCall lets the KV, or the externals, fail for some calls in a
// row.
func TestOutageAtEveryCall(t *testing.T) {
	lengths := []int{2, 6}
	if long() {
		lengths = []int{2, 3, 4, 5, 6, 7, 8, 9, 10}
	}
	withExternals(t, func(t *testing.T, externals int) {
		exploreAll(t, shortScript(externals), func(e *explorer) error {
			e.audits = true
			for _, length := range lengths {
				if err := e.errors(length); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
