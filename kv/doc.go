// Package kv is the contract between this library and the key-value store that
// makes its sessions durable.
//
// [KV] has three methods. A store that can do more also has the methods of
// [Batcher], [Creator], [MaxValuer] or [Syncer]. [As] finds an optional
// interface, through wrappers too, and [Resolve] finds out once which of them a
// KV supports. Package kvtest checks an implementation against the rules below.
//
// # What every KV MUST do
//
// A write is a call of Set, Delete, Batch or Create.
//
//  1. Every Get that begins after a write returned nil sees that write.
//  2. Without Sync, a write that returned nil survives the end of the process
//     and a power loss. With Sync, all writes before a Sync that returned nil
//     survive both. Of the writes after that Sync a prefix survives, in the
//     order in which they were made. Closing a KV loses nothing, synced or not.
//  3. A write that returned an error took effect as a whole or not at all. It
//     did so before the next call, or it never will. This also holds if the
//     context of the write ended. The error does not say which; a Get does.
//  4. After a failed Sync every call fails until the KV is opened again, because
//     a Get could return a value that a power loss would remove. A Sync whose
//     context had ended before the call is not a failed Sync.
//  5. A KV that several machines can reach supports Create. Any other KV can be
//     open in one process at a time; a second process gets [ErrLocked].
//  6. Bytes are copied in and out. The caller may change any slice that it
//     passed or received, and the stored bytes stay the same.
//  7. All methods are safe for concurrent use, and every call is atomic.
//  8. An empty value is a value. A nil value is stored as an empty one.
//  9. Get of an absent key returns an error that is [ErrNotFound]. Delete of an
//     absent key returns nil.
//  10. A key is any sequence of 1 to 512 bytes; keys that differ in any byte are
//     different keys. A longer key may be refused, but never shortened. Every
//     method refuses the empty key with an error that is not ErrNotFound.
//
// # What the optional methods MUST do
//
//  11. Batch applies its operations in order, all or none. If it refuses one of
//     them, for example because of an empty key, it applies none. A Batch
//     without operations returns nil.
//  12. Create never overwrites. Of several Creates of one absent key, one
//     returns nil and the others return [ErrExists].
//  13. Without MaxValue, a value may have any length that fits in memory. With
//     it, every method accepts values of up to MaxValue bytes and refuses longer
//     ones. A Batch of two operations is accepted even if both values have that
//     length; a Batch with more bytes in total may be refused.
//  14. An optional method that a KV has but does not support returns an error
//     that is [errors.ErrUnsupported] to every call, whatever its arguments and
//     context, and has no effect; MaxValue returns 0. A supported method never
//     returns such an error. Beware of system errors that are
//     errors.ErrUnsupported too, such as ENOTSUP. What a KV supports never
//     changes.
//
// # Wrappers
//
// A wrapper is a KV around another KV, for example one that logs every call. It
// needs Get, Set, Delete and Unwrap, and keeps every optional method of the
// inner KV: [As] finds those that the wrapper lacks on what Unwrap returns.
// Calls of them go directly to the inner KV, past the wrapper. To intercept an
// optional method, a wrapper has the method and calls the function of the same
// name ([Batch], [Create], [Sync] or [MaxValue]) on the inner KV; where the
// inner KV does not support it, that returns errors.ErrUnsupported (or 0), which
// the wrapper returns unchanged. To hide an optional method, a wrapper has the
// method and returns errors.ErrUnsupported (or 0).
//
//  15. A wrapper with Unwrap stores keys and values in the inner KV unchanged,
//     and a write made directly to the inner KV is visible through the wrapper
//     at once. For methods that the wrapper lacks do go past it, among them
//     those of optional interfaces that later versions of this package add.
//  16. A wrapper that cannot promise this has no Unwrap: one that adds a prefix
//     to keys, encrypts values, or caches them. It intercepts each optional
//     method instead.
//  17. A wrapper without Unwrap has Sync if the inner KV needs Sync, and Create
//     if several machines can reach the inner KV. Otherwise it breaks rule 2 or
//     5, and nobody notices before sessions are lost.
//
// A KV without a method Unwrap and without optional methods is a complete KV.
package kv
