package committable

import (
	"iter"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func (m *machine) View(*rapid.T) {
	if len(m.views) == 4 {
		m.views = m.views[1:]
	}
	m.views = append(m.views, view{m.table.View(), m.committed})
}

// Loop starts a loop. StepLoop continues it, after other actions.
func (m *machine) Loop(t *rapid.T) {
	if len(m.loops) == 4 {
		t.Skip("enough loops")
	}
	s := drawScan(t)
	source, want := reader(m.table), m.visible()
	if len(m.views) > 0 && rapid.Bool().Draw(t, "over a view") {
		source, want = m.views[0].view, m.views[0].want
	}
	next, stop := iter.Pull2(s.loop(source))
	m.loops = append(m.loops, &pulled{name: s.name, next: next, stop: stop, want: s.want(want)})
	m.step(t, len(m.loops)-1) // the loop starts with its first step, not before
}

func (m *machine) StepLoop(t *rapid.T) {
	if len(m.loops) == 0 {
		t.Skip("no loop")
	}
	m.step(t, rapid.IntRange(0, len(m.loops)-1).Draw(t, "which"))
}

func (m *machine) step(t *rapid.T, i int) {
	loop := m.loops[i]
	_, p, ok := loop.next()
	if !ok {
		if len(loop.want) > 0 {
			t.Fatalf("loop %s ended before %v", loop.name, loop.want)
		}
		m.loops = slices.Delete(m.loops, i, i+1)
		return
	}
	if len(loop.want) == 0 {
		t.Fatalf("loop %s goes on with %v", loop.name, p)
	}
	if diff := gocmp.Diff(loop.want[0], p); diff != "" {
		t.Fatalf("loop %s: (-want +got)\n%s", loop.name, diff)
	}
	loop.want = loop.want[1:]
}

func (m *machine) StopLoop(t *rapid.T) {
	if len(m.loops) == 0 {
		t.Skip("no loop")
	}
	m.loops[0].stop()
	m.loops = m.loops[1:]
}

func (m *machine) stopLoops() {
	for _, loop := range m.loops {
		loop.stop()
	}
}
