// Package committable is the runtime of one store: typed rows in memory that are
// changed in sessions. A session is committed or cancelled as a whole, and the
// Merkle root over its net changes names it.
//
// Most programs use this package through generated stores, which are thin layers
// over [Table]. Its exported names fall into four groups:
//
//   - Stores. [Table] is the store, [View] is a read-only image of it at one commit,
//     [Change] is a net change of a session, and [Option] and [WithName] configure it.
//   - Stores written by hand. A [Definition] describes how a table keys, encodes and
//     indexes its rows; package codec has functions to write one. [Store] is the part
//     of a table that a committer uses, to be embedded.
//   - Externals. A committable that keeps its own durable state, such as a SQL
//     database, is an [External] over an [Engine]. Package sqlcommittable has one for
//     database/sql.
//   - Errors, for errors.Is and errors.As.
//
// A table never touches a disk. Alone it is a transactional map with ordered
// iteration. If it is registered with a committer.MultiCommitter, its sessions are
// durable: the committer stores what each session changed.
//
// # Concurrency
//
// All methods of a table belong to one goroutine at a time, the session's. The
// exceptions are View, Snapshot and CommittedLen, which any goroutine may call at
// any time. Other goroutines read from views. A [View] is opened in constant time,
// shows one committed state for as long as it is used, does not block commits for
// longer than a look-up, and needs no Close.
//
// # States of a session
//
//	                 no session       open session     staged session
//	Begin, Replay,   opens            ErrInSession     ErrInSession
//	BeginRecovery
//	reads            committed state  see its writes   see its writes
//	writes,          ErrNotInSession  succeed          ErrNotInSession
//	Savepoint
//	Stage            ErrNotInSession  stages           returns the same again
//	Commit           ErrNotInSession  stages and       publishes, cannot fail
//	                                  publishes
//	Cancel           does nothing     drops it         drops it
//	Redo, Restore    succeed          ErrInSession     ErrInSession
//
// Stage and Commit return [ErrIdempotencyKeyMismatch] and change nothing if their
// idempotency key is not the one that the session began with.
//
// # A tour of the source
//
//   - definition.go: what a table must know about its rows
//   - table.go, row.go: the table, its committed state, and the state of one key
//   - protocol.go: Begin, Stage, Commit, Cancel; the interface Store
//   - session.go: the state of an open session, its log, and looking up rows
//   - read.go, cursor.go, order.go: reads; loops that see the state at their start;
//     ordered sets of keys
//   - write.go, index.go: Insert, Put, Update, Delete; index entries and unique checks
//   - savepoint.go: points inside a session to roll back to
//   - changes.go, stage.go: the net changes of a session, their journal and their root
//   - publish.go, snapshot.go, view.go: making a session the committed state; what it
//     replaced, and seeing earlier states through it
//   - journal.go, replay.go: applying journals; running a session again and comparing
//   - chunks.go, compatible.go: writing and restoring the whole state, also from other
//     schemas
//   - sequence.go: the sequence of a session, which a context carries
//   - external.go, external_session.go, external_write.go: externals
//   - errors.go: all errors
package committable
