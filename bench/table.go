package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// writeTable writes the cells of each workload below each other.
func writeTable(out io.Writer, cells []cell) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, group := range byWorkload(cells) {
		peer := find(group, rootmultiName)
		fmt.Fprintf(w, "%s\ttransfers/s\tleast\tmost\tof the floor\ttimes rootmulti\t\n", group[0].workload)
		for _, c := range group {
			fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.1f\t\n",
				c.contender, c.median(), c.rates[0], c.rates[len(c.rates)-1], c.toFloor(), c.median()/peer.median())
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// byWorkload returns the cells in groups, in the order of the first of each.
func byWorkload(cells []cell) [][]cell {
	var groups [][]cell
	at := make(map[workload]int)
	for _, c := range cells {
		i, ok := at[c.workload]
		if !ok {
			i, at[c.workload] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

// find returns the cell of a contender.
func find(group []cell, contender string) cell {
	for _, c := range group {
		if c.contender == contender {
			return c
		}
	}
	return cell{rates: []float64{0}}
}
