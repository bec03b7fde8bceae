// Package crashtest shows that a durable KV loses nothing that was acknowledged.
// The tests of boltkv and pebblekv use it.
//
// Its tests run an application with the features that write to a KV: checkpoints,
// records that are dropped, and an external. They disturb the application, let it
// recover, and compare state, history and commit IDs with an undisturbed run, by
// package committertest.
//
// [Kill] runs the binary of the test again as a child process. The child commits
// sessions and prints each acknowledged one. It is killed by SIGKILL at a random
// moment, and the next child continues with the same files.
//
// [AtEveryCall] stays in one process. It makes every call of the KV in turn fail
// or crash, and crashes again during the recovery.
//
// [Database], [External] and [Engine] are external committables for tests.
package crashtest
