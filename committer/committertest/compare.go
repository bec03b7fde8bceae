package committertest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/committer"
)

// maxLines limits the missing and the unexpected lines in a message.
const maxLines = 8

// stateDiff describes the difference of two states. It is empty if they are equal.
func stateDiff(got, want string) string {
	if got == want {
		return ""
	}
	g, w := strings.Split(strings.TrimSuffix(got, "\n"), "\n"), strings.Split(strings.TrimSuffix(want, "\n"), "\n")
	missing, unexpected := without(w, g), without(g, w)
	if len(missing)+len(unexpected) == 0 {
		return "the state has the same lines in another order; State must print them in a fixed order"
	}
	var b strings.Builder
	b.WriteString("the state differs (- undisturbed run, + this run):")
	writeLines(&b, "-", missing)
	writeLines(&b, "+", unexpected)
	return b.String()
}

// without returns the lines of a that are not in b. A line that a has n times more
// often than b is returned n times.
func without(a, b []string) []string {
	count := make(map[string]int)
	for _, line := range b {
		count[line]++
	}
	var rest []string
	for _, line := range a {
		if count[line]--; count[line] < 0 {
			rest = append(rest, line)
		}
	}
	return rest
}

func writeLines(b *strings.Builder, sign string, lines []string) {
	for _, line := range lines[:min(len(lines), maxLines)] {
		fmt.Fprintf(b, "\n  %s %s", sign, line)
	}
	if more := len(lines) - maxLines; more > 0 {
		fmt.Fprintf(b, "\n  %s and %d more lines", sign, more)
	}
}

// sessionDiff describes the difference of two sessions. It is empty if they are
// equal.
func sessionDiff(got, want committer.Session) string {
	switch {
	case !bytes.Equal(got.Key, want.Key):
		return fmt.Sprintf("its key is %q, in the undisturbed run %q", got.Key, want.Key)
	case got.Seq != want.Seq:
		return fmt.Sprintf("its sequence is %d, in the undisturbed run %d", got.Seq, want.Seq)
	case got.ID == want.ID:
		return ""
	}
	return fmt.Sprintf("its commit ID is %s, in the undisturbed run %s; different ids of %s", got.ID, want.ID, differentCommittables(got.Parts, want.Parts))
}

// differentCommittables returns the names of the committables whose ids differ.
func differentCommittables(got, want []committer.Part) string {
	var names []string
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g committer.Part) bool { return g.Name == w.Name && bytes.Equal(g.ID, w.ID) }) {
			names = append(names, w.Name)
		}
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w committer.Part) bool { return g.Name == w.Name }) {
			names = append(names, g.Name)
		}
	}
	return strings.Join(names, ", ")
}
