// Package boltkv is a KV in one file, stored by bbolt. It is the durable KV for
// a program that embeds its database.
//
//	store, err := boltkv.Open("ledger.db", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	m := committer.NewCommitter(store, stores)
//
// Every write is on stable storage when it returns, so the KV has no Sync. After
// a crash of the process or the machine, or a power loss, the file contains
// exactly the writes that returned nil; a write that was interrupted is there as
// a whole or not at all. This requires a disk that reports a sync only after it
// has stored the data.
//
// A write costs two fsyncs of the file. A session of a MultiCommitter is two
// writes, plus one for every 256 KiB of its record if the record is longer than
// that. Package pebblekv needs one fsync for each session and is faster if there
// are many; its BenchmarkSyncedWrites measures both. Choose boltkv for a
// database in a single file, for several read-only processes at a time, or to
// avoid further dependencies.
//
// A damaged file causes errors, not panics, if bbolt notices the damage: a page
// that is cut off or has a wrong header. bbolt stores no checksums of keys and
// values, so it does not notice a flipped bit in a value. A MultiCommitter does,
// because its own values have checksums.
//
// The file is locked while it is open. A second Open, in this process or
// another, fails with kv.ErrLocked after half a second. Several read-only
// openings can share the file, but not with one for writing.
package boltkv
