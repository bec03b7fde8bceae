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

// Checkpoint policies: no checkpoint at all, and one checkpoint after the other.
var (
	noCheckpoints   = committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: math.MaxInt64})
	manyCheckpoints = committer.WithCheckpoint(committer.CheckpointPolicy{MinBytes: 64 << 10, Growth: 0.001})
)

// latencies measures the latency of sessions without checkpoints, and while
// checkpoints are written.
func latencies(ctx context.Context, s scale) ([]measurement, error) {
	var all []measurement
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
			all = append(all, without.percentiles(name+", no checkpoints")...)
			all = append(all, with.percentiles(name+", beside checkpoints")...)
			ratio := measurement{name: name + ": p99 beside checkpoints, compared with p99 without", unit: "times"}
			ratio.value = float64(with.at(0.99)) / float64(without.at(0.99))
			if transfers == 1_000 {
				ratio.target = atMost(2)
			}
			all = append(all, ratio)
		}
	}
	return all, nil
}

// durations holds latencies in ascending order.
type durations []time.Duration

// at returns the latency at a quantile between 0 and 1.
func (d durations) at(quantile float64) time.Duration { return d[int(quantile*float64(len(d)-1))] }

// percentiles returns the median, the 99th percentile and the maximum.
func (d durations) percentiles(name string) []measurement {
	var all []measurement
	for _, p := range []struct {
		name     string
		quantile float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"longest", 1}} {
		all = append(all, measurement{name: name + ": " + p.name, value: d.at(p.quantile).Seconds() * 1e3, unit: "ms"})
	}
	return all
}

// measureLatency measures whole sessions: the time that each call of Do takes.
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
