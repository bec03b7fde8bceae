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
	small := flag.Bool("smoke", false, "run everything once, on small ledgers")
	onlyAxes := flag.Bool("axes", false, "measure only what is not in the table: latency, memory, Load, views, savepoints")
	part := flag.Bool("quick", false, "measure 100,000 accounts and 1,000 transfers only: five minutes")
	docs := flag.String("docs", "", "write performance.md and performance.svg into this `folder`, too")
	only := flag.String("only", "", "measure contenders whose names match this `expression` only, beside the floor")
	flag.Parse()
	p, s := full(), fullScale()
	if *small {
		p, s = smoke(), smokeScale()
	} else if *part {
		p = quick()
	}
	start := time.Now()
	p.progress = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(start).Seconds(), fmt.Sprintf(format, args...))
	}
	var err error
	if p.contenders, err = matching(*only); err != nil {
		return err
	}
	var cells []cell
	if !*onlyAxes {
		if cells, err = measureAll(ctx, p); err != nil {
			return err
		}
		if err := writeTable(os.Stdout, cells); err != nil {
			return err
		}
		fmt.Printf("one SHA-256 of 65 bytes takes %s\n\n", hashCost())
	}
	axes, err := measureAxes(ctx, s, p.progress)
	if err != nil {
		return err
	}
	if *small {
		unasked(axes)
	}
	if err := writeAxes(os.Stdout, append(targets(cells), axes...)); err != nil {
		return err
	}
	if *docs == "" || *onlyAxes {
		return nil
	}
	return writeDocs(*docs, "go run . "+strings.Join(os.Args[1:], " "), cells, axes)
}
