package committertest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/gencommittable/gencommittable/committer"
)

// linesAtMost is how many lines of each kind are shown.
const linesAtMost = 8

// differentState returns what differs between two states as text, "" if nothing
// does.
func differentState(got, want string) string {
	if got == want {
		return ""
	}
	g, w := strings.Split(strings.TrimSuffix(got, "\n"), "\n"), strings.Split(strings.TrimSuffix(want, "\n"), "\n")
	missing, unexpected := without(w, g), without(g, w)
	if len(missing)+len(unexpected) == 0 {
		return "the state has the same lines in another order; State must print them in an order of their own"
	}
	var b strings.Builder
	b.WriteString("the state differs (- undisturbed, + here):")
	show(&b, "-", missing)
	show(&b, "+", unexpected)
	return b.String()
}

// without returns the lines of a that are not in b, each as often as it is there
// in excess.
func without(a, b []string) []string {
	times := make(map[string]int)
	for _, line := range b {
		times[line]++
	}
	var rest []string
	for _, line := range a {
		if times[line]--; times[line] < 0 {
			rest = append(rest, line)
		}
	}
	return rest
}

func show(b *strings.Builder, sign string, lines []string) {
	for _, line := range lines[:min(len(lines), linesAtMost)] {
		fmt.Fprintf(b, "\n  %s %s", sign, line)
	}
	if more := len(lines) - linesAtMost; more > 0 {
		fmt.Fprintf(b, "\n  %s and %d more lines", sign, more)
	}
}

// differentSession returns what differs between two sessions as text, "" if
// nothing does.
func differentSession(got, want committer.Session) string {
	switch {
	case !bytes.Equal(got.Key, want.Key):
		return fmt.Sprintf("its key is %q; undisturbed it is %q", got.Key, want.Key)
	case got.Seq != want.Seq:
		return fmt.Sprintf("its sequence is %d; undisturbed it is %d", got.Seq, want.Seq)
	case got.ID == want.ID:
		return ""
	}
	return fmt.Sprintf("its commit ID is %s; undisturbed it is %s; what differs is %s", got.ID, want.ID, differentParts(got.Parts, want.Parts))
}

// differentParts names the committables whose ids differ.
func differentParts(got, want []committer.Part) string {
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
