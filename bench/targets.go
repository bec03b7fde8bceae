package main

import "fmt"

// targets compares the cells with the targets of their workloads.
func targets(cells []cell) []axis {
	var all []axis
	for _, group := range byWorkload(cells) {
		w := group[0].workload
		if w.accounts < 100_000 || w.transfers < 1_000 {
			continue
		}
		ofFloor := 0.6
		if w.transfers >= 10_000 {
			ofFloor = 0.8
		}
		memory := find(group, "memkv").median()
		all = append(all, atLeast(w, "memkv of the floor", find(group, "memkv").toFloor(), ofFloor))
		if w.transfers != 1_000 {
			continue
		}
		pebble := find(group, "Pebble, synced").median()
		all = append(
			all,
			atLeast(w, "memkv, 3 stores, times rootmulti", find(group, "memkv, 3 stores").median()/find(group, rootmultiName).median(), 25),
			atLeast(w, "Pebble, synced, of memkv", pebble/memory, 0.75),
			atLeast(w, "Pebble, synced, times raw Pebble", pebble/find(group, "raw Pebble, synced").median(), 3),
		)
	}
	return all
}

// atLeast returns a target that a ratio of at least this value meets.
func atLeast(w workload, what string, got, least float64) axis {
	return axis{what: fmt.Sprintf("%s: %s", w, what), got: got, asked: true, least: least}
}
