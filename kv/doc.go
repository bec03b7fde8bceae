// Package kv is the contract between this library and the key-value store that
// makes its sessions durable.
//
// [KV] has three methods. [Batcher], [Creator], [MaxValuer] and [Syncer] are
// optional interfaces, for stores that can do more. [As] finds an optional
// interface behind wrappers too. [Resolve] returns all that a KV supports.
// Package kvtest checks an implementation against the rules below.
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
//  10. A key is any sequence of 1 to 512 bytes. Keys that differ in any byte are
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
//     returns an error that is errors.ErrUnsupported. Some system errors are,
//     for example ENOTSUP; they must not be wrapped. What a KV supports never
//     changes.
//
// # Wrappers
//
// A wrapper is a KV around another KV, for example one that logs every call. The
// simplest wrapper has Get, Set, Delete and Unwrap.
//
//   - An optional method that the wrapper lacks is found on the inner KV. Its
//     calls go past the wrapper.
//   - To intercept an optional method, the wrapper has the method and calls the
//     function of the same name on the inner KV: [Batch], [Create], [Sync] or
//     [MaxValue]. If the inner KV does not support the method, the function
//     returns errors.ErrUnsupported (MaxValue returns 0), and the wrapper returns
//     the same.
//   - To hide an optional method, the wrapper has the method and returns
//     errors.ErrUnsupported, or 0.
//
// A wrapper follows the rules above, and these:
//
//  15. A wrapper with Unwrap stores keys and values unchanged in the inner KV. A
//     write made directly to the inner KV is visible through the wrapper at
//     once. The reason: calls of methods that the wrapper lacks go to the inner
//     KV, and later versions of this package may add optional methods.
//  16. A wrapper that cannot promise this has no Unwrap. Examples are wrappers
//     that add a prefix to keys, encrypt values, or cache them. Such a wrapper
//     intercepts the optional methods that it needs.
//  17. A wrapper without Unwrap has Sync if the inner KV supports it, and Create
//     if several machines can reach the inner KV. Otherwise the wrapper breaks
//     rule 2 or 5, and sessions can be lost without an error.
package kv
