package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/gencommittable/gencommittable/committer"
)

// Policies under which there is never a checkpoint, and one nearly always.
var (
	noCheckpoints   = committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: math.MaxInt64})
	manyCheckpoints = committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 64 << 10, Growth: 0.001})
)

// latencies measures how long commits take, without checkpoints and beside
// them.
func latencies(ctx context.Context, s scale) ([]axis, error) {
	var all []axis
	for _, kind := range []struct {
		name string
		open openKV
	}{{"memkv", onMemory}, {"Pebble, synced", onPebble}} {
		for _, transfers := range []int{1, 100, 1_000} {
			name := fmt.Sprintf("%s, T=%d", kind.name, transfers)
			without, err := measureLatency(ctx, s, kind.open, transfers, noCheckpoints)
			if err != nil {
				return nil, err
			}
			with, err := measureLatency(ctx, s, kind.open, transfers, manyCheckpoints)
			if err != nil {
				return nil, err
			}
			all = append(all, without.axes(name+", no checkpoints")...)
			all = append(all, with.axes(name+", beside checkpoints")...)
			ratio := axis{what: name + ": p99 beside checkpoints to that without", unit: "times", asked: transfers == 1_000, most: 2}
			ratio.got = float64(with.at(0.99)) / float64(without.at(0.99))
			all = append(all, ratio)
		}
	}
	return all, nil
}

// durations are sorted.
type durations []time.Duration

func (d durations) at(part float64) time.Duration { return d[int(part*float64(len(d)-1))] }

func (d durations) axes(name string) []axis {
	var all []axis
	for _, at := range []struct {
		name string
		part float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"longest", 1}} {
		all = append(all, axis{what: name + ": " + at.name, got: d.at(at.part).Seconds() * 1e3, unit: "ms"})
	}
	return all
}

// measureLatency measures whole sessions, from Do to its answer.
func measureLatency(ctx context.Context, s scale, open openKV, transfers int, policy committer.CommitterOpt) (durations, error) {
	dir, err := os.MkdirTemp("", "latency")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l, err := newOurs(open, 1, 1, policy)(dir)
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx, newNames(s.accounts)); err != nil {
		return nil, err
	}
	all := make(durations, 0, s.sessions)
	sessions := workload{s.accounts, transfers, false}.sessions(min(s.sessions, 64_000/transfers))
	for i := range s.sessions {
		start := time.Now()
		if err := l.session(ctx, sessions[i%len(sessions)]); err != nil {
			return nil, err
		}
		all = append(all, time.Since(start))
	}
	slices.Sort(all)
	return all, l.close()
}
