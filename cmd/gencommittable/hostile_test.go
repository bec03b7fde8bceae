package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestHostileSources runs the generator on sources of the scripts that were
// damaged at random. It must not panic; it reports errors, or writes Go.
func TestHostileSources(t *testing.T) {
	rounds := 1
	if os.Getenv("GENCOMMITTABLE_LONG") != "" {
		rounds = 5
	}
	for _, env := range goEnvironment(t) {
		name, value, _ := strings.Cut(env, "=")
		t.Setenv(name, value)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod, sum := moduleFiles(t, root)
	write(t, filepath.Join(dir, "go.mod"), mod)
	write(t, filepath.Join(dir, "go.sum"), sum)
	random := rand.New(rand.NewPCG(4, 2))
	sources := scriptSources(t)
	for round := range rounds {
		// Many packages in one run: the go command takes most of the time.
		clean(t, dir)
		for i, src := range sources {
			for n := range 1 + round {
				if i%2 == n%2 {
					continue
				}
				src = mutate(random, src, sources)
			}
			write(t, filepath.Join(dir, fmt.Sprintf("p%03d", i), "a.go"), src)
		}
		for i := range sources {
			hostileRun(t, dir, fmt.Sprintf("./p%03d", i))
		}
	}
}

func hostileRun(t *testing.T, dir, pattern string) {
	defer func() {
		if r := recover(); r != nil {
			src, _ := os.ReadFile(filepath.Join(dir, pattern, "a.go"))
			t.Errorf("panic: %v on\n%s", r, src)
		}
	}()
	g := generator{dir: dir}
	changes, err := g.generate([]string{pattern})
	if err != nil {
		if strings.Contains(err.Error(), "while formatting source") {
			src, _ := os.ReadFile(filepath.Join(dir, pattern, "a.go"))
			t.Errorf("the output is not Go: %.300s\nof\n%s", err, src)
		}
		return
	}
	for _, c := range changes {
		if _, err := parser.ParseFile(token.NewFileSet(), c.Path, c.Source, 0); err != nil {
			t.Errorf("the output is not Go: %v", err)
		}
	}
}

// scriptSources returns the annotated sources of all scripts.
func scriptSources(t *testing.T) (sources [][]byte) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal(len(scripts), err)
	}
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.Contains(string(f.Data), "//committable:store") && strings.HasPrefix(string(f.Data), "package ") {
				sources = append(sources, f.Data)
			}
		}
	}
	return sources
}

// mutate damages a source: a byte, a line, a word, or a piece of another one.
func mutate(random *rand.Rand, src []byte, others [][]byte) []byte {
	lines := strings.SplitAfter(string(src), "\n")
	at := random.IntN(len(lines))
	switch random.IntN(6) {
	case 0:
		lines = append(lines[:at:at], lines[at+1:]...)
	case 1:
		lines[at] += lines[at]
	case 2:
		other := strings.SplitAfter(string(others[random.IntN(len(others))]), "\n")
		lines[at] += other[random.IntN(len(other))]
	case 3:
		words := []string{"*", "[]", "[3]", "map[string]", "chan ", "func() ", "struct{}", "interface{ M() }", "T[int]", "any", "_", "\x00", "é", "`", "//"}
		if fields := strings.Fields(lines[at]); len(fields) > 0 {
			word := fields[random.IntN(len(fields))]
			lines[at] = strings.Replace(lines[at], word, words[random.IntN(len(words))]+word, 1)
		}
	case 4:
		if fields := strings.Fields(lines[at]); len(fields) > 1 {
			lines[at] = strings.Replace(lines[at], fields[0], fields[len(fields)-1], 1)
		}
	default:
		if len(lines[at]) > 0 {
			b := []byte(lines[at])
			b[random.IntN(len(b))] = byte(random.IntN(128))
			lines[at] = string(b)
		}
	}
	return []byte(strings.Join(lines, ""))
}

// clean removes the packages of the round before.
func clean(t *testing.T, dir string) {
	old, err := filepath.Glob(filepath.Join(dir, "p*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
