package main

// Arithmetic on int64 that reports overflow. A result that overflowed must never
// reach the stores.

func add(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0)
}

func subtract(a, b int64) (difference int64, ok bool) {
	difference = a - b
	return difference, (difference < a) == (b > 0)
}

func multiply(a, b int64) (product int64, ok bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	product = a * b
	return product, (product < 0) == ((a < 0) != (b < 0)) && product/b == a
}
