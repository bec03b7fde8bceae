package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// axis is a measurement that is not one of a contender's rate.
type axis struct {
	what string
	got  float64
	unit string

	asked bool    // there is a target:
	most  float64 // at most this much,
	least float64 // or at least this much, if it is not zero
}

func (a axis) verdict() string {
	switch {
	case !a.asked || math.IsNaN(a.got) || math.IsInf(a.got, 0):
		return ""
	case a.least > 0 && a.got >= a.least:
		return fmt.Sprintf("met: at least %g", a.least)
	case a.least > 0:
		return fmt.Sprintf("missed: at least %g", a.least)
	case a.got <= a.most:
		return fmt.Sprintf("met: at most %g", a.most)
	default:
		return fmt.Sprintf("missed: at most %g", a.most)
	}
}

// unasked drops the targets, which are about large ledgers.
func unasked(axes []axis) {
	for i := range axes {
		axes[i].asked = false
	}
}

// scale says how large the axes are measured.
type scale struct {
	accounts int // of the ledgers
	rows     int // of the store whose memory and Load are measured
	sessions int // for each latency
	rounds   int
}

func fullScale() scale  { return scale{accounts: 100_000, rows: 1_000_000, sessions: 2_000, rounds: 5} }
func smokeScale() scale { return scale{accounts: 2_000, rows: 5_000, sessions: 40, rounds: 1} }

// measureAxes measures all of them, one after the other.
func measureAxes(ctx context.Context, s scale, progress func(format string, args ...any)) ([]axis, error) {
	var all []axis
	for _, group := range []struct {
		name    string
		measure func(context.Context, scale) ([]axis, error)
	}{
		{"allocations", allocations},
		{"savepoints", savepoints},
		{"views", views},
		{"commits beside readers", besideReaders},
		{"latencies", latencies},
		{"memory and Load", memoryAndLoad},
	} {
		progress("%s", group.name)
		axes, err := group.measure(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", group.name, err)
		}
		all = append(all, axes...)
	}
	return all, nil
}

func writeAxes(out io.Writer, axes []axis) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, a := range axes {
		fmt.Fprintf(w, "%s\t%.4g %s\t%s\n", a.what, a.got, a.unit, a.verdict())
	}
	return w.Flush()
}
