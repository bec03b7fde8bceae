package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestProgressPrintsTenLines(t *testing.T) {
	for total, want := range map[int]int{0: 0, smallFile: 0, smallFile + 1: 10, 54_321: 10} {
		var out bytes.Buffer
		step, stop := showProgress(&out, total)
		for range total {
			step()
		}
		stop()
		if lines := strings.Count(out.String(), "\n"); lines != want {
			t.Errorf("%d rows: %d lines, want %d", total, lines, want)
		}
	}
}
