// Package memkv is a [kv.KV] in memory, on hashicorp/go-memdb. It is the
// embedded default: for tests, for caches, and for programs that keep their
// state elsewhere.
//
// It is volatile: everything is gone when the process ends. In all else it
// keeps the contract of package kv, and it also has Batch and Create.
//
// A [Snapshot] shows everything as it was at one moment, to any number of
// readers; it costs nothing to take and holds up no writer.
package memkv
