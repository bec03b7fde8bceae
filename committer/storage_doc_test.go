package committer_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/reference/storage.md names exists.
func TestStorageDocumentationNamesTests(t *testing.T) {
	page, err := os.ReadFile("../docs/reference/storage.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, pattern := range []string{"*_test.go", "../kv/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(source)
		}
	}
	named := regexp.MustCompile(`Test[A-Z]\w*(/\w+)?`).FindAllString(string(page), -1)
	if len(named) < 30 {
		t.Errorf("the page names %d tests", len(named))
	}
	for _, name := range named {
		test, sub, _ := strings.Cut(name, "/")
		if !strings.Contains(sources.String(), "func "+test+"(t *testing.T)") {
			t.Errorf("the page names %s, which does not exist", test)
		}
		if sub != "" && !strings.Contains(sources.String(), `"`+strings.ReplaceAll(sub, "_", " ")+`"`) {
			t.Errorf("the page names %s, which does not exist", name)
		}
	}
}
