// Package pebblekv keeps a KV in a folder by Pebble: the durable KV for many
// sessions a second, or for much data.
//
//	store, err := pebblekv.Open("ledger", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	m := committer.NewCommitter(store, stores)
//
// A write goes to Pebble's log without waiting for the disk; Sync waits, once
// for all writes before it. A MultiCommitter syncs once a session, before it
// answers. Until then a write can be lost, with all later ones and never an
// earlier one: by a loss of power, and also by the end of the process, since
// Pebble writes its log from a buffer of its own. Close writes everything.
//
// After a write or a Sync that failed, every call fails, and the folder stays
// locked until the process ends: Pebble cannot be closed then. Where Pebble fails
// in the background, with no call to blame, it ends the process by a panic.
//
// The folder is locked while it is open: a second Open, in this process or
// another, fails at once with kv.ErrLocked, read-only too.
//
// It is a module of its own, so that only its users depend on Pebble. For a
// database in a single file, without more dependencies, see package boltkv.
package pebblekv
