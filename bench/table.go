package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// legend explains the table.
const legend = `Transfers a second: the median of the rounds, the slowest and the fastest round.
A is the number of accounts, T the number of transfers in a session.
"of the floor" divides the median by the rate of the floor: a Go map and the
SHA-256 calls of a commit ID, run just before and after the contender.
"times rootmulti" divides it by the median of ` + rootmultiName + `.

`

// writeTable prints a table for each workload, with a line for each contender.
func writeTable(out io.Writer, cells []cell) error {
	if _, err := io.WriteString(out, legend); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, group := range byWorkload(cells) {
		fmt.Fprintf(w, "%s\tmedian\tslowest\tfastest\tof the floor\ttimes rootmulti\t\n", group[0].workload)
		for _, c := range group {
			fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%s\t\n",
				c.contender, c.median(), c.slowest(), c.fastest(), c.toFloor(), timesRootmulti(group, c))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// timesRootmulti returns the ratio of c's rate to rootmulti's in the same group,
// or "-" if rootmulti was not measured.
func timesRootmulti(group []cell, c cell) string {
	peer, ok := find(group, rootmultiName)
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.1f", c.median()/peer.median())
}

// byWorkload groups the cells by workload. Groups and the cells in them keep
// their order.
func byWorkload(cells []cell) [][]cell {
	var groups [][]cell
	index := make(map[workload]int)
	for _, c := range cells {
		i, ok := index[c.workload]
		if !ok {
			i, index[c.workload] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

// find returns the cell of a contender. ok is false if it was not measured.
func find(group []cell, contender string) (c cell, ok bool) {
	for _, c := range group {
		if c.contender == contender {
			return c, true
		}
	}
	return cell{}, false
}
