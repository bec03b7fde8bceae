// Package storage reads and writes the database that a MultiCommitter keeps in a
// KV. The bytes of single values are those of package format; which sessions to
// write, and when, is up to package committer.
//
// # A tour
//
// database.go has [DB], a KV whose capabilities are resolved, with reads, writes
// and syncs of single values. records.go writes and reads the records of
// sessions, cut into pieces where a value may not be that large, and the
// outcomes of sessions with externals. checkpoint.go does the same for chunks
// and headers. scanner.go reads a whole database without its stores, into a
// [Scanner]; history.go keeps the headers of the last sessions in memory.
// manifest.go has the [ManifestOwner], through which every change of a database
// other than a new session takes effect; edit.go has those changes. garbage.go
// deletes what a change made obsolete.
//
// # Errors
//
// Package committer imports this one, so its error types are made by functions
// that [Open] is given. Other errors begin with "committer:", which is the
// package that users know.
package storage
