package crashtest

import (
	"fmt"
	"os"
	"testing"

	"github.com/gencommittable/gencommittable/committer/committertest"
)

// KV is a durable KV that can be closed.
type KV = committertest.KV

// sessions is how many are committed by AtEveryCall. The policy of the app
// makes some checkpoints on the way.
const sessions = 12

// AtEveryCall is committertest.Run over a KV, with sessions of stores, and with
// sessions that have an external among them. Open and crash are as in
// committertest.WithKV.
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
