// Package gencommittable is the root of the module; it has no code.
//
// The generator cmd/gencommittable turns annotated structs into typed,
// transactional stores in memory. A MultiCommitter commits changes to any number
// of stores as one session: all or nothing, and once for each idempotency key.
// One write makes a session durable, and a Merkle commit ID identifies its
// changes.
//
//	structs ──go generate──▶ generated stores          typed methods, views
//	                               │ built on
//	                          committable.Table        one store: rows, indexes, savepoints, journal
//	                               │ staged by
//	                          committer.MultiCommitter sessions, recovery, checkpoints
//	                               │ one record for each session
//	                          kv.KV                    memory, a file, a directory, or your database
//
// Start with the README and the guide in docs/guide. Then read the documentation
// of the packages committer, committable, kv and merkle, in this order.
package gencommittable
