package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	smoke := flag.Bool("smoke", false, "run everything once on small ledgers, within a minute; its figures mean little")
	quick := flag.Bool("quick", false, "measure only 100,000 accounts and 1,000 transfers in the table: five minutes in all")
	noTable := flag.Bool("no-table", false, "skip the table: measure only latency, memory, Load, views and savepoints")
	only := flag.String("only", "", "measure only the floor and the contenders whose names match this regular `expression`")
	docs := flag.String("docs", "", "also write performance.md and performance.svg into this `directory`")
	flag.Parse()
	p, s := fullPlan(), fullScale()
	switch {
	case *smoke:
		p, s = smokePlan(), smokeScale()
	case *quick:
		p = quickPlan()
	}
	start := time.Now()
	p.progress = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0fs  measuring %s\n", time.Since(start).Seconds(), fmt.Sprintf(format, args...))
	}
	var err error
	if p.contenders, err = matching(*only); err != nil {
		return err
	}
	var cells []cell
	if !*noTable {
		if cells, err = measureTable(ctx, p); err != nil {
			return err
		}
		if err := writeTable(os.Stdout, cells); err != nil {
			return err
		}
		fmt.Printf("One SHA-256 of 65 bytes takes %s.\n\n", hashCost())
	}
	others, err := measureOthers(ctx, s, p.progress)
	if err != nil {
		return err
	}
	if *smoke {
		dropTargets(others)
	}
	if err := writeMeasurements(os.Stdout, append(targets(cells), others...)); err != nil {
		return err
	}
	if *docs == "" || *noTable {
		return nil
	}
	return writeDocs(*docs, "go run . "+strings.Join(os.Args[1:], " "), cells, others)
}
