package gencommittable_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// codeBlock is a block of Go, whose comment names the file that it stands in.
var codeBlock = regexp.MustCompile("(?s)<!-- (\\S+) -->\n```go\n(.*?)```")

// A block of Go in the README and the guide stands in the file that the comment
// before it names, where it is compiled and run.
func TestCodeInDocsIsTested(t *testing.T) {
	for _, page := range append(pages(t, "docs/guide"), "README.md") {
		text := read(t, page)
		blocks := codeBlock.FindAllStringSubmatch(text, -1)
		if got, want := len(blocks), strings.Count(text, "```go"); got != want {
			t.Errorf("%s: %d of %d blocks name the file that they stand in", page, got, want)
		}
		for _, block := range blocks {
			file, code := block[1], block[2]
			source := read(t, file)
			dedented := strings.ReplaceAll(source, "\n\t", "\n")
			if !strings.Contains(source, code) && !strings.Contains(dedented, code) {
				t.Errorf("%s does not have this code of %s:\n%s", file, page, code)
			}
		}
	}
}

// docLink is a link to a place in the repository.
var docLink = regexp.MustCompile(`\]\(([^):]+)\)`)

func TestLinksInDocsLeadSomewhere(t *testing.T) {
	for _, page := range append(pages(t, "docs"), "README.md", "CONTRIBUTING.md") {
		for _, link := range docLink.FindAllStringSubmatch(read(t, page), -1) {
			file, section, _ := strings.Cut(link[1], "#")
			if file = filepath.Join(filepath.Dir(page), file); strings.HasPrefix(link[1], "#") {
				file = page
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if section != "" && !slices.Contains(sections(read(t, file)), section) {
				t.Errorf("%s: %s has no section %q", page, file, section)
			}
		}
	}
}

// sections returns the names that links have for headings and places of a page.
func sections(page string) []string {
	var names []string
	for _, place := range namedPlace.FindAllStringSubmatch(page, -1) {
		names = append(names, place[1])
	}
	for line := range strings.Lines(page) {
		if heading := strings.TrimLeft(line, "#"); heading != line {
			name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(heading)), " ", "-")
			names = append(names, notInSections.ReplaceAllString(name, ""))
		}
	}
	return names
}

var (
	namedPlace    = regexp.MustCompile(`<a id="([^"]+)">`)
	notInSections = regexp.MustCompile(`[^-_\p{L}\p{N}]`)
)

// pages returns the pages of a folder and those below it.
func pages(t *testing.T, folder string) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"*.md", "*/*.md"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found...)
	}
	return list
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
