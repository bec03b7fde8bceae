package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
)

// measurement is a measured value that is not a rate in the table.
type measurement struct {
	name   string
	value  float64
	unit   string
	target target
}

// target is the limit that a value should keep. The zero value is no target.
type target struct {
	relation string // "at least" or "at most"
	limit    float64
}

func atLeast(limit float64) target { return target{"at least", limit} }
func atMost(limit float64) target  { return target{"at most", limit} }

// verdict says whether the value meets its target, such as "met: at least 0.6".
// It is empty without a target.
func (m measurement) verdict() string {
	t := m.target
	if t.relation == "" {
		return ""
	}
	met := m.value <= t.limit
	if t.relation == "at least" {
		met = m.value >= t.limit
	}
	if met {
		return fmt.Sprintf("met: %s %g", t.relation, t.limit)
	}
	return fmt.Sprintf("missed: %s %g", t.relation, t.limit)
}

// dropTargets removes the targets, which hold for large ledgers only.
func dropTargets(all []measurement) {
	for i := range all {
		all[i].target = target{}
	}
}

// scale is the size of the ledgers outside of the table.
type scale struct {
	accounts int // in a ledger
	rows     int // in the store whose memory and Load are measured
	sessions int // for each latency
	rounds   int // for each rate
}

func fullScale() scale  { return scale{accounts: 100_000, rows: 1_000_000, sessions: 2_000, rounds: 5} }
func smokeScale() scale { return scale{accounts: 2_000, rows: 5_000, sessions: 40, rounds: 1} }

// measureOthers measures everything outside of the table, one after the other.
func measureOthers(ctx context.Context, s scale, progress func(format string, args ...any)) ([]measurement, error) {
	var all []measurement
	for _, group := range []struct {
		name    string
		measure func(context.Context, scale) ([]measurement, error)
	}{
		{"allocations", allocations},
		{"savepoints", savepoints},
		{"reads through views", views},
		{"commits while views are read", viewReaders},
		{"commit latencies", latencies},
		{"memory and Load", memoryAndLoad},
	} {
		progress("%s", group.name)
		measured, err := group.measure(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", group.name, err)
		}
		all = append(all, measured...)
	}
	return all, nil
}

// writeMeasurements prints a line for each measurement.
func writeMeasurements(out io.Writer, all []measurement) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "measurement\tvalue\ttarget")
	for _, m := range all {
		fmt.Fprintf(w, "%s\t%.4g %s\t%s\n", m.name, m.value, m.unit, m.verdict())
	}
	return w.Flush()
}
