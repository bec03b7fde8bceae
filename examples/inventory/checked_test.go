package main

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckedArithmeticAgainstBig(t *testing.T) {
	edges := []int64{math.MinInt64, math.MinInt64 + 1, math.MinInt64 / 2, -2, -1, 0, 1, 2, math.MaxInt64 / 2, math.MaxInt64 - 1, math.MaxInt64}
	number := rapid.OneOf(rapid.SampledFrom(edges), rapid.Int64(), rapid.Int64Range(-4_000_000_000, 4_000_000_000))
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		for name, operation := range map[string]struct {
			checked func(a, b int64) (int64, bool)
			exact   func(z, a, b *big.Int) *big.Int
		}{
			"+": {add, (*big.Int).Add},
			"-": {subtract, (*big.Int).Sub},
			"*": {multiply, (*big.Int).Mul},
		} {
			got, ok := operation.checked(a, b)
			want := operation.exact(new(big.Int), big.NewInt(a), big.NewInt(b))
			if ok != want.IsInt64() || ok && got != want.Int64() {
				t.Fatalf("%d %s %d: %d, %v; want %s", a, name, b, got, ok, want)
			}
		}
	})
}
