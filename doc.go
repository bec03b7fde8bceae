// Package gencommittable is the front door of the module; it holds no code.
//
// Annotated structs become typed, transactional, in-memory stores
// (cmd/gencommittable); one MultiCommitter commits any number of them as one
// session, all or nothing, exactly once under an idempotency key, durable by a
// single write, and named by a Merkle commit ID.
//
//	domain structs ──go generate──▶ generated stores        typed, thin
//	                                      │ built on
//	                                 committable.Table       one store: sessions, savepoints, indexes, journal, views
//	                                      │ staged by
//	                                 committer.MultiCommitter sessions over many stores, records, recovery
//	                                      │ one record a session
//	                                 kv.KV                   memkv, or anything with Get, Set and Delete
//
// Start with the README and examples/inventory; then read, in this order, the
// documentation of the packages committer, committable, kv and merkle.
package gencommittable
