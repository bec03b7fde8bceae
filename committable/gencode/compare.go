package gencode

import "bytes"

// CompareBools compares two bools as keys do: false is less than true.
func CompareBools[T ~bool](a, b T) int {
	switch {
	case a == b:
		return 0
	case bool(b):
		return -1
	default:
		return 1
	}
}

// CompareFixed compares two [N]byte, given as a[:] and b[:], as keys do.
func CompareFixed(a, b []byte) int { return bytes.Compare(a, b) }

// EqualPointers reports whether both pointers are nil, or point to equal values.
func EqualPointers[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// EqualPointersFunc reports whether both pointers are nil, or point to values for which equal returns true.
func EqualPointersFunc[T any](a, b *T, equal func(a, b *T) bool) bool {
	return a == b || a != nil && b != nil && equal(a, b)
}
