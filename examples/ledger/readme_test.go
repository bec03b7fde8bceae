package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadme compares the README with the output of the program, an imported file and
// the code. TestDemo compares it with the output of the demo.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("ledger.go")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{"text": wantHistory + wantVerify, "csv": sampleRows, "go": unindent(string(code))}
	count := 0
	for i, part := range strings.Split(string(readme), "```") {
		language, block, _ := strings.Cut(part, "\n")
		if source, ok := sources[language]; i%2 == 1 && ok && !strings.HasPrefix(block, "kills ") {
			count++
			if !strings.Contains(source, unindent(block)) {
				t.Errorf("this block of the README is out of date:\n%s", block)
			}
		}
	}
	if count != 5 {
		t.Errorf("%d blocks compared, want 5", count)
	}
}

// TestReadmeCommands runs the commands of the README and compares their output with
// what it shows.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newShell(t)
	outputs := make(map[string]string)
	for line := range strings.Lines(string(readme)) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "go run ./examples/ledger ")
		if ok && !strings.HasPrefix(command, "demo") { // TestDemo runs the demo
			outputs[command] = s.does(command)
		}
	}
	expect(t, outputs["history alice"], wantHistory)
	expect(t, outputs["verify"], wantVerify)
}

func unindent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimLeft(line, "\t"))
	}
	return out.String()
}
