package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
	"time"
)

//go:embed performance.md.tmpl
var pageTemplate string

// page is the data of performance.md.tmpl.
type page struct {
	Date    string
	Machine string
	Command string
	Hash    time.Duration // of one SHA-256 of 65 bytes
	Groups  []group
	Growth  growth
	Axes    []measurement // everything outside of the table
	Targets []measurement // ratios of rates in the table
}

// growth shows how rates depend on the number of accounts.
type growth struct {
	Accounts []string
	Lines    []growthLine
}

type growthLine struct {
	Contender string
	Rates     []string // for each number of accounts
}

// group is the table of one workload.
type group struct {
	Workload string
	Cells    []line
}

// line is a contender in the table of a workload, formatted.
type line struct {
	Contender           string
	Median, Least, Most string
	ToFloor, TimesPeer  string
}

// writeDocs writes performance.md and performance.svg into a directory. command is
// the command line that the page shows.
func writeDocs(dir, command string, cells []cell, others []measurement) error {
	p := page{
		Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Command: command,
		Hash: hashCost(), Axes: others, Targets: targets(cells),
	}
	p.Growth = growthOf(cells)
	for _, cells := range byWorkload(cells) {
		g := group{Workload: cells[0].workload.String()}
		for _, c := range cells {
			g.Cells = append(g.Cells, line{
				Contender: c.contender,
				Median:    thousands(c.median()), Least: thousands(c.slowest()), Most: thousands(c.fastest()),
				ToFloor: fmt.Sprintf("%.2f", c.toFloor()), TimesPeer: timesRootmulti(cells, c),
			})
		}
		p.Groups = append(p.Groups, g)
	}
	if err := os.WriteFile(filepath.Join(dir, "performance.svg"), chart(charted(cells)), 0o644); err != nil {
		return err
	}
	t, err := template.New("performance.md").Parse(pageTemplate)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "performance.md"))
	if err != nil {
		return err
	}
	return errors.Join(t.Execute(f, p), f.Close())
}

// charted returns the cells for the chart: those of the first targets, or of the
// first workload if those were not measured.
func charted(cells []cell) []cell {
	groups := byWorkload(cells)
	for _, g := range groups {
		if g[0].workload == (workload{100_000, 1_000, false}) {
			return g
		}
	}
	return groups[0]
}

// growthOf collects the rates of the uniform workloads with 1,000 transfers.
func growthOf(cells []cell) growth {
	var g growth
	at := make(map[string]int)
	for _, group := range byWorkload(cells) {
		if w := group[0].workload; w.transfers != 1_000 || w.zipf {
			continue
		}
		g.Accounts = append(g.Accounts, thousands(float64(group[0].workload.accounts)))
		for _, c := range group {
			i, ok := at[c.contender]
			if !ok {
				i, at[c.contender] = len(g.Lines), len(g.Lines)
				g.Lines = append(g.Lines, growthLine{Contender: c.contender})
			}
			g.Lines[i].Rates = append(g.Lines[i].Rates, thousands(c.median()))
		}
	}
	return g
}

// What returns the name, for the template.
func (m measurement) What() string { return m.name }

// Got returns the value with its unit, for the template.
func (m measurement) Got() string { return fmt.Sprintf("%.3g %s", m.value, m.unit) }

// Verdict returns the verdict, for the template.
func (m measurement) Verdict() string { return m.verdict() }

// machine returns the processor, its cores, the platform and the Go version.
func machine() string {
	cpu := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", cpu, runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// thousands rounds a rate to an integer and separates thousands by commas.
func thousands(rate float64) string {
	digits := fmt.Sprintf("%.0f", rate)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
