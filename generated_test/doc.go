// Package generated holds structs with every feature of the generator, their
// stores, and the tests of what stores do.
package generated

//go:generate go tool gencommittable -proto
