package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/load"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/output"
)

// The package of the benchmark: so many files, each with so many annotated
// structs among functions, 60,000 lines in all.
const (
	benchFiles     = 60
	structsPerFile = 10
	linesPerFile   = 1000
)

// BenchmarkLoad measures how long it takes to load and check a package of
// 60,000 lines with 600 annotated structs: with a warm build cache, after an
// edit, and with a cold cache; and a whole run that changes nothing.
func BenchmarkLoad(b *testing.B) {
	dir := benchPackage(b)
	g := generator{dir: dir}
	changes, err := g.generate([]string{"."})
	if err == nil {
		err = output.Write(changes)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			loadPackage(b, dir)
		}
	})
	b.Run("edited", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			writeFile(b, filepath.Join(dir, "edited.go"), fmt.Sprintf("package big\n\nfunc Edited() int { return %d }\n", n))
			loadPackage(b, dir)
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.Setenv("GOCACHE", b.TempDir())
			loadPackage(b, dir)
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			changes, err := g.generate([]string{"."})
			if err != nil || len(changes) > 0 {
				b.Fatal(len(changes), err)
			}
		}
	})
}

func loadPackage(b *testing.B, dir string) {
	program, err := load.Load(context.Background(), dir, []string{"."})
	if err == nil {
		err = program.Resolve()
	}
	if err != nil {
		b.Fatal(err)
	}
	stores := model.Build(program)
	if !program.Errs.Empty() || len(stores) != 1 || len(stores[0].Stores) != benchFiles*structsPerFile {
		b.Fatalf("%d packages: %s", len(stores), program.Errs.Text(dir))
	}
}

// benchPackage writes a package into a module of its own.
func benchPackage(b *testing.B) (dir string) {
	root, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	for _, env := range goEnvironment(b) {
		name, value, _ := strings.Cut(env, "=")
		b.Setenv(name, value)
	}
	dir = b.TempDir()
	mod, sum := moduleFiles(b, root)
	writeFile(b, filepath.Join(dir, "go.mod"), string(mod))
	writeFile(b, filepath.Join(dir, "go.sum"), string(sum))
	writeFile(b, filepath.Join(dir, "money", "money.go"), "package money\n\n// Cents is an amount.\ntype Cents int64\n")
	for i := range benchFiles {
		writeFile(b, filepath.Join(dir, fmt.Sprintf("file%02d.go", i)), benchFile(i))
	}
	return dir
}

func benchFile(i int) string {
	var s strings.Builder
	s.WriteString("package big\n\nimport (\n\t\"encoding/json\"\n\t\"net/http\"\n\t\"time\"\n\n\t\"example.com/app/money\"\n)\n")
	for j := range structsPerFile {
		row := fmt.Sprintf("Row%02d%02d", i, j)
		fmt.Fprintf(&s, `
// %[1]s is a row.
//
//committable:store key=ID
//committable:index name=ByOwner on=Owner,-At
type %[1]s struct {
	ID      string
	Owner   string
	Balance money.Cents
	At      time.Time
	Lines   []%[1]sLine
}

// %[1]sLine is in it.
type %[1]sLine struct {
	Text   string
	Amount money.Cents
}
`, row)
	}
	for n := 0; strings.Count(s.String(), "\n") < linesPerFile; n++ {
		fmt.Fprintf(&s, `
// Handle%02[1]d%02[2]d answers a request.
func Handle%02[1]d%02[2]d(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name  string
		Count int
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	total := 0
	for i := range body.Count {
		total += i * %[2]d
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"name": body.Name, "total": total})
}
`, i, n)
	}
	return s.String()
}

func writeFile(b *testing.B, path, content string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}
