// Package crashtest shows that a durable KV loses nothing that was acknowledged.
// The tests of boltkv and pebblekv use it.
//
// Both of its tests commit sessions over the KV, disturb that, go on over what
// is left, and in the end want the state, the history and every ID of a run that
// nothing has disturbed. What is disturbed how, and compared, is package
// committertest's, which is for users; here is an application for it with all
// that a KV has to stand: checkpoints, records that are dropped, an external.
//
// [Kill] runs the test's own binary again as a child, which commits sessions
// and tells of each one that was acknowledged, ends it by SIGKILL at a random
// moment, and lets the next child go on over the same files.
//
// [AtEveryCall] stays in one process, and lets every call of the KV in turn be
// the last one, or fail, and crashes in the recovery, too.
package crashtest
