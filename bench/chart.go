package main

import (
	"bytes"
	"fmt"
	"math"
)

// Sizes in the chart, in pixels.
const (
	barHeight  = 18
	barGap     = 8
	labelWidth = 170
	barsWidth  = 420
	chartWidth = labelWidth + barsWidth + 110
)

// chart returns an SVG image with a bar for the median of each cell. All cells
// are of one workload. The scale is logarithmic: each grid line is ten times the
// one before. The colours suit light and dark pages.
func chart(cells []cell) []byte {
	least, most := math.Inf(1), 0.0
	for _, c := range cells {
		least, most = min(least, c.median()), max(most, c.median())
	}
	from, to := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
	x := func(rate float64) float64 {
		return labelWidth + barsWidth*(math.Log10(rate)-from)/(to-from)
	}
	height := 44 + len(cells)*(barHeight+barGap)

	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", chartWidth, height)
	b.WriteString("<style>text{fill:#555} .bar{fill:#8aa} .ours{fill:#2a7ae2} line{stroke:#999;stroke-opacity:.5} " +
		"@media (prefers-color-scheme:dark){text{fill:#ccc}}</style>\n")
	fmt.Fprintf(&b, `<text x="0" y="14">Transfers a second, %s, logarithmic</text>`+"\n", cells[0].workload)
	for decade := from; decade <= to; decade++ {
		at := x(math.Pow(10, decade))
		fmt.Fprintf(&b, `<line x1="%.0f" x2="%.0f" y1="36" y2="%d"/><text x="%.0f" y="32" text-anchor="middle">%s</text>`+"\n",
			at, at, height-4, at, thousands(math.Pow(10, decade)))
	}
	for i, c := range cells {
		top, class := 44+i*(barHeight+barGap), "bar"
		if isProject(c.contender) {
			class = "ours"
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, labelWidth-8, top+13, c.contender)
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="%.0f" height="%d"/>`, class, labelWidth, top, x(c.median())-labelWidth, barHeight)
		fmt.Fprintf(&b, `<text x="%.0f" y="%d">%s</text>`+"\n", x(c.median())+6, top+13, thousands(c.median()))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
