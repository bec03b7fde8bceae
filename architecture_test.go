package gencommittable_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gencommittable/gencommittable/"

// mayImport lists, for every library package, the packages outside the standard
// library that it may import. A name that ends in "/..." stands for a whole
// module.
var mayImport = map[string][]string{
	"internal/parallel": {},
	"internal/journal":  {},
	"internal/wire":     {},
	"internal/smt":      {"internal/parallel"},
	"merkle":            {"internal/parallel", "internal/smt"},

	"kv":        {},
	"kv/boltkv": {"kv", "go.etcd.io/bbolt/...", "golang.org/x/sys/..."},
	"kv/kvtest": {"kv", "pgregory.net/rapid/..."},
	"memkv":     {"kv", "github.com/hashicorp/..."},

	"committable":         {"committable/schema", "internal/journal", "internal/parallel", "internal/smt", "github.com/tidwall/btree/..."},
	"committable/codec":   {"internal/wire"},
	"committable/gencode": {"committable/codec", "internal/wire"},
	"committable/schema":  {"committable/codec", "committable/gencode"},

	"internal/format":         {"merkle"},
	"internal/storage":        {"internal/format", "kv", "merkle"},
	"committer":               {"committable", "internal/format", "internal/parallel", "internal/storage", "kv", "merkle"},
	"committer/committertest": {"committable", "committer", "kv", "kv/kvtest"}, // it brings no KV along

	"inspect":                  {"committable/schema", "committer", "inspect/internal/dynamic", "internal/format", "internal/journal", "internal/storage", "kv", "merkle"}, // nor does this
	"inspect/internal/dynamic": {"committable", "committable/schema"},
	"inspect/cli":              {"committable/schema", "committer", "inspect", "kv", "merkle", "github.com/mitchellh/colorstring/...", "github.com/rivo/uniseg/...", "github.com/schollz/progressbar/...", "golang.org/x/sys/...", "golang.org/x/term/..."},
}

// mustNotRead lists packages of the standard library that would let a clock,
// randomness or the environment into the bytes of the core.
var mustNotRead = []string{"os", "math/rand", "math/rand/v2", "crypto/rand"}

// A package imports nothing of this module but what mayImport lists. Everything
// that it depends on is listed for itself or for a package that it imports.
func TestPackagesImportOnlyWhatStandsBelow(t *testing.T) {
	for pkg, allowed := range mayImport {
		for _, other := range list(t, "-f", `{{join .Imports "\n"}}`, "./"+pkg) {
			if strings.HasPrefix(other, module) && !slices.Contains(allowed, other[len(module):]) {
				t.Errorf("%s must not import %s", pkg, other)
			}
		}
		below := closure(pkg)
		for _, dep := range list(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./"+pkg) {
			if dep != module+pkg && !slices.ContainsFunc(below, func(a string) bool { return covers(a, dep) }) {
				t.Errorf("%s must not depend on %s", pkg, dep)
			}
		}
	}
}

// closure returns what pkg may depend on, directly or not.
func closure(pkg string) []string {
	all := slices.Clone(mayImport[pkg])
	for _, imported := range mayImport[pkg] {
		all = append(all, closure(imported)...)
	}
	return all
}

// ownPackages returns the packages of this module among the allowed ones.
func ownPackages(allowed []string) []string {
	return slices.DeleteFunc(slices.Clone(allowed), func(a string) bool { return strings.HasSuffix(a, "/...") })
}

// The table in CONTRIBUTING.md has a row for each package, with the imports that
// mayImport lists.
func TestLayoutInContributing(t *testing.T) {
	page := read(t, "CONTRIBUTING.md")
	rows := make(map[string][]string)
	for _, row := range layoutRow.FindAllStringSubmatch(page, -1) {
		rows[row[1]] = strings.FieldsFunc(row[2], func(r rune) bool { return strings.ContainsRune("` ,", r) })
	}
	for pkg, allowed := range mayImport {
		want := ownPackages(allowed)
		if len(want) == 0 {
			want = []string{"none"}
		}
		if got, ok := rows[pkg]; !ok || !slices.Equal(got, want) {
			t.Errorf("CONTRIBUTING.md says that %s imports %q, want %q", pkg, got, want)
		}
	}
	for _, path := range list(t, "./...") {
		pkg, _ := strings.CutPrefix(path, module)
		for pkg != "." && rows[pkg] == nil {
			pkg = filepath.ToSlash(filepath.Dir(pkg)) // a row also covers the packages below
		}
		if pkg == "." && path != strings.TrimSuffix(module, "/") {
			t.Errorf("CONTRIBUTING.md has no row for %s", path)
		}
	}
}

// layoutRow is a row of the table: package, description, imports.
var layoutRow = regexp.MustCompile("(?m)^\\| `([\\w/]+)` \\| .* \\| ([^|]*) \\|$")

func covers(allowed, dep string) bool {
	if prefix, ok := strings.CutSuffix(allowed, "/..."); ok {
		return dep == prefix || strings.HasPrefix(dep, prefix+"/")
	}
	return dep == module+allowed
}

func TestCoreReadsNoClockRandomnessOrEnvironment(t *testing.T) {
	for _, pkg := range []string{"internal/smt", "internal/journal", "merkle", "internal/format", "internal/storage", "kv", "internal/wire", "committable/codec", "committable/gencode", "committable/schema", "committable", "committer"} {
		for _, dep := range list(t, "-f", `{{join .Imports "\n"}}`, "./"+pkg) {
			if slices.Contains(mustNotRead, dep) {
				t.Errorf("%s imports %s", pkg, dep)
			}
		}
	}
}

func TestNoLibraryPackageImportsTheGenerator(t *testing.T) {
	for _, line := range list(t, "-f", `{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`, "./...") {
		importer, imported, _ := strings.Cut(line, " ")
		if strings.HasPrefix(imported, module+"cmd/") && !strings.HasPrefix(importer, module+"cmd/") {
			t.Errorf("%s imports %s", importer, imported)
		}
	}
}

// list runs go list and returns its lines.
func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}
