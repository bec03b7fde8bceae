// Package boltkv keeps a KV in one file by bbolt: the durable KV for a program
// that embeds its database.
//
//	store, err := boltkv.Open("ledger.db", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	m := committer.NewCommitter(store, stores)
//
// Every write is on stable storage when it returns: a crash of the process, of
// the machine, or a loss of power leaves exactly the writes that returned, and
// the one that was under way wholly or not at all. That is a promise of the disk,
// too: one that says it has synced and has not breaks it.
//
// So there is nothing to sync, and each write costs two fsyncs of the file; a
// session of a MultiCommitter is two writes, and one more for each 256 KiB of its
// record if that is longer. Package pebblekv syncs once a session, and is the
// faster one for many sessions: its BenchmarkSyncedWrites has both side by side.
// Take boltkv for a single file, read-only openings that share it, and a module
// without more dependencies.
//
// Errors, and not panics, are what a damaged file gives, where that can be seen:
// a page that is cut off, or has a wrong header. bbolt has no checksums of the
// data, so that a flipped bit in a value goes unseen here; the MultiCommitter
// finds it, by its own.
//
// The file is locked while it is open: a second Open, in this process or another,
// fails within a second with kv.ErrLocked. Open read-only shares the file with
// other readers, never with a writer.
package boltkv
