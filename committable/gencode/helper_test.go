package gencode_test

import (
	"encoding/hex"
	"math"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// unhex decodes hexadecimal digits; spaces between them do not count.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// drawString draws from few letters, among them those that keys escape.
func drawString(t *rapid.T, label string) string {
	letters := rapid.SampledFrom([]rune{0, 1, 2, 'a', 'b', 0x7F, 0x80, 0xFF, 0x10FFFF})
	return string(rapid.SliceOfN(letters, 0, 5).Draw(t, label))
}

func drawTime(t *rapid.T, label string) time.Time {
	sec := rapid.OneOf(
		rapid.SampledFrom([]int64{0, -1, 1, -62135596800, math.MinInt64, math.MaxInt64 - 62135596800}),
		rapid.Int64Max(math.MaxInt64-62135596800),
	).Draw(t, label+" seconds")
	nsec := rapid.SampledFrom([]int64{0, 1, 999_999_999}).Draw(t, label+" nanoseconds")
	return time.Unix(sec, nsec).UTC()
}
