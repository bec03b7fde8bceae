package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestProgressPrintsTenLines(t *testing.T) {
	for _, total := range []int{0, 1, smallFile, smallFile + 1, 1000, 54_321} {
		var out bytes.Buffer
		step, stop := showProgress(&out, total)
		for range total {
			step()
		}
		stop()
		lines := strings.Count(out.String(), "\n")
		if total <= smallFile && lines != 0 || total > smallFile && lines != 10 {
			t.Errorf("%d invoices: %d lines", total, lines)
		}
		if total == 1000 && !strings.HasPrefix(out.String(), "100 of 1000 invoices (10 %)\n200 of 1000 invoices (20 %)\n") {
			t.Errorf("%s", out.String())
		}
	}
}
