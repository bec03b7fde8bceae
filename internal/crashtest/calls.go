package crashtest

import (
	"fmt"
	"os"
	"testing"

	"github.com/gencommittable/gencommittable/committer/committertest"
)

// KV is a durable KV that can be closed.
type KV = committertest.KV

// sessions is the number of sessions that AtEveryCall commits. The app writes
// some checkpoints between them.
const sessions = 12

// AtEveryCall runs committertest.Run over a KV, once with stores alone and once
// with an external. The arguments are those of committertest.WithKV.
func AtEveryCall(t *testing.T, open func() (KV, error), crash func(old KV) (KV, error)) {
	every := 11 // a run over a real KV writes files
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		every = 1
	}
	opts := []committertest.Option{committertest.WithKV(open, crash), committertest.WithEvery(every)}
	for _, external := range []bool{false, true} {
		t.Run(fmt.Sprintf("external=%v", external), func(t *testing.T) {
			committertest.Run(t, application(sessions, external), opts...)
		})
	}
}
