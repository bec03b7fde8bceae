// Package ext holds what the generator and the encodings make against other
// implementations: rows are read by protobuf-go, keys are compared with
// google/orderedcode and FoundationDB's tuples, and rows are made of types of
// other modules. It is a module of its own for what it requires.
package ext

//go:generate go tool gencommittable
