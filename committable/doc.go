// Package committable is the runtime of one store: typed rows in memory,
// changed in sessions that are committed or cancelled as a whole, and named by
// a Merkle root over their net changes.
//
// Generated stores are thin layers over [Table]; a [Definition] tells a table
// how its rows are keyed, encoded and indexed. A table never touches a disk.
// Alone it is a transactional map with ordered iteration; registered with a
// committer.MultiCommitter, which writes down what a session changed, it is
// durable.
//
// What keeps its own durable state, such as a SQL database, takes part as an
// [External], made by [NewExternal]; package sqlcommittable does it for database/sql.
//
// # A tour of the source
//
//   - definition.go: what a table must know about its rows
//   - table.go: the table, its committed state and its rows
//   - session.go: Begin, Commit, Cancel and the rest of the session protocol
//   - overlay.go: what a session in progress keeps, and its log of earlier states
//   - read.go, iterate.go: reading with the session's eye; loops that are safe against writes
//   - write.go, index.go: Insert, Put, Update, Delete; ordered sets and unique checks
//   - savepoint.go: points inside a session to roll back to
//   - stage.go, journal.go: net changes, their journal and change root; reading journals back
//   - replay.go: running a committed session again and comparing
//   - undo.go, view.go: what a commit replaced, and views that read through it
//   - snapshot.go: the whole state as chunks, out and in
//   - external.go, external_session.go, external_write.go: a database or the like as an
//     external committable
//   - errors.go: sentinels and typed errors
//
// # Who may call what
//
// All methods of a table belong to one goroutine at a time, the session's,
// except View, Snapshot and CommittedLen, which any goroutine may call at any
// time. Other goroutines read through views: a [View] is opened in constant time, shows one
// committed state for as long as it is used, never delays a commit for longer
// than a look-up, and needs no Close.
//
// # States of a session
//
//	                 closed        open                     staged
//	Begin, Replay,   opens         ErrInSession             ErrInSession
//	BeginRecovery
//	reading          committed     sees the session         sees the session
//	writing,         ErrNot-       works                    ErrNotInSession,
//	Savepoint        InSession                              "sealed"
//	Stage            ErrNot-       seals                    the same answer again
//	                 InSession
//	Commit           ErrNot-       stages, publishes        publishes, cannot fail
//	                 InSession
//	Cancel           does nothing  drops the session        drops the session
//	Redo, Restore    works         ErrInSession             ErrInSession
//
// Stage and Commit with another idempotency key than the session's return
// [ErrIdempotencyKeyMismatch] and change nothing.
package committable
