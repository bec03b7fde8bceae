// Package memkv is a KV in memory, on hashicorp/go-memdb. Use it in tests, and in
// programs that store their state elsewhere or can rebuild it.
//
// It is volatile: the end of the process loses everything. Otherwise it follows
// the rules of package kv, and it supports Batch and Create.
//
// A [Snapshot] is the content of the KV at one moment. Any number of goroutines
// can read it, and it delays no writer.
package memkv
