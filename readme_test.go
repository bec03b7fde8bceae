package gencommittable_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A block of Go in the README stands in the file that the comment before it
// names, where it is compiled and run.
var readmeBlock = regexp.MustCompile("(?s)<!-- (\\S+) -->\n```go\n(.*?)```")

func TestReadmeCodeIsTested(t *testing.T) {
	readme := read(t, "README.md")
	blocks := readmeBlock.FindAllStringSubmatch(readme, -1)
	if got, want := len(blocks), strings.Count(readme, "```go"); got != want || got == 0 {
		t.Fatalf("%d of %d blocks name the file that they stand in", got, want)
	}
	for _, block := range blocks {
		file, code := block[1], block[2]
		source := read(t, file)
		dedented := strings.ReplaceAll(source, "\n\t", "\n")
		if !strings.Contains(source, code) && !strings.Contains(dedented, code) {
			t.Errorf("%s does not have this code of the README:\n%s", file, code)
		}
	}
}

// A link of the README to a place in the repository leads somewhere.
var readmeLink = regexp.MustCompile(`\]\(([^):]+)\)`)

func TestReadmeLinksLeadSomewhere(t *testing.T) {
	for _, link := range readmeLink.FindAllStringSubmatch(read(t, "README.md"), -1) {
		if _, err := os.Stat(filepath.FromSlash(link[1])); err != nil {
			t.Error(err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
