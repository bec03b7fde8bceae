package gencommittable_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gencommittable/gencommittable/"

// mayImport lists, for every library package, the packages outside the standard
// library that it may depend on, directly or not. A name that ends in "/..."
// stands for a whole module.
var mayImport = map[string][]string{
	"internal/parallel":   {},
	"internal/journal":    {},
	"internal/smt":        {"internal/parallel"},
	"merkle":              {"internal/parallel", "internal/smt"},
	"internal/format":     {"internal/parallel", "internal/smt", "merkle"},
	"internal/storage":    {"internal/format", "internal/parallel", "internal/smt", "merkle", "kv"},
	"kv":                  {},
	"memkv":               {"kv", "github.com/hashicorp/..."},
	"kv/boltkv":           {"kv", "go.etcd.io/bbolt/...", "golang.org/x/sys/..."},
	"internal/wire":       {},
	"committable/codec":   {"internal/wire"},
	"committable/gencode": {"internal/wire", "committable/codec"},
	"committable/schema":  {"internal/wire", "committable/codec", "committable/gencode"},
	"committable":         {"internal/parallel", "internal/journal", "internal/smt", "internal/wire", "committable/codec", "committable/gencode", "committable/schema", "github.com/tidwall/btree/..."},
	"committer":           {"internal/format", "internal/storage", "internal/parallel", "internal/journal", "internal/smt", "merkle", "kv", "committable", "internal/wire", "committable/codec", "committable/gencode", "committable/schema", "github.com/tidwall/btree/..."},

	// It tests, as kv/kvtest does, and brings no KV along.
	"committer/committertest": {"committer", "internal/format", "internal/storage", "kv/kvtest", "internal/parallel", "internal/journal", "internal/smt", "merkle", "kv", "committable", "internal/wire", "committable/codec", "committable/gencode", "committable/schema", "github.com/tidwall/btree/...", "pgregory.net/rapid/..."},
}

// mustNotRead lists packages of the standard library that would let a clock,
// randomness or the environment into the bytes of the core.
var mustNotRead = []string{"os", "math/rand", "math/rand/v2", "crypto/rand"}

func TestPackagesImportOnlyWhatStandsBelow(t *testing.T) {
	for pkg, allowed := range mayImport {
		for _, dep := range list(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./"+pkg) {
			if dep != module+pkg && !slices.ContainsFunc(allowed, func(a string) bool { return covers(a, dep) }) {
				t.Errorf("%s must not depend on %s", pkg, dep)
			}
		}
	}
}

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
