// Package killtest kills processes that commit sessions, and shows that nothing
// is lost. The tests of the durable KVs use it.
//
// A test runs its own binary again as a child, which commits sessions over the
// KV and tells of each one that was acknowledged. The parent ends it by SIGKILL
// at a random moment, and lets the next child go on over the same files. Each
// child verifies what it finds. In the end the state, the history and every ID
// must be those of a run that nothing has disturbed.
package killtest
