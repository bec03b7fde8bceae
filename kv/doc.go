// Package kv is the contract between this library and the key-value store that
// makes its sessions durable.
//
// Three methods are enough ([KV]). A store that can do more says so by having
// the methods of [Batcher], [Creator], [Sizer] or [Syncer], which are found by
// type assertion; so a wrapper must have exactly those that the wrapped store
// has. Package kvtest checks an implementation against what follows.
//
// # What an implementation MUST do
//
// A write is a call of Set, Delete, Batch or Create.
//
//  1. A write that returned nil is seen by every later Get.
//  2. Without Syncer it survives the end of the process and power loss. With
//     Syncer, what was written before a Sync that returned nil survives both,
//     and of the writes after it a prefix is there, in the order in which they
//     were made. A KV that is closed keeps everything, synced or not.
//  3. A write that returned an error, also because its context ended, took
//     effect wholly or not at all, and did so by the next call or never will.
//     An error does not tell which; a Get does.
//  4. After a failed Sync every call fails until the KV is opened anew, because
//     a Get could show what a power loss takes away.
//  5. A KV that several machines can reach has Creator. Any other can be open
//     in one process at a time; the second gets [ErrLocked].
//  6. Bytes are copied in and out: the caller may change a slice that it passed
//     or got, and what is stored stays.
//  7. All methods are safe for concurrent use, and every call is atomic.
//  8. Empty values are values, and a nil value is an empty one.
//  9. Get of an absent key returns an error that is [ErrNotFound]; Delete of
//     one returns nil.
//  10. Keys are any 1 to 512 bytes, and no two of them are the same key. Every
//     method refuses the empty key with an error that is not ErrNotFound. A
//     longer key may be refused, but is never cut.
//  11. Batch applies its operations in order, all or none: one that it must
//     refuse, say for an empty key, leaves the others without effect.
//  12. Create never overwrites: of several for one absent key one returns nil,
//     and the others [ErrExists].
//  13. Without Sizer, values may be of any length that memory allows. With it,
//     every value up to MaxValue is taken, and a longer one refused by every
//     method. A Batch of two operations is taken even with such a value in
//     each; one that is longer in all may be refused.
package kv
