package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the generator says into the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gencommittable": main})
}

// TestScripts runs testdata/script, one feature or one kind of error each. A
// script without a go.mod runs in a module that requires this one as it is on
// the disk. Nothing is downloaded.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, sum := moduleFiles(t, root)
	goEnv := goEnvironment(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, goEnv...)
			path := filepath.Join(env.WorkDir, "go.mod")
			if _, err := os.Stat(path); err == nil {
				return nil
			}
			if err := os.WriteFile(path, mod, 0o644); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "go.sum"), sum, 0o644)
		},
	})
}

// TestPageShowsScenario holds the examples of the page about directives to the
// scenario that runs them.
func TestPageShowsScenario(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/directives.md")
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := os.ReadFile("testdata/script/documented.txtar")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i, block := range strings.Split(string(page), "```") {
		kind, example, _ := strings.Cut(block, "\n")
		if i%2 == 0 || kind == "sh" || strings.HasPrefix(example, "//go:generate") {
			continue
		}
		if shown++; !strings.Contains(string(scenario), example) {
			t.Errorf("this is not in the scenario:\n%s", example)
		}
	}
	if shown != 2 {
		t.Errorf("the page has %d examples", shown)
	}
}

// moduleFiles returns a go.mod and a go.sum for a module that uses this one.
func moduleFiles(t testing.TB, root string) (mod, sum []byte) {
	t.Helper()
	own, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if sum, err = os.ReadFile(filepath.Join(root, "go.sum")); err != nil {
		t.Fatal(err)
	}
	const path = "github.com/gencommittable/gencommittable"
	var b strings.Builder
	for line := range strings.Lines(string(own)) {
		switch {
		case strings.HasPrefix(line, "module "):
			line = "module example.com/app\n"
		case strings.HasPrefix(line, "tool "):
			continue
		}
		b.WriteString(line)
	}
	b.WriteString("\nrequire " + path + " v0.0.0\n\nreplace " + path + " => " + root + "\n")
	return []byte(b.String()), sum
}

// goEnvironment makes the go command find its caches although scripts have a
// home of their own, and nothing else.
func goEnvironment(t testing.TB) []string {
	t.Helper()
	vars := []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off"}
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range strings.Fields(string(out)) {
		vars = append(vars, names[i]+"="+value)
	}
	return vars
}
