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

// outputBlock is a block of output. The comment before it names a file with the
// same lines, which a test compares with what the program prints.
var outputBlock = regexp.MustCompile("(?s)<!-- (\\S+) -->\n```text\n(.*?)```")

func TestOutputInDocsIsTested(t *testing.T) {
	for _, page := range documents(t) {
		for _, block := range outputBlock.FindAllStringSubmatch(read(t, page), -1) {
			source := strings.ReplaceAll(read(t, block[1]), "\n\t// ", "\n")
			if !strings.Contains(source, block[2]) {
				t.Errorf("%s does not have this output of %s:\n%s", block[1], page, block[2])
			}
		}
	}
}

// docLink is a link to a place in the repository.
var docLink = regexp.MustCompile(`\]\(([^):]+)\)`)

func TestLinksInDocsLeadSomewhere(t *testing.T) {
	for _, page := range documents(t) {
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

// CONTRIBUTING's commands use the packages and versions that CI uses, and its
// table of CI's steps is the one that .ci/run prints.
func TestCommandsOfCI(t *testing.T) {
	script, page := read(t, ".ci/run"), read(t, "CONTRIBUTING.md")
	for _, setting := range []struct {
		pattern, command string
	}{
		{`(?m)^gofumpt=(\S+)$`, "go run %s -w ."},
		{`(?m)^staticcheck=(\S+)$`, "go run %s ./..."},
		{`(?m)^race=\((.*)\)$`, "go test -race -short %s`"},
	} {
		value := regexp.MustCompile(setting.pattern).FindStringSubmatch(script)
		if value == nil {
			t.Errorf(".ci/run has no line %s", setting.pattern)
		} else if command := strings.Replace(setting.command, "%s", value[1], 1); !strings.Contains(page, command) {
			t.Errorf("CONTRIBUTING.md does not have the command of .ci/run: %s", command)
		}
	}
	listed := regexp.MustCompile(`(?m)^\t\t(\w+) {2,}(.*)$`).FindAllStringSubmatch(script, -1)
	if functions := strings.Count(script, "\nstep_"); len(listed) == 0 || len(listed) != functions {
		t.Errorf(".ci/run lists %d steps and has %d", len(listed), functions)
	}
	for _, step := range listed {
		if row := "| `" + step[1] + "` | " + step[2] + " |"; !strings.Contains(page, row) {
			t.Errorf("CONTRIBUTING.md does not have the step of .ci/run: %s", row)
		}
	}
}

// A command in a document names packages that exist.
func TestCommandsInDocsNamePackages(t *testing.T) {
	found := 0
	for _, page := range documents(t) {
		for _, command := range goCommand.FindAllStringSubmatch(read(t, page), -1) {
			line, module := command[0], command[1]
			for _, argument := range packageArgument.FindAllStringSubmatch(line, -1) {
				found++
				directory, all := strings.CutSuffix(filepath.Join(module, argument[1]), "...")
				if all {
					directory = filepath.Join(directory, "*") // or below
				}
				if files, err := filepath.Glob(filepath.Join(directory, "*.go")); err != nil || len(files) == 0 {
					t.Errorf("%s: %s: there is no package in %s", page, line, directory)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("found only %d packages in commands: the pattern does not fit the documents", found)
	}
}

var (
	// goCommand is a go command with packages as arguments, at the start of a
	// line or in backticks, perhaps after a change of directory.
	goCommand = regexp.MustCompile("(?m)(?:^|`|&& )(?:cd (\\S+) && )?go (?:run|test|vet|build|generate) [^`\n]*")
	// packageArgument is a package or pattern relative to the current directory.
	packageArgument = regexp.MustCompile(`\s(\./[\w./-]+)`)
)

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

// documents returns all pages of the repository that are not inside a package.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(list, pages(t, "docs")...)
}

// pages returns the pages of a directory and those below it.
func pages(t *testing.T, directory string) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"*.md", "*/*.md"} {
		found, err := filepath.Glob(filepath.Join(directory, pattern))
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
