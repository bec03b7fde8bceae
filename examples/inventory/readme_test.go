package main

import (
	"os"
	"strings"
	"testing"
)

// What the README shows is what the program prints, and code that is compiled.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	outputs := sampleTable + sampleTableTwice
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
				t.Errorf("the README shows what is not there:\n%s", block)
			}
		}
	}
	if count != 5 {
		t.Errorf("%d blocks compared, want 5", count)
	}
}

func unindent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimLeft(line, "\t"))
	}
	return out.String()
}
