package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// smallFile is the largest number of lines for which no progress is shown.
const smallFile = 100

// showProgress draws a progress bar on a terminal. Elsewhere it writes a line after
// every tenth of the lines. Call step after each of total lines, and stop when the
// import ends, even if it ends early.
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
		// Errors of drawing the bar are ignored: the import does not depend on it.
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
