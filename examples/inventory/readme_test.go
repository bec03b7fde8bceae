package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadme compares the README with the output of the program, the sample and
// the code.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	outputs := golden(t, "sample.txt") + golden(t, "twice.txt")
	csv := string(sample)
	code := ""
	for _, name := range []string{"inventory.go", "example_test.go"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code += unindent(string(content))
	}
	count := 0
	for i, part := range strings.Split(string(readme), "```") {
		language, block, _ := strings.Cut(part, "\n")
		if source, ok := map[string]string{"text": outputs, "csv": csv, "go": code}[language]; i%2 == 1 && ok {
			count++
			if !strings.Contains(source, unindent(block)) {
				t.Errorf("this block of the README is out of date:\n%s", block)
			}
		}
	}
	if count != 6 {
		t.Errorf("%d blocks compared, want 6", count)
	}
}

func unindent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimLeft(line, "\t"))
	}
	return out.String()
}
