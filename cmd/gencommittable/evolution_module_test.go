package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/output"
)

// evolutionModule is a module with the packages before/NAME and after/NAME for
// every change, and a program that loads with the one what was written with the
// other.
type evolutionModule struct {
	*testing.T
	dir   string
	cases []*evolution
}

func newEvolutionModule(t *testing.T, cases []*evolution) *evolutionModule {
	t.Helper()
	for name, value := range map[string]string{"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOSUMDB": "off", "GOWORK": "off"} {
		t.Setenv(name, value)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	m := &evolutionModule{t, t.TempDir(), cases}
	mod, sum := moduleFiles(t, root)
	m.write("go.mod", mod)
	m.write("go.sum", sum)
	for _, c := range cases {
		if c.Before == c.Name {
			m.write("before/"+c.Name+"/row.go", c.file("before.go"))
		}
		m.write("after/"+c.Name+"/row.go", c.file("after.go"))
	}
	return m
}

func (m *evolutionModule) write(name string, content []byte) {
	m.Helper()
	path := filepath.Join(m.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
		m.Fatal(err)
	}
}

func (m *evolutionModule) read(name string) []byte {
	m.Helper()
	content, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		m.Fatal(err)
	}
	return content
}

// generated is the name of all generated files.
const generated = "row_committable.go"

// generate runs the generator on all packages before the changes, or after.
func (m *evolutionModule) generate(when string) error {
	g := generator{dir: m.dir}
	changes, err := g.generate([]string{"./" + when + "/..."})
	if err == nil {
		err = output.Write(changes)
	}
	return err
}

// keepGenerated puts the files that were generated before the changes where the
// changed structs are.
func (m *evolutionModule) keepGenerated() {
	m.Helper()
	for _, c := range m.cases {
		m.write("after/"+c.Name+"/"+generated, m.read("before/"+c.Before+"/"+generated))
	}
}

// takeErrors tells every change what the generator said of it, but for the way
// out, and then takes that: it removes the generated file.
func (m *evolutionModule) takeErrors(err error) {
	m.Helper()
	byName := make(map[string]*evolution)
	for _, c := range m.cases {
		byName[c.Name] = c
	}
	for line := range strings.Lines(err.Error() + "\n") {
		parts := strings.SplitN(filepath.ToSlash(line), "/", 3)
		if len(parts) < 3 || byName[parts[1]] == nil {
			m.Fatalf("an error about no change: %s", err)
		}
		if c := byName[parts[1]]; strings.Contains(line, " has changed since ") {
			if err := os.Remove(filepath.Join(m.dir, "after", c.Name, generated)); err != nil {
				m.Fatal(err)
			}
		} else {
			c.said += parts[2]
		}
	}
}

// loadResult is what the program says of a change.
type loadResult struct {
	Rows, Error string
	Schema      bool // the error wraps committer.ErrSchema
}

// load writes and runs the program.
func (m *evolutionModule) load() map[string]loadResult {
	m.Helper()
	program, err := template.ParseFiles("testdata/evolution/main.go.tmpl")
	if err != nil {
		m.Fatal(err)
	}
	var cases []programCase
	for _, c := range m.cases {
		cases = append(cases, programCase{c, m})
	}
	var source bytes.Buffer
	if err := program.Execute(&source, cases); err != nil {
		m.Fatal(err)
	}
	m.write("main.go", source.Bytes())
	cmd := exec.Command("go", "run", "-trimpath", ".")
	cmd.Dir, cmd.Stderr = m.dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		m.Fatalf("%v\n%s", err, out)
	}
	results := make(map[string]loadResult)
	if err := json.Unmarshal(out, &results); err != nil {
		m.Fatal(err)
	}
	return results
}

// programCase is a change as the program has it.
type programCase struct {
	*evolution
	m *evolutionModule
}

// Package returns the name of a package, which begins the names of functions,
// too.
func (c programCase) Package(when string) string { return when + strings.ReplaceAll(c.Name, "-", "") }

// BeforePackage returns the name of the package with the rows.
func (c programCase) BeforePackage() string { return "before" + strings.ReplaceAll(c.Before, "-", "") }

// Refused reports whether the generator refused the change. Then the schemas are
// enough for the program.
func (c programCase) Refused() bool { return c.said != "" }

// Schema returns the schema before the change, or after it.
func (c programCase) Schema(when string) string {
	name := c.Name
	if when == "before" {
		name = c.Before
	}
	source := c.m.read(when + "/" + name + "/" + generated)
	return string(regexp.MustCompile("(?s)`(committable schema .*?)`").FindSubmatch(source)[1])
}
