package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gencommittable/gencommittable/committer"
)

// TestStateMachine tests every cell of the table in the package documentation,
// for every way into each state and on every kind of KV. The expected outcome is
// read from the table; state_machine_outcomes_test.go defines each outcome.
func TestStateMachine(t *testing.T) {
	table := stateTable(t)
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			for _, call := range table.rows {
				word := table.word(s, call)
				t.Run(call, func(t *testing.T) {
					for _, kind := range kvKinds() {
						run := func(t *testing.T, word string, opts ...committer.CommitterOpt) {
							// The bubble's time shows whether a call waited for its
							// turn or returned at once.
							synctest.Test(t, func(t *testing.T) {
								runCell(t, s, call, word, setup{kv: kind, external: s.external, opts: opts})
							})
						}
						t.Run(kind.String(), func(t *testing.T) { run(t, strings.TrimSuffix(word, "*")) })
						if strings.HasSuffix(word, "*") { // WithDiscardPending changes the outcome
							instead := map[bool]string{true: "runs", false: "opens"}[strings.HasPrefix(call, "Do")]
							t.Run(kind.String()+", discarding", func(t *testing.T) { run(t, instead, committer.WithDiscardPending()) })
						}
					}
				})
			}
		})
	}
}

// TestStateTableIsCovered compares the rows, columns and words of the table with
// those that the tests define.
func TestStateTableIsCovered(t *testing.T) {
	table := stateTable(t)
	for _, row := range table.rows {
		if calls[row] == nil {
			t.Errorf("the table's row %q has no test", row)
		}
		for _, column := range table.columns {
			if word := table.words[row][column]; outcomes[strings.TrimSuffix(word, "*")] == nil && word != loadsFirst {
				t.Errorf("%s, %s: the word %q has no test", row, column, word)
			}
		}
	}
	for call := range calls {
		if !slices.Contains(table.rows, call) {
			t.Errorf("the call %q is not in the table", call)
		}
	}
	covered := make(map[string]bool)
	for _, s := range states() {
		covered[s.column] = true
		if !slices.Contains(table.columns, s.column) {
			t.Errorf("state %q: the table has no column %q", s.name, s.column)
		}
	}
	for _, column := range table.columns {
		if !covered[column] {
			t.Errorf("no state is built for the table's column %q", column)
		}
	}
}

// runCell brings a world into a state and makes the call. It compares the result,
// and the situation afterwards, with the word of the table.
func runCell(t *testing.T, s state, call, word string, setup setup) {
	w := newWorld(t, setup)
	w.load()
	w.run(older)
	w.run(last)
	s.build(w)
	if t.Failed() {
		return
	}
	calls := calls[call]
	if calls == nil || outcomes[word] == nil {
		t.Fatalf("no test of the word %q for the call %q", word, call)
	}
	for _, c := range calls {
		w.calls = len(w.fault.Log())
		got := c(w, s.keys())
		then := outcomes[word](w, s, got)
		if t.Failed() {
			return
		}
		if s.settles {
			// Last and Lookup do no I/O. This call makes the MultiCommitter find
			// out what became of the write.
			_, _ = w.m.Commit(t.Context(), []byte(settlingKey))
		}
		if len(calls) > 1 {
			s.settles = false
			continue
		}
		w.check(then)
	}
	if len(calls) > 1 {
		w.check(s.is)
	}
}

// table is the state machine's table in the package documentation.
type table struct {
	columns []string
	rows    []string
	words   map[string]map[string]string // keyed by row, then column
}

const loadsFirst = "loads first"

// word returns the table's word for a call in a state.
func (tab table) word(s state, call string) string {
	row := tab.words[call]
	word := row[s.column]
	if word == loadsFirst {
		word = row[string(s.is.loaded(s.external).phase)]
	}
	committed := slices.Contains(s.is.history, current)
	switch {
	// The documentation's section on unknown outcomes: the session turns out to
	// be committed, so Commit returns its ID and Cancel AlreadyCommitted.
	case s.settles && committed && call == "Commit(right key)":
		return "the ID"
	case s.settles && committed && call == "Cancel":
		return "AlreadyCommitted"
	case s.is.half && call == "Cancel":
		return "Undecided"
	// Operations that externals do not support.
	case s.external && word == "the ID" && call == "Stage":
		return "External"
	case s.external && word == "runs" && call == "Try, Savepoint":
		return "NoSavepoint"
	case s.external && (word == "rolls back" || word == "imports"):
		return "External"
	}
	return word
}

// stateTable reads the table from doc.go.
func stateTable(t *testing.T) table {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	tab := table{words: make(map[string]map[string]string)}
	var offsets []int
	wide := regexp.MustCompile(`\S+( \S+)*`)
	_, text, _ := strings.Cut(string(source), "# State machine\n")
	for line := range strings.Lines(text) {
		cells, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
		switch {
		case !indented && len(tab.rows) > 0:
			return tab
		case !indented:
		case offsets == nil: // the names of the columns
			for _, at := range wide.FindAllStringIndex(cells, -1) {
				offsets = append(offsets, at[0])
				tab.columns = append(tab.columns, strings.TrimSuffix(cells[at[0]:at[1]], ","))
			}
		case strings.TrimSpace(cells[:offsets[0]]) == "": // a second name
			name := strings.TrimSpace(cells)
			first := tab.columns[slices.Index(offsets, strings.Index(cells, name))]
			tab.columns = append(tab.columns, name)
			defer func() {
				for _, words := range tab.words {
					words[name] = words[first]
				}
			}()
		default:
			row := strings.TrimSpace(cells[:offsets[0]])
			tab.rows = append(tab.rows, row)
			tab.words[row] = make(map[string]string)
			for i, from := range offsets {
				to := len(cells)
				if i+1 < len(offsets) {
					to = min(to, offsets[i+1])
				}
				tab.words[row][tab.columns[i]] = strings.TrimSpace(cells[min(from, to):to])
			}
		}
	}
	t.Fatal("doc.go has no table of the state machine")
	return tab
}

// attempt is the result of a call.
type attempt struct {
	call string
	key  string // the key that was passed
	err  error
	id   []byte
	s    committer.Session
	did  bool          // Do returned ran = true, or Try called its function
	took time.Duration // duration of a Do, in the bubble's time
}

// keys are the keys that the rows of the table refer to.
type keys struct{ pending, last, older, right, lastPublished string }

func (s state) keys() keys {
	k := keys{pending: nobody, right: nobody, older: s.is.history[0], last: s.is.history[len(s.is.history)-1]}
	if s.is.key != "" {
		k.right = s.is.key
		if s.is.phase != atVerify {
			k.pending = s.is.key
		}
	} else if s.settles {
		k.right = current
	}
	k.lastPublished = k.last
	if s.settles {
		k.lastPublished = last
	}
	return k
}

// calls has the calls of each row of the table.
var calls = map[string][]func(*world, keys) attempt{
	"Load":               {func(w *world, _ keys) attempt { return attempt{err: w.m.Load(w.t.Context())} }},
	"Begin(new key)":     {func(w *world, _ keys) attempt { return w.tryBegin(unused) }},
	"Begin(pending key)": {func(w *world, k keys) attempt { return w.tryBegin(k.pending) }},
	"Begin(last key)":    {func(w *world, k keys) attempt { return w.tryBegin(k.last) }},
	"Begin(older key)":   {func(w *world, k keys) attempt { return w.tryBegin(k.older) }},
	"Begin(empty)":       {func(w *world, _ keys) attempt { return w.tryBegin("") }},
	"Stage": {func(w *world, k keys) attempt {
		id, err := w.m.Stage(w.t.Context(), []byte(k.right))
		return attempt{call: "Stage", key: k.right, id: id, err: err}
	}},
	"Commit(right key)": {func(w *world, k keys) attempt { return w.tryCommit(k.right) }},
	"Commit(wrong key)": {func(w *world, _ keys) attempt { return w.tryCommit(unused) }},
	"Cancel": {func(w *world, _ keys) attempt {
		return attempt{call: "Cancel", key: current, err: w.m.Cancel(w.t.Context())}
	}},
	"Do(new key)":      {func(w *world, _ keys) attempt { return w.tryDo(unused) }},
	"Do(retained key)": {func(w *world, k keys) attempt { return w.tryDo(k.last) }},
	"Do(pending key)":  {func(w *world, k keys) attempt { return w.tryDo(k.pending) }},
	"Try, Savepoint": {
		func(w *world, _ keys) attempt {
			a := attempt{call: "Try"}
			a.err = w.m.Try(w.t.Context(), func(context.Context) error { a.did = true; return nil })
			return a
		},
		func(w *world, _ keys) attempt {
			sp, err := w.m.Savepoint(w.t.Context())
			if err == nil {
				err = sp.Release(w.t.Context())
			}
			return attempt{call: "Savepoint", did: err == nil, err: err}
		},
	},
	"Register": {func(w *world, _ keys) attempt { return attempt{err: w.m.Register("third", newAccountStore())} }},
	"Last, Lookup": {
		func(w *world, k keys) attempt {
			s, ok, err := w.m.Last()
			return attempt{call: "Last", key: k.lastPublished, s: s, err: w.found(ok, err)}
		},
		func(w *world, k keys) attempt {
			s, ok, err := w.m.Lookup([]byte(k.older))
			return attempt{call: "Lookup", key: k.older, s: s, err: w.found(ok, err)}
		},
	},
	"Forget(unknown)": {func(w *world, _ keys) attempt { return attempt{err: w.m.Forget(w.t.Context(), nobody)} }},
	"Rollback":        {func(w *world, _ keys) attempt { return attempt{err: w.m.Rollback(w.t.Context(), 1)} }},
	"Import": {func(w *world, _ keys) attempt {
		stream := exportOf(w.t, older, unused)
		return attempt{err: w.m.Import(w.t.Context(), bytes.NewReader(stream))}
	}},
	"Export": {func(w *world, _ keys) attempt { return attempt{err: w.m.Export(w.t.Context(), io.Discard)} }},
	"Verify": {func(w *world, _ keys) attempt { return attempt{err: w.m.Verify(w.t.Context())} }},
	"Resolve": {func(w *world, k keys) attempt {
		s, err := w.m.Resolve(w.t.Context(), []byte(k.pending))
		return attempt{call: "Resolve", s: s, err: err}
	}},
	"Close": {func(w *world, _ keys) attempt { return attempt{err: w.m.Close()} }},
}

var errNothingFound = errors.New("nothing found")

func (w *world) found(ok bool, err error) error {
	if err == nil && !ok {
		return errNothingFound
	}
	return err
}

func (w *world) tryBegin(key string) attempt {
	return attempt{call: "Begin", key: key, err: w.m.Begin(w.t.Context(), []byte(key))}
}

func (w *world) tryCommit(key string) attempt {
	id, err := w.m.Commit(w.t.Context(), []byte(key))
	return attempt{call: "Commit", key: key, id: id, err: err}
}

// patience is the timeout of a Do that waits for its turn, in the bubble's time.
const patience = time.Hour

func (w *world) tryDo(key string) attempt {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	start := time.Now()
	wrote := false
	s, ran, err := w.m.Do(ctx, []byte(key), func(context.Context) error {
		wrote = true
		return w.write(key)
	})
	if ran != wrote {
		err = errors.Join(err, fmt.Errorf("Do returned ran = %v, but its function ran: %v", ran, wrote))
	}
	return attempt{call: "Do", key: key, s: s, did: ran, err: err, id: bytes.Clone(s.ID[:]), took: time.Since(start)}
}
