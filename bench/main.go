package main

import (
	"context"
	"flag"
	"fmt"
	"os"
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
	onlyAxes := flag.Bool("axes", false, "measure what is beside the table only: latency, memory, Load, views, savepoints")
	flag.Parse()
	p, s := full(), fullScale()
	if *small {
		p, s = smoke(), smokeScale()
	}
	start := time.Now()
	p.progress = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(start).Seconds(), fmt.Sprintf(format, args...))
	}
	if !*onlyAxes {
		cells, err := measureAll(ctx, p)
		if err != nil {
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
	return writeAxes(os.Stdout, axes)
}
