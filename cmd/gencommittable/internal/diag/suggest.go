package diag

import (
	"slices"
	"strings"
)

// Suggest returns what to append to the message about an unknown name: the
// legal name that is closest, if one is close, and all that are legal.
func Suggest(name string, legal []string) string {
	text := ""
	if best := closest(name, legal); best != "" {
		text = "; did you mean " + best + "?"
	}
	if len(legal) == 0 {
		return text
	}
	return text + " (legal: " + strings.Join(legal, ", ") + ")"
}

// closest returns the legal name with the fewest edits, if these are at most a
// third of the name.
func closest(name string, legal []string) string {
	best, fewest := "", max(1, len(name)/3)+1
	for _, l := range legal {
		if d := distance(strings.ToLower(name), strings.ToLower(l)); d < fewest {
			best, fewest = l, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete, replace or swap with their
// neighbour to get from a to b.
func distance(a, b string) int {
	var older []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, replace)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, last = slices.Clone(last), row
	}
	return last[len(b)]
}
