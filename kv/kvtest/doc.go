// Package kvtest checks implementations of the KV contract, and makes KVs fail
// and crash on purpose.
//
// [Run] is the conformance suite: a subtest for each MUST in the documentation
// of package kv that can be seen from outside. Not among them are MUST 4 (a
// failed Sync) and MUST 5 (one process at a time), which only the
// implementation's own tests can bring about; and MUST 2 (power loss) needs the
// option [WithPowerLoss].
//
// For tests of code that uses a KV there are four more:
//
//   - [Fault] wraps a KV and makes its n-th call, or several from there on,
//     return an error, or crashes there, before or after the call took effect;
//   - [Unsynced] is a KV in memory that knows what each power loss would leave,
//     and what the end of the process;
//   - [Limit] refuses long values, so that a short limit is easily met;
//   - [Only] hides optional interfaces, so that one KV stands in for all kinds.
//
// They go together: NewFault(Only(NewUnsynced(), Batch|Sync)) is a KV with Batch
// and Sync but without Create, to be crashed at any call. A crashed process is
// the end of the Fault, not of the KV inside, with which the test goes on:
//
//	disk := kvtest.NewUnsynced()
//	fault := kvtest.NewFault(disk)
//	fault.CrashAt(7, kvtest.Before)
//	use(fault) // ends with ErrCrashed
//	for k := range disk.Pending() + 1 {
//		check(disk.AfterCrash(k))
//	}
package kvtest
