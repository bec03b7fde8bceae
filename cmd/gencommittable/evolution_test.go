package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

const evolutionDoc = "../../docs/reference/schema-evolution.md"

// evolution is a change of a struct, a file in testdata/evolution:
//
//	before.go  the struct and, if the change is not refused, func Rows with what is stored
//	after.go   the struct as it is changed
//	refused    what the generator says, but for the way out; without it, nothing
//	load       the error of Load; without it, and if nothing is refused, none
//	rows       what Load makes of the rows
//
// A refused change is made nevertheless, without the old generated file: Load
// must refuse it, too.
type evolution struct {
	Name    string
	archive *txtar.Archive

	Before string // the first one with the same before.go, whose package does for all
	said   string // by the generator
}

// verdicts are what the page may say of a change.
const (
	allowed  = "yes"
	refused  = "no"
	rowsTell = "at Load" // Load refuses it, for what the generator does not know
)

// TestEvolution makes every change that the page lists, with rows that were
// written before.
func TestEvolution(t *testing.T) {
	cases := evolutions(t)
	m := newEvolutionModule(t, cases)
	if err := m.generate("before"); err != nil {
		t.Fatal(err)
	}
	m.keepGenerated()
	if err := m.generate("after"); err != nil {
		m.takeErrors(err)
	}
	if err := m.generate("after"); err != nil {
		t.Fatalf("without the old generated files: %v", err)
	}
	loaded := m.load()
	page := documentedEvolutions(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got := loaded[c.Name]
			c.compare(t, "refused", c.said)
			if c.said == "" {
				c.compare(t, "load", got.Error)
			} else if !got.Schema {
				t.Errorf("Load returned %q", got.Error)
			}
			c.compare(t, "rows", got.Rows)
			verdict := allowed
			switch {
			case c.said != "":
				verdict = refused
			case got.Error != "":
				verdict = rowsTell
			}
			if page[c.Name] != verdict {
				t.Errorf("the page says %q, and it is %q", page[c.Name], verdict)
			}
			c.save(t)
		})
		delete(page, c.Name)
	}
	for name := range page {
		t.Errorf("the page has %q, and testdata/evolution does not", name)
	}
}

func evolutions(t *testing.T) (list []*evolution) {
	t.Helper()
	files, err := filepath.Glob("testdata/evolution/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := &evolution{Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), archive: archive}
		same := slices.IndexFunc(list, func(other *evolution) bool { return bytes.Equal(other.file("before.go"), c.file("before.go")) })
		if c.Before = c.Name; same >= 0 {
			c.Before = list[same].Name
		}
		list = append(list, c)
	}
	return list
}

// documentedEvolutions returns what the page says of each change, by the name
// of its anchor.
func documentedEvolutions(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(evolutionDoc)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^\| <a id="([a-z0-9-]+)"></a>[^|]+\| ([^|]+) \|`).FindAllStringSubmatch(string(page), -1) {
		if _, twice := verdicts[m[1]]; twice {
			t.Errorf("the page has %q twice", m[1])
		}
		verdicts[m[1]] = m[2]
	}
	if all := strings.Count(string(page), "<a id="); all != len(verdicts) {
		t.Errorf("of %d anchors on the page only %d are those of rows with a verdict", all, len(verdicts))
	}
	return verdicts
}

func (c *evolution) file(name string) []byte {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// compare holds a result against a file of the archive or, with -update, puts it
// there.
func (c *evolution) compare(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		files := c.archive.Files[:0]
		for _, f := range c.archive.Files {
			if f.Name != name {
				files = append(files, f)
			}
		}
		if c.archive.Files = files; got != "" {
			c.archive.Files = append(files, txtar.File{Name: name, Data: []byte(got)})
		}
		return
	}
	if diff := cmp.Diff(string(c.file(name)), got); diff != "" {
		t.Errorf("%s: -want +got\n%s", name, diff)
	}
}

func (c *evolution) save(t *testing.T) {
	if !*update {
		return
	}
	if err := os.WriteFile("testdata/evolution/"+c.Name+".txtar", txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
