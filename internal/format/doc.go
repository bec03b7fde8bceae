// Package format defines the bytes that package committer keeps in a KV.
//
// It encodes and decodes single values and does no I/O; package storage reads
// and writes whole databases with it. docs/reference/storage.md describes the
// same bytes for readers without the source, and TestVectors pins a value of
// every kind.
//
// # A tour
//
// All keys of a database begin with mc/; keys.go has their layout. Every value
// is framed by its format version, its kind and a checksum: see frame.go. The
// values are:
//
//	marker      there is a database, so that a lost manifest is noticed
//	manifest    which of the other values count
//	pending     the idempotency key of the session in progress
//	record      everything one session did, in the order of sessions
//	split, piece    a record that is larger than a value of the KV may be
//	outcome     how a session with externals ended
//	chunk       rows of one store, of a checkpoint
//	headers     the sessions that a checkpoint includes, without their journals
//
// An exported stream is a sequence of values too: see stream.go.
//
// # Decoding
//
// A decoder returns an error for every value that no encoder returns and that
// could mislead a reader: a wrong checksum, a value of another kind, bytes that
// are missing or left over, numbers whose sums would overflow. Errors complete
// the sentence "the value of <key> is corrupt: ...". Memory is allocated in
// proportion to the length of the value, whatever counts the value claims.
//
// Decoded values share memory with the encoded ones, except headers.
package format
