// Package kvtest checks implementations of package kv, and simulates failures
// and crashes of KVs.
//
// [Run] is the conformance suite. It has a subtest for each rule of package kv
// that a test can check from outside. Three rules need more: rule 2 (power loss)
// needs the option [WithPowerLoss]; a failed Sync (rule 4) and a second process
// (rule 5) need tests of the implementation itself.
//
// Four KVs help to test code that uses a KV:
//
//   - [Fault] makes chosen calls of another KV fail, or simulates a crash there,
//     before or after the call takes effect;
//   - [Unsynced] keeps its data in memory, and returns what a power loss or the
//     end of the process would leave;
//   - [Limit] refuses long values;
//   - [Only] hides optional methods, so that a test can cover every kind of KV.
//
// The wrappers among them have no Unwrap: no call goes past them.
//
// They can be combined: NewFault(Only(NewUnsynced(), Batch|Sync)) has Batch and
// Sync but not Create, and can crash at any call. A crash stops the Fault, not
// the inner KV, with which the test continues:
//
//	disk := kvtest.NewUnsynced()
//	fault := kvtest.NewFault(disk)
//	fault.CrashAt(7, kvtest.Before)
//	use(fault) // ends with ErrCrashed
//	for k := range disk.Pending() + 1 {
//		check(disk.AfterCrash(k))
//	}
package kvtest
