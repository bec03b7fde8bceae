package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// smallFile is up to how many lines no progress is shown: they take no time.
const smallFile = 100

// showProgress draws a bar on a terminal, and elsewhere writes a line for every
// tenth of the way. Call step after each of total lines, and stop at the end,
// also when that comes early.
func showProgress(out io.Writer, total int) (step, stop func()) {
	if total <= smallFile {
		return func() {}, func() {}
	}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		bar := progressbar.NewOptions(total,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetDescription("lines"),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
		// A bar that cannot be drawn is no reason to fail.
		return func() { _ = bar.Add(1) }, func() { _ = bar.Clear() }
	}
	done := 0
	step = func() {
		before := done * 10 / total
		done++
		if tenths := done * 10 / total; tenths != before {
			fmt.Fprintf(out, "%d of %d lines (%d %%)\n", done, total, tenths*10)
		}
	}
	return step, func() {}
}
