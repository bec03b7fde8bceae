package committer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gencommittable/gencommittable/committer"
	"github.com/gencommittable/gencommittable/kv/kvtest"
)

// randomWrites draws the writes of a session.
func randomWrites(rt *rapid.T, depth int) []rowWrite {
	writes := make([]rowWrite, rapid.IntRange(0, 5).Draw(rt, "writes"))
	last := tryDiscard
	if depth == 0 {
		last = send
	}
	for i := range writes {
		writes[i] = rowWrite{
			do:    writeKind(rapid.IntRange(int(put), int(last)).Draw(rt, "do")),
			store: rapid.IntRange(0, 2).Draw(rt, "store"),
			id:    rapid.SampledFrom([]string{"a", "b", "c", "\x00", ""}).Draw(rt, "id"),
			by:    rapid.Int64Range(-3, 3).Draw(rt, "by"),
		}
		if writes[i].do >= tryKeep {
			writes[i].inner = randomWrites(rt, depth-1)
		}
	}
	return writes
}

func randomScript(rt *rapid.T) script {
	s := script{externals: rapid.IntRange(0, len(externalNames)).Draw(rt, "externals")}
	for i := range rapid.IntRange(1, 8).Draw(rt, "sessions") {
		s.steps = append(s.steps, step{
			key:    fmt.Sprintf("key %d", i),
			writes: randomWrites(rt, 2),
			end:    rapid.SampledFrom([]sessionEnd{commits, commits, commits, cancels, cancelsStaged}).Draw(rt, "end"),
		})
	}
	return s
}

// randomFault draws a fault.
func randomFault(rt *rapid.T) fault {
	return fault{
		n:      rapid.IntRange(0, 60).Draw(rt, "call"),
		when:   rapid.SampledFrom([]kvtest.When{kvtest.Before, kvtest.After}).Draw(rt, "when"),
		crash:  rapid.Bool().Draw(rt, "crash"),
		length: rapid.IntRange(1, 6).Draw(rt, "calls"),
	}
}

// runOneProcess runs a process with random options over the disk, and returns the
// disk that survives it.
func runOneProcess(rt *rapid.T, base *harness, d *disk, c *client, f fault) *disk {
	h := *base
	h.kv = rapid.SampledFrom(everyKV).Draw(rt, "KV")
	h.way = rapid.SampledFrom(ways).Draw(rt, "way")
	h.opts = nil
	if n := rapid.SampledFrom([]int{0, 10, 100}).Draw(rt, "history"); n > 0 {
		h.opts = append(h.opts, committer.WithHistory(n))
	}
	if rapid.Bool().Draw(rt, "checkpoints") {
		h.opts = append(h.opts, checkpointEach(rapid.IntRange(0, 3).Draw(rt, "records"))...)
	}
	syncEvery := rapid.SampledFrom([]int{1, 1, 2, 5}).Draw(rt, "sync every")
	h.opts = append(h.opts, committer.WithSyncEvery(syncEvery))
	h.audits = syncEvery == 1 && rapid.Bool().Draw(rt, "audits")
	if rapid.Bool().Draw(rt, "replaces what is pending") {
		h.opts = append(h.opts, committer.WithDiscardPending())
	}
	order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 0))
	until := rapid.IntRange(c.next, len(h.script.steps)).Draw(rt, "until")
	drive := rapid.SampledFrom([]func(*process, int) error{c.drive, c.goOn}).Draw(rt, "loads first")

	p := h.startShuffled(d, f, order)
	if err := drive(p, until); err != nil {
		rt.Fatalf("%v, %v, %s: %v", h.kv, h.way, p.where(), err)
	}
	left := d.kv.Pending()
	if syncEvery == 1 { // otherwise acknowledged sessions may be lost
		left = rapid.SampledFrom(h.losses(d)).Draw(rt, "unsynced writes left")
	}
	if left < d.kv.Pending() || !p.over() {
		c.mustPend = false
	}
	return d.survivor(left)
}

// TestCrashRandomly runs random sessions in a sequence of processes, each
// disturbed at a random call.
func TestCrashRandomly(t *testing.T) {
	checkRandomly(t, func(rt *rapid.T) {
		s := randomScript(rt)
		runRandomly(rt, s, func() fault { return randomFault(rt) })
	})
}

// TestCrashFreeRunsAgree is a metamorphic test: the same sessions have the same
// IDs and states on every kind of KV, in every way of a client, in every order of
// registration, and with a restart at any point.
func TestCrashFreeRunsAgree(t *testing.T) {
	checkRandomly(t, func(rt *rapid.T) {
		runRandomly(rt, randomScript(rt), func() fault { return fault{} })
	})
}

func checkRandomly(t *testing.T, check func(*rapid.T)) {
	rounds := 8
	if long() {
		rounds = 1000
	}
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, check)
		})
	}
}

// runRandomly runs a script in random processes. The last process is undisturbed
// and finishes the script.
func runRandomly(rt *rapid.T, s script, next func() fault) {
	h, err := newHarness(s, kvtest.None, byBegin)
	if err != nil {
		rt.Fatal(err)
	}
	d, c := h.newDisk(), &client{}
	for range rapid.IntRange(0, 6).Draw(rt, "processes") {
		d = runOneProcess(rt, h, d, c, next())
	}
	last := h.start(d, fault{})
	if err := c.drive(last, len(s.steps)); err != nil {
		rt.Fatalf("the last process: %v", err)
	}
	if err := last.m.Verify(context.Background()); err != nil {
		rt.Fatalf("the last process: Verify: %v", err)
	}
}
