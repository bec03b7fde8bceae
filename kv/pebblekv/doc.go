// Package pebblekv is a KV in a directory, stored by Pebble. It is the durable
// KV for many sessions a second, or for much data.
//
//	store, err := pebblekv.Open("ledger", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	m := committer.NewCommitter(store, stores)
//
// A write goes to Pebble's log and returns without waiting for the disk. Sync
// waits until all writes before it are on stable storage. A MultiCommitter calls
// Sync once for each session, before Commit returns. A power loss can take writes
// after the last Sync: always the newest ones, never a write older than one that
// is kept. The end of the process can take them too, because Pebble keeps the end
// of its log in memory. Close loses nothing.
//
// After a failed write or Sync every call fails, and the directory stays locked
// until the process ends, because Pebble cannot be closed in that state. If
// Pebble fails in the background, outside of any call, it ends the process with
// a panic.
//
// The directory is locked while it is open. A second Open, in this process or
// another, fails at once with kv.ErrLocked, even if both are read-only.
//
// The package is a module of its own, so that only its users depend on Pebble.
// For a database in a single file, without further dependencies, see package
// boltkv.
package pebblekv
