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

// randomWrites draws what a session does.
func randomWrites(rt *rapid.T, depth int) []rowWrite {
	writes := make([]rowWrite, rapid.IntRange(0, 5).Draw(rt, "writes"))
	last := tryDiscard
	if depth == 0 {
		last = send
	}
	for i := range writes {
		writes[i] = rowWrite{
			do:    doing(rapid.IntRange(int(put), int(last)).Draw(rt, "do")),
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
	s := script{remotes: rapid.IntRange(0, len(remoteNames)).Draw(rt, "externals")}
	for i := range rapid.IntRange(1, 8).Draw(rt, "sessions") {
		s.steps = append(s.steps, step{
			key:    fmt.Sprintf("key %d", i),
			writes: randomWrites(rt, 2),
			end:    rapid.SampledFrom([]ending{commits, commits, commits, cancels, cancelsStaged}).Draw(rt, "end"),
		})
	}
	return s
}

// randomFault draws how a process is disturbed.
func randomFault(rt *rapid.T) fault {
	return fault{
		n:      rapid.IntRange(0, 60).Draw(rt, "call"),
		when:   rapid.SampledFrom([]kvtest.When{kvtest.Before, kvtest.After}).Draw(rt, "when"),
		crash:  rapid.Bool().Draw(rt, "crash"),
		length: rapid.IntRange(1, 6).Draw(rt, "calls"),
	}
}

// life runs one process of a random kind over the disk, and returns what
// survives it.
func life(rt *rapid.T, base *harness, d *disk, c *client, f fault) *disk {
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
	if syncEvery == 1 { // else acknowledged sessions may be lost
		left = rapid.SampledFrom(h.losses(d)).Draw(rt, "unsynced writes left")
	}
	if left < d.kv.Pending() || !p.over() {
		c.mustPend = false
	}
	return d.survivor(left)
}

// TestCrashRandomly runs random sessions in random processes that are disturbed
// at random places, one after the other.
func TestCrashRandomly(t *testing.T) {
	checkRandomly(t, func(rt *rapid.T) {
		s := randomScript(rt)
		runRandomly(rt, s, func() fault { return randomFault(rt) })
	})
}

// TestCrashFreeRunsAgree is the metamorphic test: the same sessions on any KV,
// driven any way, with any order of registration and reopened at any point,
// have the same IDs and states.
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

// runRandomly runs a script in random processes; the last one is undisturbed
// and comes to its end.
func runRandomly(rt *rapid.T, s script, next func() fault) {
	h, err := newHarness(s, kvtest.None, byBegin)
	if err != nil {
		rt.Fatal(err)
	}
	d, c := h.newDisk(), &client{}
	for range rapid.IntRange(0, 6).Draw(rt, "processes") {
		d = life(rt, h, d, c, next())
	}
	last := h.start(d, fault{})
	if err := c.drive(last, len(s.steps)); err != nil {
		rt.Fatalf("the last process: %v", err)
	}
	if err := last.m.Verify(context.Background()); err != nil {
		rt.Fatalf("the last process: Verify: %v", err)
	}
}
